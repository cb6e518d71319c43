// Flags that contradict each other, or would be without effect. They must have
// been parsed.

#ifndef SERVICE_FLAGS_AGREE_H_
#define SERVICE_FLAGS_AGREE_H_

#include "absl/status/status.h"
#include "service/flags.h"

namespace happiness {

// For a service without a bridge: what is said of one is a mistake.
absl::Status CheckNothingSaidOfABridge();

// INVALID_ARGUMENT names the two that do not go together. `flags` is what was
// made of them.
absl::Status CheckFlagsAgree(const ServiceFlags& flags);

}  // namespace happiness

#endif  // SERVICE_FLAGS_AGREE_H_
