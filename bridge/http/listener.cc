#include "bridge/http/listener.h"

#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

namespace net = boost::asio;
using net::ip::tcp;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);
// How long accepting rests when the process has no descriptor left.
constexpr std::chrono::milliseconds kRest{100};

using ReusePort = net::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

using V6Only = net::detail::socket_option::boolean<IPPROTO_IPV6, IPV6_V6ONLY>;

std::vector<tcp::endpoint> Resolve(const ListenAddress& address,
                                   boost::system::error_code* error) {
  auto port = static_cast<uint16_t>(address.port);
  if (address.host == "localhost") {
    return {{net::ip::address_v4::loopback(), port},
            {net::ip::address_v6::loopback(), port}};
  }
  net::io_context io;
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : tcp::resolver(io).resolve(
           address.host, std::to_string(address.port),
           tcp::resolver::passive | tcp::resolver::numeric_service, *error)) {
    endpoints.push_back(entry.endpoint());
  }
  return endpoints;
}

absl::Status Open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                  bool share_port) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && share_port) acceptor.set_option(ReusePort(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(V6Only(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) return absl::OkStatus();
  std::string message =
      absl::StrCat("can't listen on ", endpoint.address().to_string(), " port ",
                   endpoint.port(), ": ", error.message());
  return error == net::error::address_in_use
             ? absl::AlreadyExistsError(message)
             : absl::InvalidArgumentError(message);
}

// Those of the endpoints that can be listened at, with the same port. Shards
// share it with each other, but not with another process: to find out whether
// there is one, each endpoint is taken alone, and let go again.
absl::StatusOr<std::vector<tcp::endpoint>> TakeAlone(
    const std::vector<tcp::endpoint>& wanted) {
  net::io_context io;
  std::vector<tcp::endpoint> taken;
  absl::Status last;
  uint16_t port = wanted.front().port();
  for (tcp::endpoint endpoint : wanted) {
    endpoint.port(port);
    tcp::acceptor probe(io);
    last = Open(probe, endpoint, /*share_port=*/false);
    if (absl::IsAlreadyExists(last)) return last;
    if (!last.ok()) continue;  // a machine without IPv6, for example
    port = probe.local_endpoint().port();
    endpoint.port(port);
    taken.push_back(endpoint);
  }
  if (taken.empty()) return last;
  return taken;
}

}  // namespace

absl::StatusOr<std::vector<tcp::endpoint>> FindEndpoints(
    const ListenAddress& address) {
  boost::system::error_code error;
  std::vector<tcp::endpoint> wanted = Resolve(address, &error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("can't listen on ", address.host, ": ", error.message()));
  }
  // A port that is free at one address may be taken at the next.
  constexpr int kTries = 10;
  absl::StatusOr<std::vector<tcp::endpoint>> free;
  for (int i = 0; i < (address.port == 0 ? kTries : 1); ++i) {
    free = TakeAlone(wanted);
    if (!absl::IsAlreadyExists(free.status())) break;
  }
  return free;
}

absl::Status Listener::Listen(const std::vector<tcp::endpoint>& endpoints) {
  for (const tcp::endpoint& endpoint : endpoints) {
    Acceptor acceptor(shard_.io());
    absl::Status status = Open(acceptor, endpoint, /*share_port=*/true);
    if (!status.ok()) return status;
    acceptors_.push_back(std::move(acceptor));
  }
  for (Acceptor& acceptor : acceptors_) {
    net::co_spawn(shard_.io(), Accept(acceptor), net::detached);
  }
  return absl::OkStatus();
}

void Listener::Close() {
  boost::system::error_code ignored;
  for (Acceptor& acceptor : acceptors_) acceptor.close(ignored);
}

void Listener::CloseSessions(bool also_busy) {
  for (Session& session : sessions_) session.Close(also_busy);
}

net::awaitable<void> Listener::Accept(Acceptor& acceptor) {
  net::steady_timer rest(shard_.io());
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error == net::error::operation_aborted) co_return;
    if (error) {
      if (shortage_.IsDue()) {
        spdlog::warn("can't accept connections: {}", error.message());
      }
      rest.expires_after(kRest);
      co_await rest.async_wait(kAwait);
      continue;
    }
    net::co_spawn(shard_.io(), Serve(std::move(socket)), net::detached);
  }
}

absl::StatusOr<AddressLimits::Ticket> Listener::Admit(
    const net::ip::address& peer) {
  Stats& stats = shard_.stats();
  const bool proxy = context_.options.trusted_proxies.Trusts(peer);
  int64_t most = context_.options.max_connections;
  if (proxy || peer.is_loopback())
    most += context_.options.reserved_connections;
  if (stats.sessions + stats.viewers >= most) {
    stats.refusals.Add("connections");
    return absl::UnavailableError("too many connections");
  }
  // A proxy speaks for many.
  if (proxy) return AddressLimits::Ticket();
  auto ticket = context_.limits->Connect(peer);
  if (!ticket.ok()) stats.refusals.Add(AddressLimits::LimitOf(ticket.status()));
  return ticket;
}

net::awaitable<void> Listener::Serve(tcp::socket socket) {
  boost::system::error_code ignored;
  const auto peer = Unmapped(socket.remote_endpoint(ignored).address());
  auto ticket = Admit(peer);
  if (!ticket.ok()) {
    // One that speaks TLS could be told only after a handshake, which costs
    // what is to be saved.
    if (context_.tls != nullptr) co_return;
    std::string refusal =
        ToText(MakeErrorResponse({}, Ending::From(ticket.status())));
    auto bytes = net::buffer(refusal);
    co_await net::async_write(socket, bytes, kAwait);
    co_return;
  }
  SetUpClientSocket(socket.native_handle(), context_.options.write_timeout);
  socket.set_option(net::socket_base::keep_alive(true), ignored);
  Connection connection(std::move(socket), context_.tls == nullptr
                                               ? nullptr
                                               : context_.tls->NewChannel());
  Session session(context_, shard_, std::move(connection), peer,
                  *std::move(ticket));
  sessions_.push_back(session);
  co_await session.Run();
}

}  // namespace bridge
