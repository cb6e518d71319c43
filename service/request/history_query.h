// A QueryHistoryRequest, understood, with its defaults.

#ifndef SERVICE_REQUEST_HISTORY_QUERY_H_
#define SERVICE_REQUEST_HISTORY_QUERY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"

namespace happiness {

inline constexpr int64_t kMaxSteps = 10'000;
inline constexpr int64_t kMaxDefaultSteps = 400;

struct HistoryQuery {
  std::string place;  // the world, if empty
  // From `start`, included, to `end`, excluded, in microseconds since 1970.
  // Both are multiples of `step`, which is a multiple of a second.
  int64_t start = 0;
  int64_t end = 0;
  int64_t step = 0;
};

// `now` is the service's clock. INVALID_ARGUMENT if the request breaks a rule
// of the contract.
absl::StatusOr<HistoryQuery> ToHistoryQuery(
    const v1::QueryHistoryRequest& request, absl::Time now);

}  // namespace happiness

#endif  // SERVICE_REQUEST_HISTORY_QUERY_H_
