// Where to listen, worked out before a server tries to. gRPC itself is content
// with one address out of many, so that it would share "localhost" with another
// server, and it says only that it failed, not why.

#ifndef SERVICE_LISTENING_H_
#define SERVICE_LISTENING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace happiness {

struct Listening {
  int port = 0;
  // "127.0.0.1:50051", "[::1]:50051": all with that port.
  std::vector<std::string> targets;

  // Whether this machine alone can reach them.
  bool loopback_only() const;
};

// Every address of this machine that the host name or IP address `address`
// stands for; for "localhost" those of IPv4 and IPv6, whatever /etc/hosts says.
// `port` 0 becomes one that is free at all of them. The error is one line for
// the person who chose them: that the port is in use at one of them, for
// example.
absl::StatusOr<Listening> ResolveListening(const std::string& address,
                                           int port);

// "host:port", with brackets around an IPv6 address.
std::string HostPort(const std::string& address, int port);

}  // namespace happiness

#endif  // SERVICE_LISTENING_H_
