#include "service/grpc_tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

constexpr unsigned kLookSeconds = 1;

absl::Status CheckAuthorities(const std::string& path) {
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path.c_str());
  ERR_clear_error();
  if (names == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--tls_client_ca=", path, ": must be certificates in PEM"));
  }
  sk_X509_NAME_pop_free(names, &X509_NAME_free);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const GrpcTls& tls) {
  if (tls.identity.empty()) return grpc::InsecureServerCredentials();
  // gRPC says nothing of files that it can't use.
  if (auto usable = bridge::TlsContext::Open(tls.identity); !usable.ok()) {
    return usable.status();
  }
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          tls.identity.key, tls.identity.cert, tls.client_ca, kLookSeconds));
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca.empty()) {
    absl::Status status = CheckAuthorities(tls.client_ca);
    if (!status.ok()) return status;
    options.watch_root_certs();
    options.set_cert_request_type(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace happiness
