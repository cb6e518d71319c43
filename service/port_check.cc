#include "service/port_check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressList> Resolve(const std::string& address, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(
          address.c_str(), std::to_string(port).c_str(), &hints, &list);
      error != 0) {
    return absl::InvalidArgumentError(gai_strerror(error));
  }
  return AddressList(list, &freeaddrinfo);
}

// 0, or the error of binding a socket to `address`, which is closed again.
int TryToBind(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  int error = 0;
  // listen() as well: two sockets may share a port until one of them listens.
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0 ||
      listen(fd, 1) != 0) {
    error = errno;
  }
  close(fd);
  return error;
}

bool IsMissing(int error) {
  return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

absl::Status CantListen(const std::string& target, const std::string& why) {
  return absl::FailedPreconditionError(
      absl::StrCat("can't listen at ", target, ": ", why));
}

}  // namespace

std::string HostPort(const std::string& address, int port) {
  return address.find(':') == std::string::npos
             ? absl::StrCat(address, ":", port)
             : absl::StrCat("[", address, "]:", port);
}

absl::Status CheckPort(const std::string& address, int port) {
  const std::string target = HostPort(address, port);
  absl::StatusOr<AddressList> list = Resolve(address, port);
  if (!list.ok()) {
    return CantListen(target, std::string(list.status().message()));
  }
  int missing = 0;  // the error, if an address is not there
  bool found = false;
  for (const addrinfo* it = list->get(); it != nullptr; it = it->ai_next) {
    const int error = TryToBind(*it);
    if (IsMissing(error)) {
      missing = error;
    } else if (error != 0) {
      return CantListen(target, std::strerror(error));
    } else {
      found = true;
    }
  }
  return found ? absl::OkStatus() : CantListen(target, std::strerror(missing));
}

}  // namespace happiness
