#include "service/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace happiness {
namespace {

// How long accepting rests where there is no descriptor left, and how often
// that is said.
constexpr int kRestMs = 100;
constexpr std::chrono::seconds kSayAgain(10);

// How often it is looked which connections are over.
constexpr std::chrono::milliseconds kBetweenSweeps(1'000);

// After which a client that acknowledges nothing is gone, as gRPC has it for
// the connections that it accepts itself.
constexpr int kUnacknowledgedMs = 20'000;

// Those that are accepted inherit it.
void SetOptions(int listener) {
  const int on = 1;
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
             sizeof(kUnacknowledgedMs));
}

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(Listening listening,
                   std::unique_ptr<Connections> connections,
                   OpenConnections* open)
    : sockets_(std::move(listening.sockets)),
      connections_(std::move(connections)),
      open_(*open),
      shortage_(kSayAgain),
      refusal_(kSayAgain),
      sweeps_(kBetweenSweeps) {
  for (const Socket& socket : sockets_) SetOptions(socket.fd());
  thread_ = std::thread([this] { Run(); });
}

Acceptor::~Acceptor() {
  // Wakes the thread: on Linux such a socket has hung up.
  for (const Socket& socket : sockets_) shutdown(socket.fd(), SHUT_RDWR);
  thread_.join();
}

void Acceptor::Run() {
  std::vector<pollfd> watched;
  for (const Socket& socket : sockets_) {
    watched.push_back({.fd = socket.fd(), .events = POLLIN, .revents = 0});
  }
  while (true) {
    const int ready = poll(watched.data(), watched.size(),
                           static_cast<int>(kBetweenSweeps.count()));
    if (sweeps_.IsDue()) open_.Sweep();
    if (ready <= 0) continue;  // nothing, or a signal
    for (const pollfd& one : watched) {
      if ((one.revents & POLLHUP) != 0) return;
      if (one.revents != 0 && !AcceptOne(one.fd)) Rest(errno);
    }
  }
}

void Acceptor::Rest(int error) {
  if (shortage_.IsDue()) {
    spdlog::warn("can't accept gRPC connections: {}", std::strerror(error));
  }
  poll(nullptr, 0, kRestMs);
}

bool Acceptor::AcceptOne(int listener) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  const int fd = accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return !IsShortage(errno);
  if (!open_.Admit(fd, AddressKey(peer))) {
    if (refusal_.IsDue()) {
      spdlog::warn(
          "gRPC connections are refused: there are as many as "
          "--max_grpc_connections, or one address has as many as "
          "--max_grpc_connections_per_address");
    }
    close(fd);
    return true;
  }
  Connections::NewConnectionParameters connection;
  connection.listener_fd = listener;
  connection.fd = fd;
  connections_->HandleNewConnection(&connection);
  return true;
}

}  // namespace happiness
