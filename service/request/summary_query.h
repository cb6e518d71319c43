// What a StreamSummariesRequest asks for, checked and in one form.

#ifndef SERVICE_REQUEST_SUMMARY_QUERY_H_
#define SERVICE_REQUEST_SUMMARY_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"

namespace happiness {

inline constexpr absl::Duration kMinWindow = absl::Seconds(1);
inline constexpr absl::Duration kMaxWindow = absl::Hours(24);
inline constexpr absl::Duration kDefaultWindow = absl::Seconds(60);
inline constexpr absl::Duration kMinPeriod = absl::Milliseconds(100);
inline constexpr absl::Duration kMaxPeriod = absl::Hours(1);
inline constexpr absl::Duration kDefaultPeriod = absl::Seconds(1);
inline constexpr int64_t kMaxPeriods = 600;  // in a window
inline constexpr int32_t kMaxListedPlaces = 10'000;
inline constexpr int32_t kDefaultListedPlaces = 1'000;

// Which times summaries are about. In microseconds; `window` is a whole
// multiple of `period`.
struct SummarySpan {
  int64_t window = 0;
  int64_t period = 0;

  friend bool operator==(const SummarySpan&, const SummarySpan&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SummarySpan& span) {
    return H::combine(std::move(h), span.window, span.period);
  }
};

// Which places summaries list.
struct SummarySelection {
  std::vector<std::string> places;  // sorted, different; empty: all
  size_t limit = 0;

  friend bool operator==(const SummarySelection&,
                         const SummarySelection&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SummarySelection& selection) {
    return H::combine(std::move(h), selection.places, selection.limit);
  }
};

// Requests that mean the same are the same: defaults are filled in, places
// sorted, none of them twice.
struct SummaryQuery {
  SummarySpan span;
  SummarySelection selection;
};

// The window and period of who asks for none.
SummarySpan DefaultSpan();

// Whether it is what everybody asks: the default window and period, all places,
// and no more of them listed than by default.
bool IsPlain(const SummaryQuery& query);

// INVALID_ARGUMENT, with every violation, if `request` breaks a rule.
absl::StatusOr<SummaryQuery> ToSummaryQuery(
    const v1::StreamSummariesRequest& request);

}  // namespace happiness

#endif  // SERVICE_REQUEST_SUMMARY_QUERY_H_
