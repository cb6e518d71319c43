// Where the replicas of the upstream are, as a user says it.

#ifndef BRIDGE_UPSTREAM_TARGETS_H_
#define BRIDGE_UPSTREAM_TARGETS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace bridge {

inline constexpr size_t kMaxTargets = 64;

// The gRPC targets in a list whose items are separated by commas. An item is
// host:port, where host is a name, an IPv4 address or an IPv6 address in
// brackets; or another target of gRPC's: dns:///host:port, unix:/path. Those of
// ipv4: and ipv6: are lists by themselves: each is one target, and stands
// alone.
//
// INVALID_ARGUMENT begins with the item that can't be used.
absl::StatusOr<std::vector<std::string>> ParseTargets(std::string_view list);

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_TARGETS_H_
