// A ListReadingsRequest, understood.

#ifndef SERVICE_REQUEST_LIST_QUERY_H_
#define SERVICE_REQUEST_LIST_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/page_token.h"

namespace happiness {

inline constexpr size_t kDefaultPageSize = 100;
inline constexpr size_t kMaxPageSize = 1'000;

struct ListQuery {
  std::vector<std::string> places;  // all, if empty
  // From `start`, included, to `end`, excluded, in microseconds since 1970. No
  // reading is outside if the request has no such bound.
  int64_t start = 0;
  int64_t end = 0;
  bool newest_first = true;
  size_t page_size = kDefaultPageSize;
  std::optional<ListPosition> after;  // none: the first page
  uint64_t fingerprint = 0;           // for the token of the next page
};

// INVALID_ARGUMENT if the request breaks a rule of the contract.
absl::StatusOr<ListQuery> ToListQuery(const v1::ListReadingsRequest& request);

}  // namespace happiness

#endif  // SERVICE_REQUEST_LIST_QUERY_H_
