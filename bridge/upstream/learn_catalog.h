// A catalog by the questions of gRPC's server reflection, whoever carries them.

#ifndef BRIDGE_UPSTREAM_LEARN_CATALOG_H_
#define BRIDGE_UPSTREAM_LEARN_CATALOG_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "bridge/upstream/catalog.h"

namespace bridge {

// Gives the server's ServerReflectionResponse to a ServerReflectionRequest,
// both serialised.
using Ask =
    std::function<absl::StatusOr<grpc::ByteBuffer>(grpc::ByteBuffer question)>;

// What one server may make us hold: files, those that are yet to be asked for
// among them, and memory, in which two bytes on the wire may take hundreds.
inline constexpr size_t kMaxFiles = 10'000;
inline constexpr size_t kMaxFileMemory = 128 << 20;

// Asks for the services and for the files that they need. What `ask` fails with
// is passed on; else INVALID_ARGUMENT if the answers do not fit together, and
// RESOURCE_EXHAUSTED if there is no end of them.
absl::StatusOr<std::shared_ptr<const Catalog>> LearnCatalog(const Ask& ask);

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_LEARN_CATALOG_H_
