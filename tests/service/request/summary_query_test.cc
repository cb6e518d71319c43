#include "service/request/summary_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "service/request/grpc_status.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using Request = v1::StreamSummariesRequest;

void SetWindow(Request* request, int64_t seconds, int32_t nanos = 0) {
  request->mutable_window()->set_seconds(seconds);
  request->mutable_window()->set_nanos(nanos);
}

void SetPeriod(Request* request, int64_t seconds, int32_t nanos = 0) {
  request->mutable_period()->set_seconds(seconds);
  request->mutable_period()->set_nanos(nanos);
}

struct Case {
  const char* name;
  std::function<void(Request*)> change;
  const char* violation;  // "field rule", or empty if it is valid
};

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr char kWindowRange[] = "window must be from 1s to 86400s";
constexpr char kPeriodRange[] = "period must be from 0.1s to 3600s";
constexpr char kWindowNanos[] = "window must have nanos from 0 to 999999999";
constexpr char kPeriodNanos[] = "period must have nanos from 0 to 999999999";
constexpr char kMultiple[] =
    "window must be a whole multiple of period (unset, they are 60s and 1s)";
constexpr char kTooMany[] =
    "window must be at most 600 times the period (unset, that is 1s)";

// clang-format off
const Case kCases[] = {
    {"an empty one", [](auto*) {}, ""},

    {"a window of 1 s", [](auto* r) { SetWindow(r, 1); }, ""},
    {"a window of 24 h", [](auto* r) { SetWindow(r, 86'400); SetPeriod(r, 3'600); }, ""},
    {"a window of 0", [](auto* r) { SetWindow(r, 0); }, kWindowRange},
    {"a window that is set, to nothing", [](auto* r) { r->mutable_window(); }, kWindowRange},
    {"a window just below 1 s", [](auto* r) { SetWindow(r, 0, 999'999'999); }, kWindowRange},
    {"a window just above 24 h", [](auto* r) { SetWindow(r, 86'400, 1); }, kWindowRange},
    {"a negative window", [](auto* r) { SetWindow(r, -60); }, kWindowRange},
    {"a window that is negative by its nanos", [](auto* r) { SetWindow(r, -1, -1); }, kWindowRange},
    {"the longest window", [](auto* r) { SetWindow(r, kMost); }, kWindowRange},
    {"the most negative window", [](auto* r) { SetWindow(r, kLeast); }, kWindowRange},
    {"a window with negative nanos", [](auto* r) { SetWindow(r, 60, -1); }, kWindowNanos},
    {"a window with too many nanos", [](auto* r) { SetWindow(r, 59, 1'000'000'000); }, kWindowNanos},

    {"a period of 100 ms", [](auto* r) { SetPeriod(r, 0, 100'000'000); }, ""},
    {"a period of 1 h", [](auto* r) { SetWindow(r, 7'200); SetPeriod(r, 3'600); }, ""},
    {"a period of 99 ms", [](auto* r) { SetPeriod(r, 0, 99'000'000); }, kPeriodRange},
    {"a period of more than 1 h", [](auto* r) { SetPeriod(r, 3'601); }, kPeriodRange},
    {"a negative period", [](auto* r) { SetPeriod(r, -1); }, kPeriodRange},
    {"the longest period", [](auto* r) { SetPeriod(r, kMost); }, kPeriodRange},
    {"a period with negative nanos", [](auto* r) { SetPeriod(r, 1, -1); }, kPeriodNanos},
    {"a period with too many nanos", [](auto* r) { SetPeriod(r, 0, 2'000'000'000); }, kPeriodNanos},
    {"a period of microseconds", [](auto* r) { SetPeriod(r, 1, 500'000); },
     "period must be in whole milliseconds"},
    {"a period with a nanosecond", [](auto* r) { SetPeriod(r, 1, 1); },
     "period must be in whole milliseconds"},

    {"as long as a period", [](auto* r) { SetWindow(r, 5); SetPeriod(r, 5); }, ""},
    {"shorter than a period", [](auto* r) { SetWindow(r, 5); SetPeriod(r, 10); }, kMultiple},
    {"not a multiple", [](auto* r) { SetWindow(r, 10); SetPeriod(r, 3); }, kMultiple},
    {"not a multiple of the default", [](auto* r) { SetWindow(r, 1, 500'000'000); }, kMultiple},
    {"not a multiple, by a nanosecond", [](auto* r) { SetWindow(r, 10, 1); SetPeriod(r, 5); }, kMultiple},
    {"a default that is not a multiple", [](auto* r) { SetPeriod(r, 7); }, kMultiple},
    {"600 periods", [](auto* r) { SetWindow(r, 600); }, ""},
    {"601 periods", [](auto* r) { SetWindow(r, 601); }, kTooMany},

    {"limit 0", [](auto* r) { r->set_limit(0); }, ""},
    {"limit 10000", [](auto* r) { r->set_limit(10'000); }, ""},
    {"limit -1", [](auto* r) { r->set_limit(-1); }, "limit must be from 0 to 10000"},
    {"limit 10001", [](auto* r) { r->set_limit(10'001); }, "limit must be from 0 to 10000"},

    {"100 places", [](auto* r) { for (int i = 0; i < 100; ++i) r->add_places("x"); }, ""},
    {"101 places", [](auto* r) { for (int i = 0; i < 101; ++i) r->add_places("x"); },
     "places must have at most 100 entries"},
    {"an empty place", [](auto* r) { r->add_places("x"); r->add_places(""); },
     "places[2] must not be empty"},
    {"a control character", [](auto* r) { r->add_places("\x01"); },
     "places[1] must not contain control characters"},
};
// clang-format on

TEST(SummaryQueryTest, EveryRuleNamesItsField) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    Request request;
    test.change(&request);
    const absl::Status status = ToSummaryQuery(request).status();
    EXPECT_EQ(status.message(), test.violation);
    if (*test.violation == 0) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(DetailsOf(ToGrpcStatus(status)).field_violations_size(), 1);
  }
}

TEST(SummaryQueryTest, TellsAllViolationsAtOnce) {
  Request request;
  SetWindow(&request, 0);
  SetPeriod(&request, 0);
  request.add_places("");
  request.set_limit(-1);
  EXPECT_EQ(
      ToSummaryQuery(request).status().message(),
      "window must be from 1s to 86400s; period must be from 0.1s to 3600s; "
      "places[1] must not be empty; limit must be from 0 to 10000");
}

TEST(SummaryQueryTest, FillsInWhatIsUnset) {
  const auto query = ToSummaryQuery({});
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->span.window, 60'000'000);
  EXPECT_EQ(query->span.period, 1'000'000);
  EXPECT_TRUE(query->selection.places.empty());
  EXPECT_EQ(query->selection.limit, 1'000u);
}

TEST(SummaryQueryTest, TakesWhatIsSet) {
  Request request;
  SetWindow(&request, 300);
  SetPeriod(&request, 2, 500'000'000);
  request.set_limit(3);
  const auto query = ToSummaryQuery(request);
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->span.window, 300'000'000);
  EXPECT_EQ(query->span.period, 2'500'000);
  EXPECT_EQ(query->selection.limit, 3u);
}

TEST(SummaryQueryTest, RequestsThatMeanTheSameAreTheSame) {
  Request one;
  for (const char* place : {"Oslo", "Lima", "Oslo"}) one.add_places(place);
  Request other;
  for (const char* place : {"Lima", "Oslo"}) other.add_places(place);
  SetPeriod(&other, 1);
  other.set_limit(77);
  const auto first = ToSummaryQuery(one);
  const auto second = ToSummaryQuery(other);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_THAT(first->selection.places, ElementsAre("Lima", "Oslo"));
  EXPECT_EQ(first->selection, second->selection);
  EXPECT_EQ(first->span, second->span);
}

}  // namespace
}  // namespace happiness
