// One connection's TLS, apart from its socket.

#ifndef BRIDGE_TLS_TLS_CHANNEL_H_
#define BRIDGE_TLS_TLS_CHANNEL_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace bridge {

// The server's end: takes what came from the socket, and gives what must go
// there. Never waits, so that whoever has the socket may wait as it likes. Used
// by one thread.
//
// One that only listens keeps no buffer.
class TlsChannel {
 public:
  enum class State {
    kOpen,       // or the handshake goes on
    kClosed,     // the peer has said that it sends no more
    kPlainHttp,  // what came is HTTP without TLS
    kBroken,     // no TLS, or none that we speak
  };

  // As many bytes of plaintext as go into one record.
  static constexpr size_t kMaxRecord = 16 << 10;

  explicit TlsChannel(SSL_CTX* context);
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // Takes `ciphertext` in, and calls `plain` with what it says, piece by piece.
  // There may be output after it: the handshake goes on in here. What `plain`
  // does may include Send.
  State Receive(std::string_view ciphertext,
                absl::FunctionRef<void(std::string_view)> plain);

  // Adds `plain` to the output: one record, if it has kMaxRecord at the most.
  // False if the handshake is not done.
  bool Send(std::string_view plain);

  // Adds that nothing more will come.
  void SendClose();

  // What is to be sent, and that some of it was.
  std::string_view output() const;
  void Sent(size_t bytes);

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // OpenSSL reads and writes through these.
  static BIO_METHOD* Method();
  static int ReadInput(BIO* bio, char* room, int size);
  static int WriteOutput(BIO* bio, const char* bytes, int size);

  State StateAfter(int result);

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string_view input_;  // within Receive
  std::string output_;
  size_t sent_ = 0;  // of the output
};

}  // namespace bridge

#endif  // BRIDGE_TLS_TLS_CHANNEL_H_
