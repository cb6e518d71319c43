// QueryHistory: the level over an interval, step by step.

#ifndef SERVICE_HISTORY_HISTORY_H_
#define SERVICE_HISTORY_HISTORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/history_query.h"
#include "service/store/database.h"

namespace happiness {

// So many readings, or rows of a roll-up, are looked at for an answer at most.
inline constexpr int64_t kMaxLooksForHistory = 1'000'000;

// What `query` asks for. A place's steps with fewer than `min_group` different
// sources are only counted. RESOURCE_EXHAUSTED if there is too much to look at.
absl::StatusOr<v1::QueryHistoryResponse> ReadHistory(
    Database& db, const HistoryQuery& query, size_t min_group,
    int64_t max_looks = kMaxLooksForHistory);

}  // namespace happiness

#endif  // SERVICE_HISTORY_HISTORY_H_
