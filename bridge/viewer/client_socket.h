// A viewer's end of its connection.

#ifndef BRIDGE_VIEWER_CLIENT_SOCKET_H_
#define BRIDGE_VIEWER_CLIENT_SOCKET_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "bridge/tls/tls_channel.h"

namespace bridge {

// What all sockets of clients have: small writes go at once, the kernel keeps
// little for who reads slowly (it would keep megabytes), and resets who has
// acknowledged nothing of it for `patience`.
void SetUpClientSocket(int descriptor, absl::Duration patience);

// A bare descriptor that does not block, and its TLS, if it has any.
class ClientSocket {
 public:
  // Owns `descriptor`.
  ClientSocket(int descriptor, std::unique_ptr<TlsChannel> tls);
  ~ClientSocket() { Close(); }

  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  bool encrypts() const { return tls_ != nullptr; }
  // For the log.
  std::string PeerName() const;

  // Takes as many bytes of `pieces` as go out now, and gives how many, or the
  // negative of errno. -EAGAIN, fewer than there are, or has_output(): there is
  // more to be written when the socket can be.
  ssize_t Write(std::span<const iovec> pieces);
  // Encrypted, and not yet sent.
  bool has_output() const { return tls_ != nullptr && !tls_->output().empty(); }

  // Reads once, into `room`, and calls `take` with what the client says. 0 at
  // the end, or the negative of errno; -ENOBUFS: too much of its TLS is not
  // sent.
  ssize_t Read(std::span<char> room,
               absl::FunctionRef<void(std::string_view)> take);

  // Says that nothing more will come.
  void ShutdownSend();
  void Close();

 private:
  ssize_t Send(std::span<const iovec> pieces);
  // 0 when all of the output is sent.
  ssize_t SendOutput();
  void SayGoodbye();

  int descriptor_;
  const std::unique_ptr<TlsChannel> tls_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_CLIENT_SOCKET_H_
