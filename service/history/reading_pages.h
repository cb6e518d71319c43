// ListReadings: pages of the readings that are kept.

#ifndef SERVICE_HISTORY_READING_PAGES_H_
#define SERVICE_HISTORY_READING_PAGES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/list_query.h"
#include "service/store/database.h"

namespace happiness {

// So many readings are looked at for a page at most: where few are of the
// wanted places, the page is short, and the next one goes on.
inline constexpr int64_t kMaxLooksForPage = 100'000;

// The page that `query` asks for. What is recorded between two pages is in a
// later one if it stands there in the order, and moves nothing else.
absl::StatusOr<v1::ListReadingsResponse> ReadPage(
    Database& db, const ListQuery& query, int64_t max_looks = kMaxLooksForPage);

}  // namespace happiness

#endif  // SERVICE_HISTORY_READING_PAGES_H_
