#include "bridge/tls/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace bridge {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

// Of TLS 1.2: forward secrecy, and encryption that authenticates. Those of 1.3
// are all so.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// HTTP/1.1 is all that is spoken here.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned int offered_size,
                   void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* found;
  const int result = SSL_select_next_proto(
      &found, size, kHttp11, sizeof kHttp11 - 1, offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<SSL_CTX> NewContext() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()),
                                   &SSL_CTX_free);
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, kCiphers);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  // Clients keep what a session needs, in tickets.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, &ChooseProtocol, nullptr);
  // A key with a password is refused; nobody is asked for it.
  SSL_CTX_set_default_passwd_cb(
      raw, [](char*, int, int, void*) -> int { return 0; });
  return context;
}

absl::Time NotAfter(SSL_CTX* context) {
  std::tm time = {};
  ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context)), &time);
  return absl::FromTM(time, absl::UTCTimeZone());
}

// What OpenSSL has to say of the last failure.
std::string Why() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "" : absl::StrCat(" (", reason, ")");
}

absl::StatusOr<std::shared_ptr<SSL_CTX>> Load(const TlsFiles& files) {
  for (const std::string* file : {&files.cert, &files.key}) {
    if (auto text = files::ReadFile(*file, kMaxBytes); !text.ok()) {
      return text.status();
    }
  }
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context = NewContext();
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.cert.c_str()) !=
      1) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.cert, ": must be a certificate in PEM", Why()));
  }
  // A key of another type than the certificate's is taken, and is then the key
  // of no certificate: hence the check.
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(),
                                  SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.key, ": must be the key of ", files.cert,
                     ", in PEM and without a password", Why()));
  }
  return context;
}

}  // namespace

absl::Status CheckIdentity(const TlsFiles& files) {
  return Load(files).status();
}

absl::Status CheckAuthorities(const std::string& path) {
  if (auto text = files::ReadFile(path, kMaxBytes); !text.ok()) {
    return text.status();
  }
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path.c_str());
  ERR_clear_error();
  if (names == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": must be certificates in PEM"));
  }
  sk_X509_NAME_pop_free(names, &X509_NAME_free);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Open(TlsFiles files) {
  std::unique_ptr<TlsContext> context(new TlsContext(std::move(files)));
  absl::Status status = context->watched_.Start();
  if (!status.ok()) return status;
  return context;
}

TlsContext::TlsContext(TlsFiles files)
    : files_(std::move(files)),
      watched_({files_.cert, files_.key}, [this] { return Take(); }) {}

std::unique_ptr<TlsChannel> TlsContext::NewChannel() const {
  absl::MutexLock lock(&mutex_);
  return std::make_unique<TlsChannel>(context_.get());
}

absl::Time TlsContext::not_after() const {
  absl::MutexLock lock(&mutex_);
  return not_after_;
}

absl::StatusOr<std::string> TlsContext::Take() {
  auto context = Load(files_);
  if (!context.ok()) return context.status();
  const absl::Time not_after = NotAfter(context->get());
  const std::string date = absl::FormatTime(not_after, absl::UTCTimeZone());
  if (not_after < absl::Now()) {
    spdlog::warn("{}: has expired, on {}", files_.cert, date);
  }
  absl::MutexLock lock(&mutex_);
  context_ = *std::move(context);
  not_after_ = not_after;
  return absl::StrCat(files_.cert, ": read again, is good until ", date);
}

}  // namespace bridge
