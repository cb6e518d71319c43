#include "bridge/viewer/client_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

// What may wait for a socket: a record, and what TLS says by itself. A client
// that has it answered without end, and reads nothing, is none.
constexpr size_t kMaxOutput = 64 << 10;

constexpr int kSendBuffer = 256 << 10;

// Moves what fits from the front of `pieces` to `record`; gives its size. `at`
// is how much of the first piece is gone.
size_t Fill(std::span<char> record, std::span<const iovec>& pieces,
            size_t& at) {
  size_t filled = 0;
  while (!pieces.empty() && filled < record.size()) {
    const iovec& piece = pieces.front();
    const size_t size = std::min(piece.iov_len - at, record.size() - filled);
    std::memcpy(record.data() + filled,
                static_cast<const char*>(piece.iov_base) + at, size);
    filled += size;
    at += size;
    if (at < piece.iov_len) break;
    pieces = pieces.subspan(1);
    at = 0;
  }
  return filled;
}

void SetOption(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

}  // namespace

void SetUpClientSocket(int descriptor, absl::Duration patience) {
  SetOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(descriptor, SOL_SOCKET, SO_SNDBUF, kSendBuffer);
  SetOption(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT,
            static_cast<int>(absl::ToInt64Milliseconds(patience)));
}

ClientSocket::ClientSocket(int descriptor, std::unique_ptr<TlsChannel> tls)
    : descriptor_(descriptor), tls_(std::move(tls)) {}

std::string ClientSocket::PeerName() const {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (getpeername(descriptor_, any, &size) != 0 ||
      getnameinfo(any, size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "a client that has left";
  }
  return absl::StrCat(host, ":", port);
}

ssize_t ClientSocket::Send(std::span<const iovec> pieces) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    const ssize_t sent = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno != EINTR) return -errno;
  }
}

ssize_t ClientSocket::Write(std::span<const iovec> pieces) {
  if (tls_ == nullptr) return Send(pieces);
  std::array<char, TlsChannel::kMaxRecord> record;
  size_t taken = 0;
  size_t at = 0;
  ssize_t error = SendOutput();
  while (error == 0 && !pieces.empty()) {
    const size_t size = Fill(record, pieces, at);
    if (!tls_->Send({record.data(), size})) return -EPROTO;
    taken += size;
    error = SendOutput();
  }
  if (error == -EAGAIN && taken > 0) error = 0;
  return error != 0 ? error : static_cast<ssize_t>(taken);
}

ssize_t ClientSocket::SendOutput() {
  while (has_output()) {
    const std::string_view output = tls_->output();
    const iovec piece = {const_cast<char*>(output.data()), output.size()};
    const ssize_t sent = Send({&piece, 1});
    if (sent < 0) return sent;
    tls_->Sent(static_cast<size_t>(sent));
  }
  return 0;
}

ssize_t ClientSocket::Read(std::span<char> room,
                           absl::FunctionRef<void(std::string_view)> take) {
  ssize_t size;
  do {
    size = ::recv(descriptor_, room.data(), room.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return -errno;
  const std::string_view bytes(room.data(), static_cast<size_t>(size));
  if (tls_ == nullptr) {
    if (size > 0) take(bytes);
    return size;
  }
  switch (tls_->Receive(bytes, take)) {
    case TlsChannel::State::kOpen:
      return tls_->output().size() > kMaxOutput ? -ENOBUFS : size;
    case TlsChannel::State::kClosed:
      return 0;
    default:
      return -EPROTO;
  }
}

void ClientSocket::ShutdownSend() {
  SayGoodbye();
  ::shutdown(descriptor_, SHUT_WR);
}

void ClientSocket::Close() {
  if (!is_open()) return;
  SayGoodbye();
  ::close(std::exchange(descriptor_, -1));
}

// Where there is no room for it now, the client does without.
void ClientSocket::SayGoodbye() {
  if (tls_ == nullptr) return;
  tls_->SendClose();
  SendOutput();
}

}  // namespace bridge
