#include "service/store/read_error.h"

#include <spdlog/spdlog.h>

namespace happiness {

absl::Status ForReader(const absl::Status& status) {
  if (!absl::IsDataLoss(status) && !absl::IsInternal(status) &&
      !absl::IsUnavailable(status)) {
    return status;
  }
  spdlog::error("the readings can't be read: {}", status.ToString());
  if (absl::IsDataLoss(status)) {
    return absl::DataLossError("the readings that are kept are damaged");
  }
  return absl::UnavailableError("the readings can't be read just now");
}

}  // namespace happiness
