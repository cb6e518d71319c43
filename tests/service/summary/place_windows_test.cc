#include "service/summary/place_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/request/timestamps.h"
#include "tests/service/summary/brute_force.h"

namespace happiness {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kEnd = 1'700'000'000 * kSecond;
constexpr SummarySpan kSpan{.window = 60 * kSecond, .period = kSecond};
constexpr size_t kNoLimit = 10'000;

v1::Summary SummaryOf(PlaceWindows* windows, int64_t end_time,
                      const SummarySelection& selection = {.places = {},
                                                           .limit = kNoLimit}) {
  v1::Summary summary;
  windows->At(end_time).Summarize(selection, &summary);
  return summary;
}

std::vector<std::string> PlacesOf(const v1::Summary& summary) {
  std::vector<std::string> places;
  for (const v1::PlaceLevel& place : summary.places()) {
    places.push_back(place.place());
  }
  return places;
}

TEST(PlaceWindowsTest, SaysNothingOfASilentWorld) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  const v1::Summary summary = SummaryOf(&windows, kEnd);
  EXPECT_EQ(ToMicros(summary.end_time()), kEnd);
  EXPECT_EQ(ToMicros(summary.window()), kSpan.window);
  EXPECT_TRUE(summary.world().has_count());
  EXPECT_EQ(summary.world().count(), 0);
  EXPECT_FALSE(summary.world().has_mean());
  EXPECT_FALSE(summary.world().has_trend());
  EXPECT_TRUE(summary.places().empty());
  EXPECT_TRUE(summary.has_more_places());
  EXPECT_TRUE(summary.has_withheld_places());
}

TEST(PlaceWindowsTest, IncludesTheStartOfTheWindowAndExcludesItsEnd) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  windows.Add("at the end", kEnd, 1, "");
  windows.Add("before the end", kEnd - 1, 2, "");
  windows.Add("at the start", kEnd - kSpan.window, 3, "");
  windows.Add("before the start", kEnd - kSpan.window - 1, 4, "");
  EXPECT_THAT(PlacesOf(SummaryOf(&windows, kEnd)),
              ElementsAre("before the end", "at the start"));
  EXPECT_THAT(PlacesOf(SummaryOf(&windows, kEnd + kSecond)),
              ElementsAre("at the end", "before the end"));
}

TEST(PlaceWindowsTest, ComparesWithTheWindowBefore) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  windows.Add("Oslo", kEnd - kSecond, 7, "");
  windows.Add("Oslo", kEnd - kSpan.window - 1, 4, "");
  windows.Add("Oslo", kEnd - 2 * kSpan.window, 5, "");
  windows.Add("Oslo", kEnd - 2 * kSpan.window - 1, 0, "");  // too old
  windows.Add("Lima", kEnd - kSecond, 1, "");
  const v1::Summary summary = SummaryOf(&windows, kEnd);
  EXPECT_THAT(summary.world().trend(), DoubleEq(4 - 4.5));
  ASSERT_THAT(PlacesOf(summary), ElementsAre("Lima", "Oslo"));
  EXPECT_FALSE(summary.places(0).level().has_trend());
  EXPECT_THAT(summary.places(1).level().trend(), DoubleEq(2.5));
}

TEST(PlaceWindowsTest, CountsLateReadingsWhereTheyWereFelt) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  windows.Add("Oslo", kEnd - 1, 5, "");
  EXPECT_EQ(SummaryOf(&windows, kEnd).world().count(), 1);
  windows.Add("Oslo", kEnd - 30 * kSecond, 9, "");
  windows.Add("Oslo", kEnd - 30 * kSecond, 7, "");
  windows.Add("Oslo", kEnd - 90 * kSecond, 1, "");
  v1::Summary summary = SummaryOf(&windows, kEnd + kSecond);
  EXPECT_EQ(summary.world().count(), 3);
  EXPECT_THAT(summary.world().trend(), DoubleEq(7 - 1));
  summary = SummaryOf(&windows, kEnd + 40 * kSecond);
  EXPECT_EQ(summary.world().count(), 1);
  EXPECT_THAT(summary.world().trend(), DoubleEq(5 - 8));
}

TEST(PlaceWindowsTest, KeepsReadingsThatAreAheadUntilTheirTime) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  windows.Add("Oslo", kEnd + 60 * kSecond, 9, "");
  for (int s = 0; s <= 60; ++s) {
    EXPECT_EQ(SummaryOf(&windows, kEnd + s * kSecond).world().count(), 0);
  }
  EXPECT_EQ(SummaryOf(&windows, kEnd + 61 * kSecond).world().count(), 1);
}

TEST(PlaceWindowsTest, ForgetsPlacesThatAreSilent) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  const size_t empty = windows.bytes();
  windows.Add("Oslo", kEnd - 1, 5, "");
  EXPECT_THAT(PlacesOf(SummaryOf(&windows, kEnd + 59 * kSecond)),
              ElementsAre("Oslo"));
  EXPECT_GT(windows.bytes(), empty);
  // For a window more it would count for the trend.
  EXPECT_THAT(PlacesOf(SummaryOf(&windows, kEnd + 60 * kSecond)),
              ElementsAre());
  SummaryOf(&windows, kEnd + 120 * kSecond);
  EXPECT_EQ(windows.bytes(), empty);
}

TEST(PlaceWindowsTest, ListsTheUnhappiestFirstAndThenByName) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  for (const char* place : {"Rome", "Lima", "Oslo"}) {
    windows.Add(place, kEnd - 1, 5, "");
  }
  windows.Add("Paris", kEnd - 1, 4.5, "");
  windows.Add("Accra", kEnd - 1, 5.5, "");
  EXPECT_THAT(PlacesOf(SummaryOf(&windows, kEnd)),
              ElementsAre("Paris", "Lima", "Oslo", "Rome", "Accra"));
}

TEST(PlaceWindowsTest, ListsNoMorePlacesThanTheLimitAndCountsTheRest) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  for (int i = 0; i < 5; ++i) {
    windows.Add(absl::StrCat("place ", i), kEnd - 1, i, "");
  }
  v1::Summary summary = SummaryOf(&windows, kEnd, {.places = {}, .limit = 2});
  EXPECT_THAT(PlacesOf(summary), ElementsAre("place 0", "place 1"));
  EXPECT_EQ(summary.more_places(), 3);
  EXPECT_EQ(summary.world().count(), 5);
  summary = SummaryOf(&windows, kEnd, {.places = {}, .limit = 0});
  EXPECT_THAT(PlacesOf(summary), ElementsAre());
  EXPECT_EQ(summary.more_places(), 5);
}

TEST(PlaceWindowsTest, ListsOnlyThePlacesAskedFor) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  for (const char* place : {"Lima", "Oslo", "Rome"}) {
    windows.Add(place, kEnd - 1, 5, "");
  }
  const v1::Summary summary = SummaryOf(
      &windows, kEnd, {.places = {"Nowhere", "Oslo", "Rome"}, .limit = 1});
  EXPECT_THAT(PlacesOf(summary), ElementsAre("Oslo"));
  EXPECT_EQ(summary.more_places(), 1);
  EXPECT_EQ(summary.world().count(), 3);
}

TEST(PlaceWindowsTest, WithholdsPlacesOfTooFewSources) {
  PlaceWindows windows(kSpan, /*min_group=*/2, kEnd - 2 * kSpan.window);
  for (const char* source : {"a", "a", "b"}) {
    windows.Add("Oslo", kEnd - 1, 5, source);
    windows.Add("Oslo", kEnd - 61 * kSecond, 4, "a");
    windows.Add("Lima", kEnd - 1, 6, "a");
    windows.Add("Lima", kEnd - 61 * kSecond, 6, source);
  }
  v1::Summary summary = SummaryOf(&windows, kEnd);
  ASSERT_THAT(PlacesOf(summary), ElementsAre("Oslo"));
  EXPECT_FALSE(summary.places(0).level().has_trend());
  EXPECT_EQ(summary.withheld_places(), 1);
  EXPECT_EQ(summary.more_places(), 0);
  EXPECT_EQ(summary.world().count(), 6);
  EXPECT_THAT(summary.world().trend(), DoubleEq(5.5 - 5));
  summary = SummaryOf(&windows, kEnd, {.places = {"Oslo"}, .limit = 1});
  EXPECT_EQ(summary.withheld_places(), 0);
  summary = SummaryOf(&windows, kEnd, {.places = {"Lima"}, .limit = 1});
  EXPECT_EQ(summary.withheld_places(), 1);
}

TEST(PlaceWindowsTest, TakesMemoryForPeriodsNotForReadings) {
  PlaceWindows windows(kSpan, 1, kEnd - 2 * kSpan.window);
  for (int s = 1; s <= 120; ++s) windows.Add("Oslo", kEnd - s * kSecond, 5, "");
  const size_t once = windows.bytes();
  for (int i = 0; i < 100'000; ++i) {
    windows.Add("Oslo", kEnd - 1 - i % (120 * kSecond), 5, "");
  }
  EXPECT_EQ(windows.bytes(), once);
  EXPECT_EQ(SummaryOf(&windows, kEnd).world().count(), 100'060);
}

TEST(PlaceWindowsTest, GivesBackTheMemoryOfABusyTime) {
  PlaceWindows windows(kSpan, 20, kEnd - 2 * kSpan.window);
  windows.Add("Oslo", kEnd + 119 * kSecond, 5, "");
  const size_t quiet = windows.bytes();
  for (int s = 0; s < 120; ++s) {
    for (int source = 0; source < 30; ++source) {
      windows.Add("Oslo", kEnd - s * kSecond, 5, absl::StrCat(source));
    }
  }
  EXPECT_GT(windows.bytes(), 120 * sizeof(Level));
  SummaryOf(&windows, kEnd + 121 * kSecond);
  EXPECT_EQ(windows.bytes(), quiet);
}

struct Meter {
  SummarySpan span;
  size_t min_group;
};

// Ticks at random, of random readings, with all kinds of selections.
void ExpectSameAsBruteForce(const Meter& meter, uint64_t seed) {
  Sampler sampler(meter.span, seed);
  std::vector<Sample> samples;
  int64_t end = FloorTo(meter.span.period, kEnd);
  PlaceWindows windows(meter.span, meter.min_group,
                       end - 2 * meter.span.window);
  const int64_t periods = meter.span.window / meter.span.period;
  for (int tick = 0; tick < 60; ++tick) {
    for (int64_t i = sampler.Pick(0, 20); i > 0; --i) {
      samples.push_back(
          sampler.Next(end, end + sampler.Pick(0, meter.span.period)));
      const Sample& sample = samples.back();
      windows.Add(sample.place, sample.observe_time, sample.happiness,
                  sample.source);
    }
    end += meter.span.period *
           sampler.Pick(0, sampler.Pick(0, 9) == 0 ? 2 * periods : 2);
    SummaryQuery query{.span = meter.span, .selection = {}};
    query.selection.limit = static_cast<size_t>(sampler.Pick(0, 20));
    if (sampler.Pick(0, 2) == 0) {
      query.selection.places = {"nowhere", "place 1", "place 12", "place 4"};
    }
    ExpectSame(SummaryOf(&windows, end, query.selection),
               BruteForce(samples, query, meter.min_group, end));
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(PlaceWindowsTest, EqualsABruteForceComputation) {
  const Meter meters[] = {
      {.span = kSpan, .min_group = 1},
      {.span = kSpan, .min_group = 3},
      {.span = {.window = 5 * kSecond, .period = 5 * kSecond}, .min_group = 1},
      {.span = {.window = 7 * 100'000, .period = 100'000}, .min_group = 3},
      {.span = {.window = 600 * 60 * kSecond, .period = 60 * kSecond},
       .min_group = 1},
  };
  for (const Meter& meter : meters) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(absl::StrCat("window ", meter.span.window, ", period ",
                                meter.span.period, ", min_group ",
                                meter.min_group, ", seed ", seed));
      ExpectSameAsBruteForce(meter, seed);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace happiness
