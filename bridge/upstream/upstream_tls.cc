#include "bridge/upstream/upstream_tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/status/status.h"

namespace bridge {
namespace {

constexpr unsigned kLookSeconds = 1;

// gRPC says nothing of files that it can't use.
absl::Status Check(const UpstreamTls& tls) {
  absl::Status status;
  if (!tls.identity.empty()) status = CheckIdentity(tls.identity);
  if (status.ok() && !tls.ca.empty()) status = CheckAuthorities(tls.ca);
  return status;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const UpstreamTls& tls) {
  if (!tls.on) return grpc::InsecureChannelCredentials();
  if (absl::Status status = Check(tls); !status.ok()) return status;
  grpc::experimental::TlsChannelCredentialsOptions options;
  if (!tls.ca.empty() || !tls.identity.empty()) {
    options.set_certificate_provider(
        std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
            tls.identity.key, tls.identity.cert, tls.ca, kLookSeconds));
  }
  if (!tls.ca.empty()) options.watch_root_certs();
  if (!tls.identity.empty()) options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace bridge
