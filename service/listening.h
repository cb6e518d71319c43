// Sockets that listen. gRPC itself is content with one address out of many, so
// that it would share "localhost" with another server, and it says only that it
// failed, not why.

#ifndef SERVICE_LISTENING_H_
#define SERVICE_LISTENING_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace happiness {

// A socket that closes itself; -1: none.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();

  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int fd() const { return fd_; }

 private:
  int fd_;
};

struct Listening {
  int port = 0;
  // "127.0.0.1:50051", "[::1]:50051": all with that port.
  std::vector<std::string> targets;
  // Theirs, which do not block.
  std::vector<Socket> sockets = {};

  // Whether this machine alone can reach them.
  bool loopback_only() const;
};

// Listens at every address of this machine that the host name or IP address
// `address` stands for; for "localhost" those of IPv4 and IPv6, whatever
// /etc/hosts says. `port` 0 becomes one that is free at all of them. The error
// is one line for the person who chose them: that the port is in use at one of
// them, for example.
absl::StatusOr<Listening> Listen(const std::string& address, int port);

// "host:port", with brackets around an IPv6 address.
std::string HostPort(const std::string& address, int port);

}  // namespace happiness

#endif  // SERVICE_LISTENING_H_
