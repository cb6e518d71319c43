#include "service/request/list_query.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_split.h"
#include "service/request/field_rules.h"
#include "service/request/field_violations.h"
#include "service/request/timestamps.h"

namespace happiness {
namespace {

size_t TakePageSize(int32_t page_size, FieldViolations* violations) {
  if (page_size < 0) violations->Add("page_size", "must be at least 0");
  if (page_size <= 0) return kDefaultPageSize;
  return std::min(static_cast<size_t>(page_size), kMaxPageSize);
}

// Sets `micros`, unless the time is none.
bool TakeTime(std::string_view field, const google::protobuf::Timestamp& time,
              int64_t* micros, FieldViolations* violations) {
  if (!CheckTime(field, time, violations)) return false;
  *micros = ToMicros(time);
  return true;
}

void TakeInterval(const v1::ListReadingsRequest& request, ListQuery* query,
                  FieldViolations* violations) {
  query->start = kMinSeconds * kSecondMicros;
  query->end = (kMaxSeconds + 1) * kSecondMicros;
  if (request.has_start_time() && !TakeTime("start_time", request.start_time(),
                                            &query->start, violations)) {
    return;
  }
  if (request.has_end_time() &&
      !TakeTime("end_time", request.end_time(), &query->end, violations)) {
    return;
  }
  if (query->end < query->start) {
    violations->Add("end_time", "must not be before start_time");
  }
}

// Whether it is the newest first. AIP-132 lets spaces be redundant.
bool TakeOrder(const std::string& order_by, FieldViolations* violations) {
  const std::vector<std::string> words =
      absl::StrSplit(order_by, ' ', absl::SkipEmpty());
  if (words.empty()) return true;
  const std::string direction = words.size() == 1 ? "asc" : words[1];
  if (words[0] != "observe_time" || words.size() > 2 ||
      (direction != "asc" && direction != "desc")) {
    violations->Add("order_by",
                    "must be \"observe_time\" or \"observe_time desc\"");
  }
  return direction == "desc";
}

// Of all that must stay the same from page to page.
uint64_t Fingerprint(v1::ListReadingsRequest request, bool newest_first) {
  request.clear_page_size();
  request.clear_page_token();
  request.set_order_by(newest_first ? "desc" : "asc");
  return FingerprintOf(request.SerializeAsString());
}

void TakeToken(const std::string& text, ListQuery* query,
               FieldViolations* violations) {
  if (text.empty()) return;
  const std::optional<PageToken> token = PageToken::FromString(text);
  if (token && token->request == query->fingerprint &&
      token->after >= ListPosition{query->start, 0} &&
      token->after <= ListPosition{query->end, 0}) {
    query->after = token->after;
  } else {
    violations->Add("page_token",
                    "must be the next_page_token of a page of this list");
  }
}

}  // namespace

absl::StatusOr<ListQuery> ToListQuery(const v1::ListReadingsRequest& request) {
  FieldViolations violations;
  ListQuery query;
  query.page_size = TakePageSize(request.page_size(), &violations);
  CheckPlaces(request.places(), &violations);
  query.places.assign(request.places().begin(), request.places().end());
  TakeInterval(request, &query, &violations);
  query.newest_first = TakeOrder(request.order_by(), &violations);
  query.fingerprint = Fingerprint(request, query.newest_first);
  TakeToken(request.page_token(), &query, &violations);
  if (!violations.empty()) return violations.ToStatus();
  return query;
}

}  // namespace happiness
