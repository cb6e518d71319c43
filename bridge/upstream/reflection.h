// Learns what a gRPC server offers, by asking it.

#ifndef BRIDGE_UPSTREAM_REFLECTION_H_
#define BRIDGE_UPSTREAM_REFLECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"

namespace bridge {

// Asks the server's reflection service (v1, or v1alpha where that is all it
// has) for its services and their files. Blocks for at most `timeout`.
//
// UNIMPLEMENTED if the server has no reflection; UNAVAILABLE if it can't be
// reached; INVALID_ARGUMENT if its files do not fit together.
absl::StatusOr<std::shared_ptr<const Catalog>> LearnByReflection(
    Caller* caller, absl::Duration timeout);

// The same from a file that holds a serialised FileDescriptorSet with all
// imports, as `protoc --include_imports --descriptor_set_out` and `buf build`
// write it.
absl::StatusOr<std::shared_ptr<const Catalog>> LearnFromFile(
    const std::string& path);

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_REFLECTION_H_
