#include "service/grpc_tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/status/status.h"

namespace happiness {
namespace {

constexpr unsigned kLookSeconds = 1;

// gRPC says nothing of files that it can't use.
absl::Status Check(const GrpcTls& tls) {
  absl::Status status = bridge::CheckIdentity(tls.identity);
  if (status.ok() && !tls.client_ca.empty()) {
    status = bridge::CheckAuthorities(tls.client_ca);
  }
  return status;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const GrpcTls& tls) {
  if (tls.identity.empty()) return grpc::InsecureServerCredentials();
  if (absl::Status status = Check(tls); !status.ok()) return status;
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          tls.identity.key, tls.identity.cert, tls.client_ca, kLookSeconds));
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace happiness
