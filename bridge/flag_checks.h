// What more than one flag must agree on. The flags must have been parsed.

#ifndef BRIDGE_FLAG_CHECKS_H_
#define BRIDGE_FLAG_CHECKS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace bridge {

// Whether the flag `name` has another value than its default. There must be
// such a flag.
bool IsGiven(std::string_view name);

// INVALID_ARGUMENT, which names both, if the flag `part` says more than
// `whole`, the bound of all together: it would have no effect.
absl::Status CheckAtMost(std::string_view part, uint64_t value,
                         std::string_view whole, uint64_t most);

// The same, but a default may be more: who lowers the bound of all need not
// care about it.
absl::Status CheckAtMostIfGiven(std::string_view part, uint64_t value,
                                std::string_view whole, uint64_t most);

}  // namespace bridge

#endif  // BRIDGE_FLAG_CHECKS_H_
