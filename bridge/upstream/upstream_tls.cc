#include "bridge/upstream/upstream_tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "files/watched_files.h"

namespace bridge {
namespace {

constexpr unsigned kLookSeconds = 1;
constexpr size_t kMaxBytes = 1 << 20;

absl::Status Check(const UpstreamTls& tls) {
  if (!tls.identity.empty()) {
    auto usable = TlsContext::Open(tls.identity);
    if (!usable.ok()) return usable.status();
  }
  if (tls.ca.empty()) return absl::OkStatus();
  auto text = files::ReadFile(tls.ca, kMaxBytes);
  if (!text.ok()) return text.status();
  if (absl::StrContains(*text, "-----BEGIN CERTIFICATE-----")) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(tls.ca, ": must be certificates in PEM"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const UpstreamTls& tls) {
  if (!tls.on) return grpc::InsecureChannelCredentials();
  // gRPC says nothing of files that it can't use.
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
