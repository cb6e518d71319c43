#include "tests/bench/broadcast/load_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/bench/measure.h"

namespace bench {
namespace {

// Handshakes at a time.
constexpr int kMaxPending = 256;
// The kernel has some 28,000 ports for each source address.
constexpr size_t kConnectionsOfAnAddress = 10'000;
// Every so manieth frame's latency is kept.
constexpr int64_t kSampleEvery = 97;
constexpr uint32_t kWrap = 100'000'000;  // 100 s
constexpr absl::Duration kPatience = absl::Seconds(30);

uint32_t Microsecond(absl::Time time) {
  return static_cast<uint32_t>(absl::ToUnixMicros(time) % kWrap);
}

// Takes `prefix`, and digits behind it, off the front.
uint32_t TakeNumber(std::string_view prefix, std::string_view* json) {
  uint32_t number = 0;
  if (!json->starts_with(prefix)) Fail("an unexpected message");
  json->remove_prefix(prefix.size());
  auto [end, error] =
      std::from_chars(json->data(), json->data() + json->size(), number);
  if (error != std::errc()) Fail("a message without a number");
  json->remove_prefix(static_cast<size_t>(end - json->data()));
  return number;
}

// A tick's number and text, wherever they stand in what surrounds them.
std::pair<uint32_t, uint32_t> TickInJson(std::string_view framed) {
  std::string_view json =
      framed.substr(std::min(framed.find('{'), framed.size()));
  const uint32_t number = TakeNumber("{\"number\":\"", &json);
  const uint32_t made = TakeNumber("\",\"text\":\"", &json);
  if (!json.starts_with("\"}")) Fail("an unexpected message");
  return {number, made};
}

std::pair<uint32_t, uint32_t> TickInProto(std::string_view framed) {
  constexpr std::string_view kText("\x12\x08", 2);  // field 2, 8 bytes
  const size_t text = framed.rfind(kText);
  // The number's field is the first: a tag, and a varint up to the text.
  const size_t tag = framed.find('\x08');
  if (text == framed.npos || tag > text) Fail("an unexpected message");
  uint32_t number = 0;
  for (size_t i = text; --i > tag;) {
    number = number << 7 | (static_cast<uint8_t>(framed[i]) & 127);
  }
  std::string_view digits = framed.substr(text + kText.size());
  return {number, TakeNumber("", &digits)};
}

std::string Upgrade(int topic, const char* more) {
  return WebSocketRequest(absl::StrCat("/ticks?topics=", topic), more);
}

std::string Get(int topic, const char* accept) {
  return absl::StrCat("GET /ticks?topics=", topic,
                      " HTTP/1.1\r\nHost: localhost\r\nAccept: ", accept,
                      "\r\n\r\n");
}

// With a message behind a prefix of five bytes.
std::string Post(const char* type, const std::string& message) {
  const std::string prefix = {0, 0, 0, 0, static_cast<char>(message.size())};
  return absl::StrCat(
      "POST /bridge.testing.Ticker/Watch HTTP/1.1\r\n"
      "Host: localhost\r\nContent-Type: application/",
      type, "\r\nContent-Length: ", 5 + message.size(), "\r\n\r\n", prefix,
      message);
}

// A request for one topic.
std::string InProto(int topic) {
  const std::string text = absl::StrCat(topic);
  return absl::StrCat("\x0A", std::string(1, static_cast<char>(text.size())),
                      text);
}

}  // namespace

std::string TickText(absl::Time now) {
  return absl::StrFormat("%08d", Microsecond(now));
}

std::string WebSocketRequest(const std::string& target, const char* more) {
  return absl::StrCat("GET ", target,
                      " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
                      more,
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

const std::vector<Watching>& WaysToWatch() {
  static const auto* const kWays = new std::vector<Watching>{
      {"websocket", [](int i) { return Upgrade(i, ""); }, true, false},
      {"websocket-proto",
       [](int i) { return Upgrade(i, "Sec-WebSocket-Protocol: proto\r\n"); },
       true, true},
      {"events", [](int i) { return Get(i, "text/event-stream"); }, false,
       false},
      {"ndjson", [](int i) { return Get(i, "*/*"); }, false, false},
      {"grpc-web", [](int i) { return Post("grpc-web+proto", InProto(i)); },
       false, true},
      {"connect-json",
       [](int i) {
         return Post("connect+json",
                     absl::StrCat("{\"topics\":[\"", i, "\"]}"));
       },
       false, false},
      {"connect-proto", [](int i) { return Post("connect+proto", InProto(i)); },
       false, true},
  };
  return *kWays;
}

LoadClient::LoadClient(int port, std::vector<std::string> requests, int network,
                       const Watching& watching)
    : watching_(watching),
      port_(port),
      first_address_(0x7F000001 + (static_cast<uint32_t>(network) << 16)),
      requests_(std::move(requests)),
      epoll_(epoll_create1(0)),
      room_(64 << 10) {}

LoadClient::~LoadClient() {
  // A reset: no port stays in TIME_WAIT.
  const linger reset = {1, 0};
  for (Connection& connection : connections_) {
    setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(connection.fd);
  }
  close(epoll_);
}

absl::Duration LoadClient::Connect(int count) {
  const absl::Time start = absl::Now();
  connections_.resize(static_cast<size_t>(count));
  for (int opened = 0; upgraded_ < count;) {
    while (opened < count && opened - upgraded_ < kMaxPending) {
      Open(connections_[static_cast<size_t>(opened++)]);
    }
    Poll(1);
    if (absl::Now() - start > kPatience) Fail("connecting takes too long");
  }
  return absl::Now() - start;
}

void LoadClient::Open(Connection& connection) {
  const auto index = static_cast<size_t>(&connection - connections_.data());
  connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (connection.fd < 0) Fail("no socket: raise the limit of descriptors");
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
             sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr =
      htonl(first_address_ +
            static_cast<uint32_t>(index / kConnectionsOfAnAddress) + 1);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(connection.fd, any, sizeof address) != 0) Fail("can't bind");
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port_));
  if (connect(connection.fd, any, sizeof address) != 0 &&
      errno != EINPROGRESS) {
    Fail("can't connect");
  }
  epoll_event event = {};
  event.events = EPOLLOUT;
  event.data.u64 = index;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
}

void LoadClient::Poll(int timeout_ms) {
  std::array<epoll_event, 256> events;
  int count = epoll_wait(epoll_, events.data(), events.size(), timeout_ms);
  now_ = absl::Now();
  for (int i = 0; i < count; ++i) {
    epoll_event& event = events[static_cast<size_t>(i)];
    Connection& connection = connections_[event.data.u64];
    if (event.events & EPOLLOUT) {  // connected
      event.events = EPOLLIN;
      epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
      const std::string& request = requests_[event.data.u64 % requests_.size()];
      if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
        Fail("a connection was refused");
      }
    } else {
      OnReadable(connection);
    }
  }
}

void LoadClient::OnReadable(Connection& connection) {
  std::copy_n(connection.rest, connection.kept, room_.data());
  ssize_t size = recv(connection.fd, room_.data() + connection.kept,
                      room_.size() - connection.kept, 0);
  if (size <= 0) {
    if (size < 0 && errno == EAGAIN) return;
    Fail("a connection was closed");
  }
  std::string_view bytes(room_.data(),
                         connection.kept + static_cast<size_t>(size));
  while (size_t taken = connection.upgraded ? TakeFrame(connection, bytes)
                                            : TakeAnswer(connection, bytes)) {
    bytes.remove_prefix(taken);
  }
  if (bytes.size() > sizeof connection.rest) Fail("a frame is too big");
  connection.kept = static_cast<uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), connection.rest);
}

size_t LoadClient::TakeAnswer(Connection& connection, std::string_view bytes) {
  size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  if (!bytes.starts_with(watching_.websocket ? "HTTP/1.1 101 "
                                             : "HTTP/1.1 200 ")) {
    Fail(std::string(bytes));
  }
  connection.upgraded = true;
  ++upgraded_;
  return end + 4;
}

size_t LoadClient::TakeFrame(Connection& connection, std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  size_t begin = 2;
  size_t length = static_cast<uint8_t>(bytes[1]);
  size_t end = 0;  // what stands behind the payload
  if (!watching_.websocket) {
    begin = bytes.find('\n') + 1;
    end = 2;
    if (begin == 0) return 0;
    std::from_chars(bytes.data(), bytes.data() + begin, length, 16);
  }
  if (length > 125) Fail("a frame is too big");
  const size_t size = begin + length + end;
  if (bytes.size() < size) return 0;
  if (watching_.websocket) {
    if (bytes[0] == '\x89') return size;  // a ping
    if (bytes[0] != (watching_.proto ? '\x82' : '\x81')) {
      Fail("neither a message nor a ping");
    }
  }
  TakeMessage(connection, bytes.substr(begin, length));
  return size;
}

void LoadClient::TakeMessage(Connection& connection, std::string_view message) {
  const auto [number, made] =
      watching_.proto ? TickInProto(message) : TickInJson(message);
  if (connection.last != 0 && number != connection.last + 1) {
    Fail(absl::StrCat("message ", number, " behind ", connection.last));
  }
  connection.last = number;
  if (!measuring_) return;
  if (report_.frames++ % kSampleEvery == 0) {
    report_.latencies_ms.push_back((Microsecond(absl::Now()) + kWrap - made) %
                                   kWrap / 1000.);
  }
  Message& told = report_.messages[number];
  if (told.count++ == 0) told.first = now_;
  told.last = now_;
}

void LoadClient::Read(absl::Duration duration) {
  for (absl::Time end = absl::Now() + duration; absl::Now() < end;) Poll(1);
}

void LoadClient::ReadUntilAsked() {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, 0) == 0) Poll(1);
}

void LoadClient::ReadUntil(uint32_t number) {
  while (connections_.back().last < number) Poll(100);
}

LoadClient::Report LoadClient::Measure(absl::Duration duration) {
  measuring_ = true;
  Read(duration);
  measuring_ = false;
  std::erase_if(report_.messages, [this](const auto& entry) {
    return entry.second.count < static_cast<int>(connections_.size());
  });
  return std::exchange(report_, {});
}

}  // namespace bench
