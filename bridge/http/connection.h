// A client's connection, with TLS or without.

#ifndef BRIDGE_HTTP_CONNECTION_H_
#define BRIDGE_HTTP_CONNECTION_H_

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/tls/tls_channel.h"

namespace bridge {

// A stream of bytes as Asio and Beast want one, one operation at a time. What
// is said of time is beast::tcp_stream's, for the socket and so for TLS, too:
// its handshake is a part of the first read.
//
// If what comes over a connection with TLS is HTTP, the read fails with
// no_protocol_option, and from then on there is no TLS, so that the client can
// be told.
class Connection {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = boost::beast::tcp_stream::executor_type;

  // Without TLS if `tls` is null.
  Connection(Socket socket, std::unique_ptr<TlsChannel> tls);

  executor_type get_executor() { return tcp_.get_executor(); }
  bool is_open() const { return tcp_.socket().is_open(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& room, Token&& token);
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& bytes, Token&& token);

  template <typename Duration>
  void expires_after(Duration limit) {
    tcp_.expires_after(limit);
  }
  void expires_never() { tcp_.expires_never(); }
  void cancel() { tcp_.cancel(); }
  void close() { tcp_.close(); }

  // Says that nothing more will come.
  void ShutdownSend();

  // What it is made of, for whoever goes on with it, and what of the client's
  // bytes was decrypted already.
  struct Parts {
    Socket socket;
    std::unique_ptr<TlsChannel> tls;
    std::string received;
  };
  Parts Release();

 private:
  using ErrorCode = boost::system::error_code;
  using Signature = void(ErrorCode, size_t);

  struct ReadOp;
  struct WriteOp;

  // What TLS needs while the connection is one of HTTP.
  struct Tls {
    std::unique_ptr<TlsChannel> channel;
    std::string received;  // decrypted, and not yet asked for
    std::array<char, TlsChannel::kMaxRecord> ciphertext;
  };

  // Takes in what was read: the first `size` bytes of `ciphertext`.
  void Decrypt(size_t size);
  size_t TakeReceived(boost::asio::mutable_buffer room);
  bool has_received() const;
  // What TLS wants to be written, and that some of it was.
  boost::asio::const_buffer output() const;
  void Written(size_t size);

  boost::beast::tcp_stream tcp_;
  std::unique_ptr<Tls> tls_;
  ErrorCode end_;  // why nothing more can be decrypted
};

// Beast closes by this what it finds below a WebSocket.
inline void beast_close_socket(Connection& connection) { connection.close(); }

// Reads from the socket until there is something to be given.
struct Connection::ReadOp {
  enum class Step { kBegin, kReading, kWriting, kReady };

  Connection& connection;
  const boost::asio::mutable_buffer room;
  Step step = Step::kBegin;

  template <typename Self>
  void operator()(Self& self, ErrorCode error = {}, size_t size = 0) {
    if (error) return self.complete(error, 0);
    if (step == Step::kReading) connection.Decrypt(size);
    if (step == Step::kWriting) connection.Written(size);
    if (connection.output().size() > 0) {
      step = Step::kWriting;
      boost::asio::async_write(connection.tcp_, connection.output(),
                               std::move(self));
    } else if (!connection.has_received() && !connection.end_) {
      step = Step::kReading;
      connection.tcp_.async_read_some(
          boost::asio::buffer(connection.tls_->ciphertext), std::move(self));
    } else if (step == Step::kBegin) {
      // Nobody is told from within the function that he called.
      step = Step::kReady;
      boost::asio::post(connection.get_executor(), std::move(self));
    } else {
      // What came before the end is given first.
      error = connection.has_received() ? ErrorCode() : connection.end_;
      self.complete(error, connection.TakeReceived(room));
    }
  }
};

// Writes what was encrypted: `size` bytes of plaintext.
struct Connection::WriteOp {
  Connection& connection;
  const size_t size;
  bool begun = false;

  template <typename Self>
  void operator()(Self& self, ErrorCode error = {}, size_t written = 0) {
    if (!std::exchange(begun, true)) {
      boost::asio::async_write(connection.tcp_, connection.output(),
                               std::move(self));
      return;
    }
    connection.Written(written);
    if (!error && size == 0) error = boost::asio::error::not_connected;
    self.complete(error, error ? 0 : size);
  }
};

template <typename Buffers, typename Token>
auto Connection::async_read_some(const Buffers& room, Token&& token) {
  if (tls_ == nullptr) {
    return tcp_.async_read_some(room, std::forward<Token>(token));
  }
  const boost::asio::mutable_buffer first =
      *boost::asio::buffer_sequence_begin(room);
  return boost::asio::async_compose<Token, Signature>(ReadOp{*this, first},
                                                      token, tcp_);
}

template <typename Buffers, typename Token>
auto Connection::async_write_some(const Buffers& bytes, Token&& token) {
  if (tls_ == nullptr) {
    return tcp_.async_write_some(bytes, std::forward<Token>(token));
  }
  std::array<char, TlsChannel::kMaxRecord> record;
  size_t size = boost::asio::buffer_copy(boost::asio::buffer(record), bytes);
  if (!tls_->channel->Send({record.data(), size})) size = 0;
  return boost::asio::async_compose<Token, Signature>(WriteOp{*this, size},
                                                      token, tcp_);
}

}  // namespace bridge

#endif  // BRIDGE_HTTP_CONNECTION_H_
