// What goes with a gRPC call besides its messages.

#ifndef BRIDGE_UPSTREAM_METADATA_H_
#define BRIDGE_UPSTREAM_METADATA_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace bridge {

// Names and values that go with a call; names in lower case.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// Printable ASCII: what gRPC carries as a value. HTTP carries more, tabs and
// bytes beyond ASCII among them.
bool IsPrintable(std::string_view value);

// INVALID_ARGUMENT names the first that gRPC does not carry. A call with such
// metadata aborts the process.
absl::Status CheckMetadata(const Metadata& metadata);

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_METADATA_H_
