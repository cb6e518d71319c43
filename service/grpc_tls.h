// TLS for gRPC's port.

#ifndef SERVICE_GRPC_TLS_H_
#define SERVICE_GRPC_TLS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "bridge/tls/tls_context.h"

namespace happiness {

struct GrpcTls {
  bridge::TlsFiles identity;  // empty: no TLS
  // Those who vouch for clients, in PEM. Empty: clients need no certificate.
  std::string client_ca;
};

// Credentials that follow the files: connections that there are keep what they
// have. The error is one line for the person who started the program.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const GrpcTls& tls);

}  // namespace happiness

#endif  // SERVICE_GRPC_TLS_H_
