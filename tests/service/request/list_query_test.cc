#include "service/request/list_query.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "service/request/timestamps.h"

namespace happiness {
namespace {

using Change = std::function<void(v1::ListReadingsRequest*)>;

struct Case {
  const char* name;
  Change change;
  const char* violation;  // "field rule", or empty if it is valid
};

void SetTimes(v1::ListReadingsRequest* request, int64_t start, int64_t end) {
  request->mutable_start_time()->set_seconds(start);
  request->mutable_end_time()->set_seconds(end);
}

// clang-format off
const Case kCases[] = {
    {"an empty one", [](auto*) {}, ""},
    {"page_size -1", [](auto* r) { r->set_page_size(-1); },
     "page_size must be at least 0"},
    {"an empty place", [](auto* r) { r->add_places(""); },
     "places[1] must not be empty"},
    {"101 places", [](auto* r) { for (int i = 0; i < 101; ++i) r->add_places("x"); },
     "places must have at most 100 entries"},
    {"no time at all", [](auto* r) { SetTimes(r, 5, 5); }, ""},
    {"an end before the start", [](auto* r) { SetTimes(r, 5, 4); },
     "end_time must not be before start_time"},
    {"a start in no year", [](auto* r) { SetTimes(r, std::numeric_limits<int64_t>::min(), 4); },
     "start_time must be within the years 0001 to 9999"},
    {"an end in no year", [](auto* r) { SetTimes(r, 5, std::numeric_limits<int64_t>::max()); },
     "end_time must be within the years 0001 to 9999"},
    {"bad nanos", [](auto* r) { r->mutable_end_time()->set_nanos(-1); },
     "end_time must have nanos from 0 to 999999999"},
    {"oldest first", [](auto* r) { r->set_order_by("observe_time"); }, ""},
    {"with spaces", [](auto* r) { r->set_order_by("  observe_time   desc "); }, ""},
    {"another field", [](auto* r) { r->set_order_by("place"); },
     "order_by must be \"observe_time\" or \"observe_time desc\""},
    {"another direction", [](auto* r) { r->set_order_by("observe_time down"); },
     "order_by must be \"observe_time\" or \"observe_time desc\""},
    {"two fields", [](auto* r) { r->set_order_by("observe_time desc, place"); },
     "order_by must be \"observe_time\" or \"observe_time desc\""},
    {"a direction alone", [](auto* r) { r->set_order_by("desc"); },
     "order_by must be \"observe_time\" or \"observe_time desc\""},
    {"no token", [](auto* r) { r->set_page_token("x"); },
     "page_token must be the next_page_token of a page of this list"},
};
// clang-format on

TEST(ListQueryTest, EveryRuleNamesItsField) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    v1::ListReadingsRequest request;
    test.change(&request);
    const absl::StatusOr<ListQuery> query = ToListQuery(request);
    EXPECT_EQ(query.status().message(), test.violation);
    if (*test.violation == 0) continue;
    EXPECT_EQ(query.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ListQueryTest, HasDefaults) {
  const ListQuery query = *ToListQuery({});
  EXPECT_EQ(query.page_size, 100u);
  EXPECT_TRUE(query.newest_first);
  EXPECT_FALSE(query.after.has_value());
  EXPECT_EQ(query.start, -62'135'596'800 * kSecondMicros);
  EXPECT_EQ(query.end, 253'402'300'800 * kSecondMicros);
}

TEST(ListQueryTest, KnowsTheOrders) {
  for (const auto& [order, newest_first] :
       {std::pair("", true), std::pair(" ", true),
        std::pair("observe_time", false), std::pair("observe_time asc", false),
        std::pair("observe_time desc", true),
        std::pair(" observe_time  desc ", true)}) {
    v1::ListReadingsRequest request;
    request.set_order_by(order);
    EXPECT_EQ(ToListQuery(request)->newest_first, newest_first) << order;
  }
}

TEST(ListQueryTest, BoundsThePageSize) {
  for (const auto& [size, expected] :
       {std::pair(0, 100u), std::pair(1, 1u), std::pair(1'000, 1'000u),
        std::pair(1'001, 1'000u)}) {
    v1::ListReadingsRequest request;
    request.set_page_size(size);
    EXPECT_EQ(ToListQuery(request)->page_size, expected);
  }
}

TEST(ListQueryTest, GoesOnWithTheSameListAlone) {
  v1::ListReadingsRequest request;
  SetTimes(&request, 10, 20);
  request.add_places("Oslo");
  request.set_page_size(5);
  const ListPosition after = {15 * kSecondMicros, 7};
  request.set_page_token(
      PageToken{ToListQuery(request)->fingerprint, after}.ToString());
  EXPECT_EQ(ToListQuery(request)->after, after);

  const Change same[] = {
      [](auto* r) { r->set_page_size(1'000); },
      [](auto* r) { r->set_order_by("observe_time desc"); },
  };
  for (const Change& change : same) {
    v1::ListReadingsRequest other = request;
    change(&other);
    EXPECT_TRUE(ToListQuery(other).ok()) << other.ShortDebugString();
  }
  const Change different[] = {
      [](auto* r) { r->set_order_by("observe_time"); },
      [](auto* r) { r->add_places("Lima"); },
      [](auto* r) { r->clear_places(); },
      [](auto* r) { SetTimes(r, 10, 21); },
      [](auto* r) { r->clear_start_time(); },
  };
  for (const Change& change : different) {
    v1::ListReadingsRequest other = request;
    change(&other);
    EXPECT_EQ(ToListQuery(other).status().message(),
              "page_token must be the next_page_token of a page of this list");
  }
}

TEST(ListQueryTest, RefusesATokenThatLeadsOutOfTheInterval) {
  v1::ListReadingsRequest request;
  SetTimes(&request, 10, 20);
  const uint64_t fingerprint = ToListQuery(request)->fingerprint;
  for (const auto& [after, valid] :
       {std::pair(ListPosition{10 * kSecondMicros - 1, 9}, false),
        std::pair(ListPosition{10 * kSecondMicros, 0}, true),
        std::pair(ListPosition{20 * kSecondMicros, 0}, true),
        std::pair(ListPosition{20 * kSecondMicros, 1}, false)}) {
    request.set_page_token(PageToken{fingerprint, after}.ToString());
    EXPECT_EQ(ToListQuery(request).ok(), valid);
  }
}

}  // namespace
}  // namespace happiness
