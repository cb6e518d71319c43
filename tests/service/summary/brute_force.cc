#include "tests/service/summary/brute_force.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "service/request/timestamps.h"

namespace happiness {
namespace {

constexpr double kTolerance = 1e-9;
constexpr int64_t kMinute = 60'000'000;

// The readings of an interval, and who they are from.
struct Felt {
  std::vector<double> values;
  std::set<std::string> sources;

  double Mean() const {
    double sum = 0;
    for (const double value : values) sum += std::round(1e6 * value) / 1e6;
    const auto [min, max] = std::minmax_element(values.begin(), values.end());
    return std::clamp(sum / static_cast<double>(values.size()), *min, *max);
  }
};

// By place. The world is "", which is no place.
using FeltByPlace = std::map<std::string, Felt>;

FeltByPlace Between(const std::vector<Sample>& samples, int64_t start,
                    int64_t end) {
  FeltByPlace felt;
  for (const Sample& sample : samples) {
    if (sample.observe_time < start || sample.observe_time >= end) continue;
    for (const std::string& place : {sample.place, std::string()}) {
      felt[place].values.push_back(sample.happiness);
      felt[place].sources.insert(sample.source);
    }
  }
  return felt;
}

v1::Level LevelOf(const Felt& current, const Felt& before, bool trend) {
  v1::Level level;
  level.set_count(static_cast<int64_t>(current.values.size()));
  if (current.values.empty()) return level;
  level.set_mean(current.Mean());
  level.set_min(
      *std::min_element(current.values.begin(), current.values.end()));
  level.set_max(
      *std::max_element(current.values.begin(), current.values.end()));
  if (trend && !before.values.empty()) {
    level.set_trend(current.Mean() - before.Mean());
  }
  return level;
}

void ExpectSame(const v1::Level& actual, const v1::Level& expected) {
  EXPECT_EQ(actual.count(), expected.count());
  EXPECT_EQ(actual.has_mean(), expected.has_mean());
  EXPECT_NEAR(actual.mean(), expected.mean(), kTolerance);
  EXPECT_EQ(actual.has_min(), expected.has_min());
  EXPECT_EQ(actual.min(), expected.min());
  EXPECT_EQ(actual.has_max(), expected.has_max());
  EXPECT_EQ(actual.max(), expected.max());
  EXPECT_EQ(actual.has_trend(), expected.has_trend());
  EXPECT_NEAR(actual.trend(), expected.trend(), kTolerance);
}

}  // namespace

v1::Summary BruteForce(const std::vector<Sample>& samples,
                       const SummaryQuery& query, size_t min_group,
                       int64_t end_time) {
  const auto& [span, selection] = query;
  const int64_t middle = end_time - span.window;
  FeltByPlace current = Between(samples, middle, end_time);
  FeltByPlace before = Between(samples, middle - span.window, middle);
  v1::Summary summary;
  FromMicros(end_time, summary.mutable_end_time());
  FromMicros(span.window, summary.mutable_window());
  *summary.mutable_world() = LevelOf(current[""], before[""], true);
  std::vector<v1::PlaceLevel> places;
  int32_t withheld = 0;
  for (const auto& [place, felt] : current) {
    const auto& wanted = selection.places;
    if (place.empty() ||
        (!wanted.empty() &&
         std::count(wanted.begin(), wanted.end(), place) == 0)) {
      continue;
    }
    if (felt.sources.size() < min_group) {
      ++withheld;
      continue;
    }
    places.emplace_back().set_place(place);
    *places.back().mutable_level() =
        LevelOf(felt, before[place], before[place].sources.size() >= min_group);
  }
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.level().mean(), a.place()) <
           std::make_tuple(b.level().mean(), b.place());
  });
  const size_t listed = std::min(places.size(), selection.limit);
  for (size_t i = 0; i < listed; ++i) *summary.add_places() = places[i];
  summary.set_more_places(static_cast<int32_t>(places.size() - listed));
  summary.set_withheld_places(withheld);
  return summary;
}

void ExpectSame(const v1::Summary& actual, const v1::Summary& expected) {
  EXPECT_EQ(ToMicros(actual.end_time()), ToMicros(expected.end_time()));
  EXPECT_EQ(ToMicros(actual.window()), ToMicros(expected.window()));
  ExpectSame(actual.world(), expected.world());
  EXPECT_EQ(actual.has_more_places(), expected.has_more_places());
  EXPECT_EQ(actual.more_places(), expected.more_places());
  EXPECT_EQ(actual.has_withheld_places(), expected.has_withheld_places());
  EXPECT_EQ(actual.withheld_places(), expected.withheld_places());
  ASSERT_EQ(actual.places_size(), expected.places_size());
  for (int i = 0; i < actual.places_size(); ++i) {
    EXPECT_EQ(actual.places(i).place(), expected.places(i).place());
    ExpectSame(actual.places(i).level(), expected.places(i).level());
  }
}

int64_t Sampler::Pick(int64_t least, int64_t most) {
  return std::uniform_int_distribution<int64_t>(least, most)(random_);
}

int64_t Sampler::Time(int64_t end_time, int64_t now) {
  switch (Pick(0, 9)) {
    case 0:  // the very edges
    case 1:
      return end_time - Pick(0, 3) * span_.window - Pick(0, 1);
    case 2:
      return FloorTo(span_.period, now - Pick(0, 2 * span_.window));
    case 3:  // late
    case 4:
      return now - Pick(0, 3 * span_.window);
    case 5:  // ahead
      return now + Pick(0, kMinute);
    default:
      return now - Pick(0, span_.period);
  }
}

Sample Sampler::Next(int64_t end_time, int64_t now) {
  // Some means are equal, and then exactly: eighths add up without rounding.
  const double happiness =
      Pick(0, 1) == 0 ? static_cast<double>(Pick(0, 80)) / 8
                      : std::uniform_real_distribution<double>(0, 10)(random_);
  return {.place = absl::StrCat("place ", Pick(1, 8) * Pick(1, 4)),
          .observe_time = Time(end_time, now),
          .happiness = happiness,
          .source = absl::StrCat("source ", Pick(1, 6))};
}

}  // namespace happiness
