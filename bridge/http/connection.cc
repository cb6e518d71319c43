#include "bridge/http/connection.h"

#include <sys/socket.h>

#include <boost/asio/error.hpp>

namespace bridge {

namespace net = boost::asio;

Connection::Connection(Socket socket, std::unique_ptr<TlsChannel> tls)
    : tcp_(std::move(socket)) {
  if (tls == nullptr) return;
  tls_ = std::make_unique<Tls>();
  tls_->channel = std::move(tls);
}

void Connection::Decrypt(size_t size) {
  const TlsChannel::State state = tls_->channel->Receive(
      {tls_->ciphertext.data(), size},
      [this](std::string_view plain) { tls_->received.append(plain); });
  switch (state) {
    case TlsChannel::State::kOpen:
      break;
    case TlsChannel::State::kClosed:
      end_ = net::error::eof;
      break;
    case TlsChannel::State::kPlainHttp:
      end_ = net::error::no_protocol_option;
      tls_ = nullptr;
      break;
    case TlsChannel::State::kBroken:
      end_ = net::error::connection_aborted;
      break;
  }
}

size_t Connection::TakeReceived(net::mutable_buffer room) {
  if (!has_received()) return 0;
  const size_t size = net::buffer_copy(room, net::buffer(tls_->received));
  tls_->received.erase(0, size);
  return size;
}

bool Connection::has_received() const {
  return tls_ != nullptr && !tls_->received.empty();
}

net::const_buffer Connection::output() const {
  if (tls_ == nullptr) return {};
  const std::string_view bytes = tls_->channel->output();
  return net::buffer(bytes.data(), bytes.size());
}

void Connection::Written(size_t size) { tls_->channel->Sent(size); }

void Connection::ShutdownSend() {
  if (tls_ != nullptr) {
    tls_->channel->SendClose();
    // If the socket has no room for it now, the client does without.
    ::send(tcp_.socket().native_handle(), output().data(), output().size(),
           MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  ErrorCode ignored;
  tcp_.socket().shutdown(Socket::shutdown_send, ignored);
}

Connection::Parts Connection::Release() {
  Parts parts = {tcp_.release_socket(), nullptr, ""};
  if (tls_ != nullptr) {
    parts.tls = std::move(tls_->channel);
    parts.received = std::move(tls_->received);
    tls_ = nullptr;
  }
  return parts;
}

}  // namespace bridge
