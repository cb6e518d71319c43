#include "bridge/flag_checks.h"

#include <string>

#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"

namespace bridge {

bool IsGiven(std::string_view name) {
  const absl::CommandLineFlag* flag =
      absl::FindCommandLineFlag(std::string(name));
  return flag->CurrentValue() != flag->DefaultValue();
}

absl::Status CheckAtMost(std::string_view part, uint64_t value,
                         std::string_view whole, uint64_t most) {
  if (value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--", std::string(part), "=", value, ": must not be more than --",
      std::string(whole), "=", most));
}

absl::Status CheckAtMostIfGiven(std::string_view part, uint64_t value,
                                std::string_view whole, uint64_t most) {
  if (!IsGiven(part)) return absl::OkStatus();
  return CheckAtMost(part, value, whole, most);
}

}  // namespace bridge
