#include "tests/bench/siege/attack.h"

#include <netinet/in.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace bench {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr char kHost[] = " HTTP/1.1\r\nHost: localhost\r\n";

// An attack begins little by little: what a loopback moves at once keeps a core
// busy in the kernel, where no thread's priority counts.
constexpr absl::Duration kAllThere = absl::Seconds(2);

// Nobody records there.
constexpr char kQuiet[] = "/happiness?places=Nowhere";

std::string Upgrade(const std::string& target) {
  return absl::StrCat("GET ", target, kHost,
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

std::string Post(const std::string& fields, int length) {
  return absl::StrCat(
      "POST /happiness", kHost, fields,
      "Content-Type: application/json\r\nContent-Length: ", length, "\r\n\r\n");
}

std::string Pings(int count) {
  std::string pings;
  for (int i = 0; i < count; ++i) {
    pings.append("\x89\xFD\0\0\0\0", 6).append(125, 'x');
  }
  return pings;
}

std::vector<Attack> MakeAttacks() {
  const absl::Duration often = absl::Milliseconds(100);
  const std::string reading = R"({"place":"Siege","happiness":0})";
  return {
      {.name = "headers, a byte at a time",
       .connections = 2'000,
       .first = absl::StrCat("GET /", kHost, "X: "),
       .then = "x",
       .pause = absl::Milliseconds(500)},
      {.name = "bodies, a byte at a time",
       .connections = 2'000,
       .first = Post("", 9'999),
       .then = " ",
       .pause = absl::Milliseconds(500)},
      {.name = "frames, a byte at a time",
       .connections = 2'000,
       .first = Upgrade(kQuiet),
       .upgrade = true,
       .then = std::string("\x01\xFE\x0F\xFF", 4),
       .pause = absl::Milliseconds(500)},
      {.name = "viewers that never read",
       .connections = 1'000,
       .first = Upgrade("/happiness?backlog=10000"),
       .pause = absl::Seconds(1),
       .deaf = true},
      {.name = "requests of which no two are alike",
       .connections = 50,
       .first = absl::StrCat("GET /happiness?places=$N", kHost,
                             "X-Forwarded-For: 198.51.100.$I\r\n\r\n"),
       .pause = often,
       .times = 1},
      {.name = "pings without end",
       .connections = 50,
       .first = Upgrade(kQuiet),
       .upgrade = true,
       .then = Pings(100),
       .pause = absl::Milliseconds(10)},
      {.name = "compressed bodies",
       .connections = 50,
       .first = Post("Content-Encoding: gzip\r\n", 200'003) + "\x1F\x8B\x08" +
                std::string(200'000, '\0'),
       .pause = often},
      {.name = "JSON, a million deep",
       .connections = 20,
       .first = Post("", 1'000'000) + std::string(1'000'000, '['),
       .pause = absl::Milliseconds(400),
       .times = 1},
      {.name = "bodies that are nearly whole",
       .connections = 300,
       .first = Post("", 1'000'000) + std::string(999'000, ' '),
       .pause = absl::Seconds(2)},
      {.name = "connecting again and again",
       .connections = 100,
       .pause = absl::Milliseconds(20),
       .times = 1},
      {.name = "recording from one address",
       .connections = 20,
       .then = Post("X-Forwarded-For: 192.0.2.1\r\n",
                    static_cast<int>(reading.size())) +
               reading,
       .pause = absl::Milliseconds(10)},
  };
}

// One of an attack's clients, which are all in one thread.
class Client {
 public:
  Client(const Attack& attack, int port, int number, net::io_context& io)
      : attack_(attack), port_(port), number_(number), timer_(io) {}

  net::awaitable<void> Run() {
    co_await Wait(number_ * kAllThere / attack_.connections);
    for (;;) {
      auto socket = std::make_shared<tcp::socket>(timer_.get_executor());
      error_code error;
      co_await Connect(*socket, error);
      if (!error) co_await Talk(socket, error);
      if (socket->is_open()) socket->close();
      co_await Wait(attack_.pause);
    }
  }

 private:
  net::awaitable<void> Connect(tcp::socket& socket, error_code& error) {
    socket.open(tcp::v4(), error);
    if (error) co_return;
    // A reset at the end: no port stays in TIME_WAIT.
    socket.set_option(net::socket_base::linger(true, 0), error);
    if (attack_.deaf) {
      socket.set_option(net::socket_base::receive_buffer_size(4'096), error);
    }
    using LatePort =
        net::detail::socket_option::boolean<IPPROTO_IP,
                                            IP_BIND_ADDRESS_NO_PORT>;
    socket.set_option(LatePort(true), error);
    socket.bind({net::ip::make_address_v4("127.0.1.1"), 0}, error);
    if (error) co_return;
    const tcp::endpoint target(net::ip::address_v4::loopback(),
                               static_cast<uint16_t>(port_));
    auto token = net::redirect_error(net::use_awaitable, error);
    co_await socket.async_connect(target, token);
  }

  net::awaitable<void> Talk(const std::shared_ptr<tcp::socket>& socket,
                            error_code& error) {
    static int64_t requests = 0;
    const std::string first = absl::StrReplaceAll(
        attack_.first,
        {{"$N", absl::StrCat("N", ++requests)}, {"$I", absl::StrCat(number_)}});
    auto token = net::redirect_error(net::use_awaitable, error);
    co_await net::async_write(*socket, net::buffer(first), token);
    if (!error && attack_.upgrade) {
      std::string answer;
      auto buffer = net::dynamic_buffer(answer, 4'096);
      co_await net::async_read_until(*socket, buffer, "\r\n\r\n", token);
    }
    if (error) co_return;
    if (!attack_.deaf) {
      net::co_spawn(timer_.get_executor(), Drop(socket), net::detached);
    }
    for (int i = 0; attack_.times == 0 || i < attack_.times; ++i) {
      co_await Wait(attack_.pause);
      if (!socket->is_open()) co_return;
      co_await net::async_write(*socket, net::buffer(attack_.then), token);
      if (error) co_return;
    }
  }

  // Takes what comes; closes the socket at its end.
  static net::awaitable<void> Drop(std::shared_ptr<tcp::socket> socket) {
    std::array<char, 4'096> room;
    error_code error;
    auto token = net::redirect_error(net::use_awaitable, error);
    while (!error) {
      co_await socket->async_read_some(net::buffer(room), token);
    }
    if (socket->is_open()) socket->close();
  }

  net::awaitable<void> Wait(absl::Duration pause) {
    timer_.expires_after(absl::ToChronoNanoseconds(pause));
    co_await timer_.async_wait(net::use_awaitable);
  }

  const Attack& attack_;
  const int port_;
  const int number_;
  net::steady_timer timer_;
};

}  // namespace

const std::vector<Attack>& Attacks() {
  static const auto* const kAttacks = new std::vector<Attack>(MakeAttacks());
  return *kAttacks;
}

void Run(const Attack& attack, int port, absl::Duration duration) {
  std::vector<std::unique_ptr<Client>> clients;
  net::io_context io(1);
  for (int i = 0; i < attack.connections; ++i) {
    clients.push_back(std::make_unique<Client>(attack, port, i, io));
    net::co_spawn(io, clients.back()->Run(), net::detached);
  }
  io.run_for(absl::ToChronoNanoseconds(duration));
}

}  // namespace bench
