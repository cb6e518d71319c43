// TLS to the upstream.

#ifndef BRIDGE_UPSTREAM_UPSTREAM_TLS_H_
#define BRIDGE_UPSTREAM_UPSTREAM_TLS_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "bridge/tls/tls_context.h"

namespace bridge {

struct UpstreamTls {
  bool on = false;
  std::string ca;     // who vouches for it; empty: whom this machine trusts
  TlsFiles identity;  // that of the bridge, if the upstream asks for it
};

// Credentials that follow the files. The error is one line for the person who
// started the program.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const UpstreamTls& tls);

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_UPSTREAM_TLS_H_
