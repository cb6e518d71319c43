#include "service/request/intake.h"

#include <cstdint>

#include "service/request/uuid.h"

namespace happiness {

void Complete(absl::Time now, v1::Reading* reading) {
  if (reading->reading_id().empty()) reading->set_reading_id(NewUuid());
  if (!reading->has_observe_time()) {
    const int64_t seconds = absl::ToUnixSeconds(now);
    const absl::Duration rest = now - absl::FromUnixSeconds(seconds);
    reading->mutable_observe_time()->set_seconds(seconds);
    reading->mutable_observe_time()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  }
}

}  // namespace happiness
