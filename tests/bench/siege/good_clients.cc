#include "tests/bench/siege/good_clients.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/bench/measure.h"

namespace bench {
namespace {

namespace net = boost::asio;
namespace v1 = happiness::v1;
using net::ip::tcp;

constexpr int kViewers = 10;
constexpr absl::Duration kBetweenReadings = absl::Milliseconds(10);
constexpr absl::Duration kBetweenQuestions = absl::Milliseconds(50);
constexpr absl::Duration kPatience = absl::Seconds(10);
// A reading's source: this, its number, and the microsecond it was due at.
constexpr char kSource[] = "good";
constexpr char kQuestion[] = "/happiness/readings?page_size=10";
constexpr char kOk[] = "HTTP/1.1 200 ";

tcp::endpoint Endpoint(int port) {
  return {net::ip::address_v4::loopback(), static_cast<uint16_t>(port)};
}

double MillisecondsSince(absl::Time due) {
  return absl::ToDoubleMilliseconds(absl::Now() - due);
}

}  // namespace

GoodClients::GoodClients(int grpc_port, int http_port)
    : http_port_(http_port),
      stub_(v1::HappinessService::NewStub(Connect(grpc_port))),
      io_(1) {
  for (int i = 0; i < kViewers; ++i) {
    net::co_spawn(io_, Watch(), net::detached);
  }
  thread_ = std::thread([this] { io_.run(); });
  const absl::MutexLock lock(&mutex_);
  const auto all_watch = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return watching_ == kViewers;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&all_watch), kPatience)) {
    Fail("the good clients can't connect");
  }
  net::co_spawn(io_, Ask(), net::detached);
}

GoodClients::~GoodClients() {
  io_.stop();
  thread_.join();
}

GoodClients::Waits GoodClients::Measure(absl::Duration duration,
                                        const std::function<void()>& idle) {
  {
    const absl::MutexLock lock(&mutex_);
    measuring_ = true;
  }
  const absl::Time start = absl::Now();
  for (absl::Time due = start; due < start + duration;
       due += kBetweenReadings) {
    absl::SleepFor(due - absl::Now());
    Record(due);
    if (recorded_ % 20 == 0) idle();
  }
  const absl::MutexLock lock(&mutex_);
  const auto all_have_all = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return received_ == recorded_ * kViewers;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&all_have_all), kPatience)) {
    Fail("a reading has not come");
  }
  measuring_ = false;
  return std::exchange(waits_, {});
}

void GoodClients::Record(absl::Time due) {
  grpc::ClientContext context;
  v1::RecordReadingRequest request;
  request.mutable_reading()->set_place("Kampala");
  request.mutable_reading()->set_happiness(7.1);
  request.mutable_reading()->set_source(
      absl::StrCat(kSource, " ", ++recorded_, " ", absl::ToUnixMicros(due)));
  v1::Reading reading;
  Check(stub_->RecordReading(&context, request, &reading), "RecordReading");
}

net::awaitable<void> GoodClients::Watch() {
  for (std::string answer; !absl::StartsWith(answer, kOk);) {
    answer = co_await Get("/readyz");
  }
  boost::beast::websocket::stream<tcp::socket> socket(io_);
  const tcp::endpoint endpoint = Endpoint(http_port_);
  co_await socket.next_layer().async_connect(endpoint, net::use_awaitable);
  const std::string host = "localhost";
  const std::string target = "/happiness";
  co_await socket.async_handshake(host, target, net::use_awaitable);
  {
    const absl::MutexLock lock(&mutex_);
    ++watching_;
  }
  boost::beast::flat_buffer frame;
  boost::system::error_code error;
  auto token = net::redirect_error(net::use_awaitable, error);
  for (int64_t last = 0;;) {
    co_await socket.async_read(frame, token);
    if (error) {
      Fail(absl::StrCat("a good client is closed: ", error.message(), ", ",
                        socket.reason().code, " ",
                        absl::string_view(socket.reason().reason.data(),
                                          socket.reason().reason.size())));
    }
    OnReading({static_cast<const char*>(frame.data().data()), frame.size()},
              &last);
    frame.consume(frame.size());
  }
}

void GoodClients::OnReading(absl::string_view json, int64_t* last) {
  const size_t begin = json.find(absl::StrCat("\"", kSource, " "));
  if (begin == json.npos) return;  // another's
  const std::vector<absl::string_view> words = absl::StrSplit(
      json.substr(begin + 1, json.find('"', begin + 1) - begin - 1), ' ');
  int64_t number = 0;
  int64_t due = 0;
  if (words.size() != 3 || !absl::SimpleAtoi(words[1], &number) ||
      !absl::SimpleAtoi(words[2], &due) || number != ++*last) {
    Fail(absl::StrCat("after reading ", *last - 1, " comes ", json));
  }
  const absl::MutexLock lock(&mutex_);
  ++received_;
  waits_.readings.push_back(MillisecondsSince(absl::FromUnixMicros(due)));
}

net::awaitable<void> GoodClients::Ask() {
  net::steady_timer timer(io_);
  for (absl::Time due = absl::Now();; due += kBetweenQuestions) {
    timer.expires_after(absl::ToChronoNanoseconds(due - absl::Now()));
    co_await timer.async_wait(net::use_awaitable);
    const std::string answer = co_await Get(kQuestion);
    if (!absl::StartsWith(answer, kOk)) {
      Fail("a good client is told: " + answer);
    }
    const absl::MutexLock lock(&mutex_);
    if (measuring_) waits_.answers.push_back(MillisecondsSince(due));
  }
}

net::awaitable<std::string> GoodClients::Get(const char* target) {
  tcp::socket socket(io_);
  const tcp::endpoint endpoint = Endpoint(http_port_);
  const std::string request = absl::StrCat("GET ", target,
                                           " HTTP/1.1\r\nHost: localhost\r\n"
                                           "Connection: close\r\n\r\n");
  std::string answer;
  boost::system::error_code error;
  auto token = net::redirect_error(net::use_awaitable, error);
  co_await socket.async_connect(endpoint, token);
  if (!error) co_await net::async_write(socket, net::buffer(request), token);
  if (error) co_return error.message();
  auto room = net::dynamic_buffer(answer);
  co_await net::async_read(socket, room, token);
  co_return answer;
}

int64_t GoodClients::Refusals() {
  const std::string metrics =
      net::co_spawn(io_, Get("/metrics"), net::use_future).get();
  int64_t sum = 0;
  for (const absl::string_view line : absl::StrSplit(metrics, '\n')) {
    int64_t count = 0;
    if (absl::StartsWith(line, "bridge_refusals_total{") &&
        absl::SimpleAtoi(line.substr(line.rfind(' ') + 1), &count)) {
      sum += count;
    }
  }
  return sum;
}

}  // namespace bench
