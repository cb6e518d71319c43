// Times and durations of the contract as numbers, and back.

#ifndef SERVICE_REQUEST_TIMESTAMPS_H_
#define SERVICE_REQUEST_TIMESTAMPS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace happiness {

inline constexpr int64_t kSecondMicros = 1'000'000;
inline constexpr int64_t kMinuteMicros = 60 * kSecondMicros;
inline constexpr int64_t kHourMicros = 60 * kMinuteMicros;

// Microseconds since 1970-01-01T00:00:00Z; what is finer is cut off, downwards.
// Any time that the contract allows fits.
inline int64_t ToMicros(const google::protobuf::Timestamp& time) {
  return time.seconds() * kSecondMicros + time.nanos() / 1'000;
}

inline int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }

inline int64_t ToMicros(const google::protobuf::Duration& duration) {
  return duration.seconds() * kSecondMicros + duration.nanos() / 1'000;
}

// The multiple of `step`, which is positive, that `micros` is or that comes
// before it.
inline int64_t FloorTo(int64_t step, int64_t micros) {
  const int64_t rest = micros % step;
  return micros - (rest < 0 ? rest + step : rest);
}

inline void FromMicros(int64_t micros, google::protobuf::Timestamp* time) {
  const int64_t whole = FloorTo(kSecondMicros, micros);
  time->set_seconds(whole / kSecondMicros);
  time->set_nanos(static_cast<int32_t>(micros - whole) * 1'000);
}

// `micros` must not be negative.
inline void FromMicros(int64_t micros, google::protobuf::Duration* duration) {
  duration->set_seconds(micros / kSecondMicros);
  duration->set_nanos(static_cast<int32_t>(micros % kSecondMicros) * 1'000);
}

}  // namespace happiness

#endif  // SERVICE_REQUEST_TIMESTAMPS_H_
