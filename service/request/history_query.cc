#include "service/request/history_query.h"

#include "absl/strings/str_cat.h"
#include "service/request/field_rules.h"
#include "service/request/field_violations.h"
#include "service/request/timestamps.h"

namespace happiness {
namespace {

constexpr int64_t kSecond = kSecondMicros;
constexpr int64_t kMinute = kMinuteMicros;
constexpr int64_t kHour = kHourMicros;
constexpr int64_t kDay = 24 * kHour;

constexpr int64_t kDefaultInterval = kDay;
constexpr int64_t kDefaultSteps[] = {
    kSecond, 5 * kSecond, 10 * kSecond, 30 * kSecond,
    kMinute, 5 * kMinute, 15 * kMinute, 30 * kMinute,
    kHour,   6 * kHour,   kDay,         7 * kDay,
};

// As google.protobuf.Duration has it; so nothing here can overflow.
constexpr int64_t kMaxStepSeconds = 315'576'000'000;

int64_t CeilTo(int64_t step, int64_t micros) { return -FloorTo(step, -micros); }

// How many steps the interval has once it is widened.
int64_t StepsIn(const HistoryQuery& query, int64_t step) {
  return (CeilTo(step, query.end) - FloorTo(step, query.start)) / step;
}

// The interval, not yet widened. False if there is none.
bool TakeInterval(const v1::QueryHistoryRequest& request, absl::Time now,
                  HistoryQuery* query, FieldViolations* violations) {
  query->end = ToMicros(now);
  if (request.has_end_time()) {
    if (!CheckTime("end_time", request.end_time(), violations)) return false;
    // A reading in the microsecond that it cuts may be before it.
    query->end = ToMicros(request.end_time()) +
                 (request.end_time().nanos() % 1'000 == 0 ? 0 : 1);
  }
  query->start = query->end - kDefaultInterval;
  if (request.has_start_time()) {
    if (!CheckTime("start_time", request.start_time(), violations)) {
      return false;
    }
    query->start = ToMicros(request.start_time());
  }
  if (query->start <= query->end) return true;
  if (request.has_end_time()) {
    violations->Add("end_time", "must not be before start_time");
  } else {
    violations->Add("start_time", "must not be in the future without end_time");
  }
  return false;
}

int64_t DefaultStep(const HistoryQuery& query) {
  for (const int64_t step : kDefaultSteps) {
    if (StepsIn(query, step) <= kMaxDefaultSteps) return step;
  }
  return 7 * kDay;
}

// 0 if there is none.
int64_t TakeStep(const v1::QueryHistoryRequest& request,
                 const HistoryQuery& query, FieldViolations* violations) {
  if (!request.has_step()) return DefaultStep(query);
  const int64_t seconds = request.step().seconds();
  if (request.step().nanos() == 0 && seconds >= 1 &&
      seconds <= kMaxStepSeconds) {
    return seconds * kSecond;
  }
  violations->Add("step", "must be a whole number of seconds, 1 or more");
  return 0;
}

void Widen(HistoryQuery* query, FieldViolations* violations) {
  if (StepsIn(*query, query->step) > kMaxSteps) {
    violations->Add(
        "step", "must be so long that the interval has at most 10000 steps");
    return;
  }
  query->start = FloorTo(query->step, query->start);
  query->end = CeilTo(query->step, query->end);
  if (query->start < kMinSeconds * kSecond) {
    violations->Add("start_time",
                    "must be within the years 0001 to 9999, as must be the "
                    "start of its step");
  }
}

}  // namespace

absl::StatusOr<HistoryQuery> ToHistoryQuery(
    const v1::QueryHistoryRequest& request, absl::Time now) {
  FieldViolations violations;
  HistoryQuery query;
  query.place = request.place();
  if (!query.place.empty()) CheckPlace("place", query.place, &violations);
  const bool known = TakeInterval(request, now, &query, &violations);
  query.step = TakeStep(request, query, &violations);
  if (known && query.step != 0) Widen(&query, &violations);
  if (!violations.empty()) return violations.ToStatus();
  return query;
}

}  // namespace happiness
