// Takes connections in.

#ifndef BRIDGE_HTTP_LISTENER_H_
#define BRIDGE_HTTP_LISTENER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/http/session.h"
#include "bridge/viewer/shard.h"
#include "waiting/seldom.h"

namespace bridge {

// Where to listen: an address that is resolved ("localhost" is both loopback
// addresses), and a port (0 for a free one).
struct ListenAddress {
  std::string host;
  int port;
};

// The endpoints that are free to listen at, all with the same port.
// ALREADY_EXISTS if the port is in use; INVALID_ARGUMENT if the address is not
// this machine's.
absl::StatusOr<std::vector<boost::asio::ip::tcp::endpoint>> FindEndpoints(
    const ListenAddress& address);

// One shard's listening sockets and HTTP sessions. Every shard listens at the
// same endpoints: the kernel spreads the connections over them.
//
// Used on its shard's thread, but for Listen, which comes first.
class Listener {
 public:
  Listener(HttpContext& context, Shard& shard)
      : context_(context), shard_(shard) {}

  absl::Status Listen(
      const std::vector<boost::asio::ip::tcp::endpoint>& endpoints);

  // Takes no more connections.
  void Close();

  // Ends the sessions that are between two requests, or all.
  void CloseSessions(bool also_busy);

 private:
  using Acceptor = boost::asio::ip::tcp::acceptor;

  boost::asio::awaitable<void> Accept(Acceptor& acceptor);
  boost::asio::awaitable<void> Serve(boost::asio::ip::tcp::socket socket);
  // What a connection from there needs, or why it is not let in.
  absl::StatusOr<AddressLimits::Ticket> Admit(
      const boost::asio::ip::address& peer);

  HttpContext& context_;
  Shard& shard_;
  std::vector<Acceptor> acceptors_;
  waiting::Seldom shortage_{std::chrono::seconds(10)};
  boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>>
      sessions_;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_LISTENER_H_
