// QueryHistory: the level over an interval, step by step.

#ifndef SERVICE_HISTORY_HISTORY_H_
#define SERVICE_HISTORY_HISTORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/history_query.h"
#include "service/store/database.h"
#include "service/store/go_on.h"

namespace happiness {

struct HistoryLimits {
  // So many readings, or rows of a roll-up, are looked at for an answer.
  int64_t looks = 1'000'000;
  // So many at a time. In between the store is let go of: a long read would
  // keep SQLite's log from beginning anew, and in memory the writer from going
  // on.
  int64_t chunk = 4'096;
};

// What `query` asks for. A place's steps with fewer than `min_group` different
// sources are only counted. What is recorded or let go meanwhile may be in or
// not; it is in if its steps are among the last `chunk` looks, and its number
// is not above the response's. RESOURCE_EXHAUSTED if there is too much to look
// at; and the error of `go_on`.
absl::StatusOr<v1::QueryHistoryResponse> ReadHistory(
    Database& db, const HistoryQuery& query, size_t min_group,
    const HistoryLimits& limits = {},
    GoOn go_on = [] { return absl::OkStatus(); });

}  // namespace happiness

#endif  // SERVICE_HISTORY_HISTORY_H_
