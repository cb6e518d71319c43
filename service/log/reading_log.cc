#include "service/log/reading_log.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::Status CheckPosition(int64_t sequence, LogExtent extent) {
  const bool ahead = sequence > extent.last;
  if (ahead ? extent.is_copy : sequence >= extent.first - 1) {
    return absl::OkStatus();
  }
  const std::string problem =
      ahead
          ? absl::StrCat("sequence ", sequence, " is ahead of the log")
          : absl::StrCat("the readings after sequence ", sequence, " are gone");
  if (extent.first > extent.last) {
    return absl::OutOfRangeError(absl::StrCat(
        problem, ": no readings are available",
        extent.last == 0 ? " yet"
                         : absl::StrCat(", the next is ", extent.first)));
  }
  return absl::OutOfRangeError(absl::StrCat(problem, ": readings ",
                                            extent.first, " to ", extent.last,
                                            " are available"));
}

}  // namespace happiness
