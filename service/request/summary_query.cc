#include "service/request/summary_query.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "service/request/field_rules.h"
#include "service/request/field_violations.h"

namespace happiness {
namespace {

constexpr int32_t kMaxNanos = 999'999'999;

// A duration in a request.
struct DurationRule {
  const char* field;
  absl::Duration min;
  absl::Duration max;
  absl::Duration if_unset;
};

// The value of a field of which `value` is what stands in the request, or
// nothing if it breaks `rule`.
std::optional<absl::Duration> CheckDuration(
    const DurationRule& rule, bool is_set,
    const google::protobuf::Duration& value, FieldViolations* violations) {
  if (!is_set) return rule.if_unset;
  // One that isn't negative has nanos that are not.
  if (value.seconds() >= 0 &&
      (value.nanos() < 0 || value.nanos() > kMaxNanos)) {
    violations->Add(rule.field, "must have nanos from 0 to 999999999");
    return std::nullopt;
  }
  const absl::Duration duration =
      absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (duration < rule.min || duration > rule.max) {
    violations->Add(
        rule.field,
        absl::StrCat("must be from ", absl::ToDoubleSeconds(rule.min), "s to ",
                     absl::ToDoubleSeconds(rule.max), "s"));
    return std::nullopt;
  }
  return duration;
}

bool IsMultiple(absl::Duration value, absl::Duration of) {
  return value % of == absl::ZeroDuration();
}

SummarySpan CheckSpan(const v1::StreamSummariesRequest& request,
                      FieldViolations* violations) {
  const std::optional<absl::Duration> window =
      CheckDuration({"window", kMinWindow, kMaxWindow, kDefaultWindow},
                    request.has_window(), request.window(), violations);
  std::optional<absl::Duration> period =
      CheckDuration({"period", kMinPeriod, kMaxPeriod, kDefaultPeriod},
                    request.has_period(), request.period(), violations);
  if (period && !IsMultiple(*period, absl::Milliseconds(1))) {
    violations->Add("period", "must be in whole milliseconds");
    period.reset();
  }
  if (!window || !period) return {};
  if (!IsMultiple(*window, *period)) {
    violations->Add("window",
                    "must be a whole multiple of period (unset, they are 60s "
                    "and 1s)");
  } else if (*window > kMaxPeriods * *period) {
    violations->Add("window",
                    absl::StrCat("must be at most ", kMaxPeriods,
                                 " times the period (unset, that is 1s)"));
  }
  return {.window = absl::ToInt64Microseconds(*window),
          .period = absl::ToInt64Microseconds(*period)};
}

SummarySelection CheckSelection(const v1::StreamSummariesRequest& request,
                                FieldViolations* violations) {
  CheckPlaces(request.places(), violations);
  const int32_t limit =
      request.has_limit() ? request.limit() : kDefaultListedPlaces;
  if (limit < 0 || limit > kMaxListedPlaces) {
    violations->Add("limit",
                    absl::StrCat("must be from 0 to ", kMaxListedPlaces));
  }
  SummarySelection selection;
  selection.places.assign(request.places().begin(), request.places().end());
  std::vector<std::string>& places = selection.places;
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  selection.limit = static_cast<size_t>(limit);
  // A larger one means the same.
  if (!places.empty()) {
    selection.limit = std::min(selection.limit, places.size());
  }
  return selection;
}

}  // namespace

SummarySpan DefaultSpan() {
  return {.window = absl::ToInt64Microseconds(kDefaultWindow),
          .period = absl::ToInt64Microseconds(kDefaultPeriod)};
}

bool IsPlain(const SummaryQuery& query) {
  return query.span == DefaultSpan() && query.selection.places.empty() &&
         query.selection.limit <= size_t{kDefaultListedPlaces};
}

absl::StatusOr<SummaryQuery> ToSummaryQuery(
    const v1::StreamSummariesRequest& request) {
  FieldViolations violations;
  SummaryQuery query{.span = CheckSpan(request, &violations),
                     .selection = CheckSelection(request, &violations)};
  if (absl::Status status = violations.ToStatus(); !status.ok()) return status;
  return query;
}

}  // namespace happiness
