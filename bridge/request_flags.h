// Flags for how much, and how slowly, a client may send and take.

#ifndef BRIDGE_REQUEST_FLAGS_H_
#define BRIDGE_REQUEST_FLAGS_H_

#include "absl/status/status.h"
#include "bridge/bridge.h"

namespace bridge {

// Sets those of `options`. INVALID_ARGUMENT names the flag that is at fault,
// and the rule.
absl::Status SetRequestOptions(Options* options);

}  // namespace bridge

#endif  // BRIDGE_REQUEST_FLAGS_H_
