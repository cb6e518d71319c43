#include "service/listening.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

// A port that is free at one address may be taken at the next one.
constexpr int kAttempts = 16;

struct Endpoint {
  sockaddr_storage address = {};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }

  in_port_t& port() {  // in network order
    return address.ss_family == AF_INET6
               ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
               : reinterpret_cast<sockaddr_in*>(&address)->sin_port;
  }

  std::string host() {
    char name[NI_MAXHOST] = "";
    getnameinfo(get(), size, name, sizeof(name), nullptr, 0, NI_NUMERICHOST);
    return name;
  }
};

// Adds the addresses of `name` to `endpoints`. 0, or an error of getaddrinfo.
int Resolve(const std::string& name, std::vector<Endpoint>* endpoints) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(name.c_str(), "0", &hints, &list);
  if (error != 0) return error;
  for (const addrinfo* it = list; it != nullptr; it = it->ai_next) {
    Endpoint& endpoint = endpoints->emplace_back();
    std::memcpy(&endpoint.address, it->ai_addr, it->ai_addrlen);
    endpoint.size = it->ai_addrlen;
  }
  freeaddrinfo(list);
  return 0;
}

// Listens at `endpoint`. 0, and the port in `endpoint`, or an errno.
int TryToListen(Endpoint* endpoint, Socket* socket) {
  constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  *socket = Socket(::socket(endpoint->address.ss_family, kType, 0));
  const int fd = socket->fd();
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (endpoint->address.ss_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  const bool listens = bind(fd, endpoint->get(), endpoint->size) == 0 &&
                       listen(fd, SOMAXCONN) == 0 &&
                       getsockname(fd, endpoint->get(), &endpoint->size) == 0;
  return listens ? 0 : errno;
}

bool IsMissing(int error) {
  return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

// Tries all endpoints with one port; leaves out those that this machine doesn't
// have, as long as there is one that it has. 0 or an errno.
int TryAll(std::vector<Endpoint> endpoints, int port, Listening* listening) {
  *listening = {.port = port, .targets = {}};
  int missing = 0;
  for (Endpoint& endpoint : endpoints) {
    endpoint.port() = htons(static_cast<uint16_t>(listening->port));
    Socket socket(-1);
    const int error = TryToListen(&endpoint, &socket);
    if (IsMissing(error)) {
      missing = error;
    } else if (error != 0) {
      return error;
    } else {
      listening->port = ntohs(endpoint.port());
      listening->targets.push_back(HostPort(endpoint.host(), listening->port));
      listening->sockets.push_back(std::move(socket));
    }
  }
  return listening->targets.empty() ? missing : 0;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

bool Listening::loopback_only() const {
  return std::all_of(targets.begin(), targets.end(), [](absl::string_view one) {
    return absl::StartsWith(one, "127.") || absl::StartsWith(one, "[::1]");
  });
}

std::string HostPort(const std::string& address, int port) {
  return address.find(':') == std::string::npos
             ? absl::StrCat(address, ":", port)
             : absl::StrCat("[", address, "]:", port);
}

absl::StatusOr<Listening> Listen(const std::string& address, int port) {
  const std::vector<std::string> names =
      address == "localhost" ? std::vector<std::string>{"127.0.0.1", "::1"}
                             : std::vector<std::string>{address};
  const std::string problem =
      absl::StrCat("can't listen at ", HostPort(address, port), ": ");
  std::vector<Endpoint> endpoints;
  for (const std::string& name : names) {
    if (const int error = Resolve(name, &endpoints); error != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(problem, gai_strerror(error)));
    }
  }
  Listening listening;
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    error = TryAll(endpoints, port, &listening);
    if (error == 0) return listening;
    if (port != 0) break;
  }
  return absl::FailedPreconditionError(
      absl::StrCat(problem, std::strerror(error)));
}

}  // namespace happiness
