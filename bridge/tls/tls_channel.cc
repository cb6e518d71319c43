#include "bridge/tls/tls_channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

namespace bridge {

TlsChannel::TlsChannel(SSL_CTX* context) : ssl_(SSL_new(context)) {
  BIO* bio = BIO_new(Method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes it
  SSL_set_accept_state(ssl_.get());
}

BIO_METHOD* TlsChannel::Method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "channel");
    BIO_meth_set_read(made, &ReadInput);
    BIO_meth_set_write(made, &WriteOutput);
    BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method;
}

int TlsChannel::ReadInput(BIO* bio, char* room, int size) {
  std::string_view& input = static_cast<TlsChannel*>(BIO_get_data(bio))->input_;
  BIO_clear_retry_flags(bio);
  if (input.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t taken = std::min(input.size(), static_cast<size_t>(size));
  std::memcpy(room, input.data(), taken);
  input.remove_prefix(taken);
  return static_cast<int>(taken);
}

int TlsChannel::WriteOutput(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<TlsChannel*>(BIO_get_data(bio))
      ->output_.append(bytes, static_cast<size_t>(size));
  return size;
}

TlsChannel::State TlsChannel::Receive(
    std::string_view ciphertext,
    absl::FunctionRef<void(std::string_view)> plain) {
  input_ = ciphertext;
  std::array<char, kMaxRecord> room;
  for (;;) {
    ERR_clear_error();  // of this thread, and maybe of another connection
    const int size = SSL_read(ssl_.get(), room.data(), room.size());
    if (size <= 0) return StateAfter(size);
    plain({room.data(), static_cast<size_t>(size)});
  }
}

TlsChannel::State TlsChannel::StateAfter(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return State::kOpen;
    case SSL_ERROR_ZERO_RETURN:
      return State::kClosed;
    default:
      return ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST
                 ? State::kPlainHttp
                 : State::kBroken;
  }
}

bool TlsChannel::Send(std::string_view plain) {
  if (!SSL_is_init_finished(ssl_.get())) return false;
  ERR_clear_error();
  return plain.empty() ||
         SSL_write(ssl_.get(), plain.data(),
                   static_cast<int>(std::min<size_t>(plain.size(), INT_MAX))) >
             0;
}

void TlsChannel::SendClose() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
}

std::string_view TlsChannel::output() const {
  return std::string_view(output_).substr(sent_);
}

void TlsChannel::Sent(size_t bytes) {
  sent_ += bytes;
  if (sent_ < output_.size()) return;
  output_ = {};
  sent_ = 0;
}

}  // namespace bridge
