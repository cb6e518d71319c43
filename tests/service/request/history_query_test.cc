#include "service/request/history_query.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "service/request/timestamps.h"

namespace happiness {
namespace {

constexpr int64_t kNowSeconds = 1'700'000'000;
constexpr int64_t kHour = 3'600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kFirstSecond = -62'135'596'800;

const absl::Time kNow = absl::FromUnixSeconds(kNowSeconds);

v1::QueryHistoryRequest Request(int64_t start, int64_t end, int64_t step = 0) {
  v1::QueryHistoryRequest request;
  request.mutable_start_time()->set_seconds(start);
  request.mutable_end_time()->set_seconds(end);
  if (step != 0) request.mutable_step()->set_seconds(step);
  return request;
}

struct Case {
  const char* name;
  v1::QueryHistoryRequest request;
  const char* violation;  // "field rule", or empty if it is valid
};

v1::QueryHistoryRequest With(
    const std::function<void(v1::QueryHistoryRequest*)>& change) {
  v1::QueryHistoryRequest request;
  change(&request);
  return request;
}

TEST(HistoryQueryTest, EveryRuleNamesItsField) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr char kStepRule[] =
      "step must be a whole number of seconds, 1 or more";
  constexpr char kStepsRule[] =
      "step must be so long that the interval has at most 10000 steps";
  const std::vector<Case> cases = {
      {"an empty one", {}, ""},
      {"a place", With([](auto* r) { r->set_place("Oslo"); }), ""},
      {"a place with a tab", With([](auto* r) { r->set_place("\t"); }),
       "place must not contain control characters"},
      {"no time at all", Request(5, 5), ""},
      {"an end before the start", Request(5, 4),
       "end_time must not be before start_time"},
      {"a start in the future", With([](auto* r) {
         r->mutable_start_time()->set_seconds(kNowSeconds + 1);
       }),
       "start_time must not be in the future without end_time"},
      {"the future", Request(kNowSeconds + 5, kNowSeconds + 6), ""},
      {"a start in no year", Request(-kMax, 4),
       "start_time must be within the years 0001 to 9999"},
      {"an end in no year", Request(4, kMax),
       "end_time must be within the years 0001 to 9999"},
      {"bad nanos", With([](auto* r) { r->mutable_end_time()->set_nanos(-1); }),
       "end_time must have nanos from 0 to 999999999"},
      {"a step of 0", With([](auto* r) { r->mutable_step(); }), kStepRule},
      {"a negative step", Request(0, 9, -1), kStepRule},
      {"a step of half a second",
       With([](auto* r) { r->mutable_step()->set_nanos(500'000'000); }),
       kStepRule},
      {"an endless step", Request(0, 9, kMax), kStepRule},
      {"the longest step", Request(0, 9, 315'576'000'000), ""},
      {"10000 steps", Request(0, 10'000, 1), ""},
      {"10001 steps", Request(0, 10'001, 1), kStepsRule},
      {"10001 steps when widened", Request(7, 100'001, 10), kStepsRule},
      {"all of time in weeks", Request(kFirstSecond, kNowSeconds), kStepsRule},
      {"the first second", Request(kFirstSecond, kFirstSecond + 1, 1), ""},
      {"a step that begins before it",
       Request(kFirstSecond, kFirstSecond + 1, 7 * kDay),
       "start_time must be within the years 0001 to 9999, as must be the start "
       "of its step"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const absl::StatusOr<HistoryQuery> query =
        ToHistoryQuery(test.request, kNow);
    EXPECT_EQ(query.status().message(), test.violation);
    if (*test.violation == 0) continue;
    EXPECT_EQ(query.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(HistoryQueryTest, IsTheLastDayOfTheWorldByDefault) {
  const HistoryQuery query = *ToHistoryQuery({}, kNow);
  EXPECT_EQ(query.place, "");
  EXPECT_EQ(query.step, 5 * kMinuteMicros);
  EXPECT_EQ(query.start,
            FloorTo(query.step, (kNowSeconds - kDay) * kSecondMicros));
  EXPECT_EQ(query.end,
            FloorTo(query.step, kNowSeconds * kSecondMicros) + query.step);
}

TEST(HistoryQueryTest, IsWidenedToWholeSteps) {
  HistoryQuery query = *ToHistoryQuery(Request(-1, 1, 60), kNow);
  EXPECT_EQ(query.start, -kMinuteMicros);
  EXPECT_EQ(query.end, kMinuteMicros);
  query = *ToHistoryQuery(Request(-60, 60, 60), kNow);
  EXPECT_EQ(query.start, -kMinuteMicros);
  EXPECT_EQ(query.end, kMinuteMicros);
  query = *ToHistoryQuery(Request(60, 60, 60), kNow);
  EXPECT_EQ(query.start, query.end);

  v1::QueryHistoryRequest request = Request(0, 60, 60);
  request.mutable_end_time()->set_nanos(1);
  EXPECT_EQ(ToHistoryQuery(request, kNow)->end, 2 * kMinuteMicros);
}

TEST(HistoryQueryTest, TakesTheShortestStepThatGivesFewSteps) {
  struct {
    int64_t interval;
    int64_t step;
  } const cases[] = {
      {0, 1},
      {400, 1},
      {401, 5},
      {2'000, 5},
      {2'001, 10},
      {kHour, 10},
      {12'000, 30},
      {12'001, 60},
      {kDay, 300},
      {400 * kHour, kHour},
      {400 * kHour + 1, 6 * kHour},
      {365 * kDay, kDay},
      {400 * 7 * kDay, 7 * kDay},
      {401 * 7 * kDay, 7 * kDay},
  };
  for (const auto& [interval, step] : cases) {
    EXPECT_EQ(ToHistoryQuery(Request(0, interval), kNow)->step,
              step * kSecondMicros)
        << interval;
  }
  // Widened, it is one more.
  EXPECT_EQ(ToHistoryQuery(Request(4, 2'003), kNow)->step, 10 * kSecondMicros);
}

}  // namespace
}  // namespace happiness
