// The rules of the contract (happiness.proto), as pure functions. Each returns
// OK, or INVALID_ARGUMENT with every violation (see field_violations.h).

#ifndef SERVICE_REQUEST_VALIDATION_H_
#define SERVICE_REQUEST_VALIDATION_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"

namespace happiness {

inline constexpr size_t kMaxReadingIdBytes = 64;
inline constexpr size_t kMaxSourceCharacters = 64;
inline constexpr double kMinHappiness = 0;
inline constexpr double kMaxHappiness = 10;
inline constexpr absl::Duration kMaxTimeAhead = absl::Minutes(1);
inline constexpr int kMaxBacklog = 65'536;

// A reading that a client wants recorded, at the field `reading` of its
// request. `now` is the service's clock.
absl::Status ValidateReading(const v1::Reading& reading, absl::Time now);

absl::Status ValidateStreamRequest(const v1::StreamReadingsRequest& request);

}  // namespace happiness

#endif  // SERVICE_REQUEST_VALIDATION_H_
