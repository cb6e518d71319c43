#include "service/history/history.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/level/level.h"
#include "service/request/timestamps.h"
#include "service/store/store.h"
#include "tests/service/testing/store_filler.h"

namespace happiness {
namespace {

using google::protobuf::util::MessageDifferencer;

// What must come out, by looking at every reading.
v1::QueryHistoryResponse BruteForce(const std::vector<v1::Reading>& readings,
                                    const HistoryQuery& query,
                                    size_t min_group) {
  std::map<int64_t, Level> levels;
  for (const v1::Reading& reading : readings) {
    const int64_t time = ToMicros(reading.observe_time());
    if (!query.place.empty() && reading.place() != query.place) continue;
    if (time < query.start || time >= query.end) continue;
    levels[FloorTo(query.step, time)].Add(reading.happiness(),
                                          HashOfSource(reading.source()));
  }
  v1::QueryHistoryResponse response;
  FromMicros(query.step, response.mutable_step());
  int32_t withheld = 0;
  for (const auto& [start, level] : levels) {
    if (!query.place.empty() && level.sources.size() < min_group) {
      ++withheld;
      continue;
    }
    v1::HistoryStep* step = response.add_steps();
    FromMicros(start, step->mutable_start_time());
    *step->mutable_level() = level.ToProto();
  }
  response.set_withheld_steps(withheld);
  response.set_last_sequence(static_cast<int64_t>(readings.size()));
  return response;
}

class HistoryTest : public ::testing::Test {
 protected:
  void Add(const std::string& place, int64_t time, double happiness = 5,
           const std::string& source = "web") {
    readings_.push_back(filler_.Add(place, time, happiness, source));
  }

  v1::QueryHistoryResponse Read(const HistoryQuery& query,
                                size_t min_group = 1) {
    Database db = *store_->ConnectReader();
    const auto response = ReadHistory(db, query, min_group);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    // However it is cut into chunks.
    for (const int64_t chunk : {1, 2, 7}) {
      const auto same = ReadHistory(db, query, min_group, {.chunk = chunk});
      EXPECT_EQ(same->SerializeAsString(), response->SerializeAsString());
    }
    return *response;
  }

  // How many readings there are in each step, by its start in microseconds.
  std::map<int64_t, int64_t> Counts(const HistoryQuery& query) {
    std::map<int64_t, int64_t> counts;
    const v1::QueryHistoryResponse response = Read(query);
    for (const v1::HistoryStep& step : response.steps()) {
      counts[ToMicros(step.start_time())] = step.level().count();
    }
    return counts;
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  StoreFiller filler_{*store_};
  std::vector<v1::Reading> readings_;
};

using Counted = std::map<int64_t, int64_t>;

TEST_F(HistoryTest, IsWhatEveryReadingSaysWhateverTheStep) {
  std::mt19937 random(1);
  const auto below = [&random](int64_t end) {
    return std::uniform_int_distribution<int64_t>(0, end - 1)(random);
  };
  const std::vector<std::string> places = {"Oslo", "Lima", "Kyiv"};
  for (int i = 0; i < 3'000; ++i) {
    // Some late, some before 1970, some at the edges of a step or beside them.
    int64_t time = below(10 * kHourMicros) - 5 * kHourMicros;
    if (below(3) == 0) time = FloorTo(kMinuteMicros, time) + below(3) - 1;
    if (below(9) == 0) time = FloorTo(kHourMicros, time) + below(3) - 1;
    Add(places[below(3)], time, static_cast<double>(below(41)) / 4,
        absl::StrCat("source ", below(4)));
  }
  for (const int64_t step :
       {kSecondMicros, 7 * kSecondMicros, 90 * kSecondMicros, kMinuteMicros,
        5 * kMinuteMicros, 7 * kMinuteMicros, kHourMicros, 3 * kHourMicros,
        24 * kHourMicros}) {
    for (const char* place : {"", "Oslo", "Kyiv", "Nowhere"}) {
      for (const size_t min_group : {1, 3}) {
        SCOPED_TRACE(absl::StrCat("by ", step, " for ", place));
        const int64_t start =
            FloorTo(step, below(6 * kHourMicros) - 5 * kHourMicros);
        const int64_t length = FloorTo(step, below(8 * kHourMicros)) + step;
        const HistoryQuery query = {place, start, start + length, step};
        const auto expected = BruteForce(readings_, query, min_group);
        const auto actual = Read(query, min_group);
        EXPECT_TRUE(MessageDifferencer::Equals(actual, expected))
            << actual.ShortDebugString() << "\n"
            << expected.ShortDebugString();
      }
    }
  }
}

TEST_F(HistoryTest, StepsBeginWithTheirStartAndEndBeforeTheNext) {
  for (const int64_t step : {kSecondMicros, kMinuteMicros, kHourMicros}) {
    for (const int64_t edge : {-step, int64_t{0}, step}) {
      Add(absl::StrCat(step), edge - 1);
      Add(absl::StrCat(step), edge);
    }
    const Counted expected = {{-step, 2}, {0, 2}};
    EXPECT_EQ(Counts({absl::StrCat(step), -step, step, step}), expected);
  }
}

TEST_F(HistoryTest, HasNoStepsOfAPlaceThatNobodyKnows) {
  Add("Oslo", 0);
  const v1::QueryHistoryResponse response =
      Read({"oslo", 0, kHourMicros, kMinuteMicros});
  EXPECT_EQ(response.steps_size(), 0);
  EXPECT_TRUE(response.has_withheld_steps());
  EXPECT_EQ(response.last_sequence(), 1);
  EXPECT_EQ(response.step().seconds(), 60);
}

TEST_F(HistoryTest, WithholdsStepsOfAPlaceWithFewSources) {
  for (const char* source : {"a", "b", "a"}) Add("Oslo", 0, 5, source);
  for (const char* source : {"a", "b", "c"}) {
    Add("Oslo", kHourMicros, 5, source);
  }
  for (const int64_t step : {kSecondMicros, kMinuteMicros, kHourMicros}) {
    const HistoryQuery query = {"Oslo", 0, 2 * kHourMicros, step};
    v1::QueryHistoryResponse response = Read(query, 3);
    EXPECT_EQ(response.withheld_steps(), 1);
    ASSERT_EQ(response.steps_size(), 1);
    EXPECT_EQ(response.steps(0).start_time().seconds(), 3'600);
    // The world is a group whatever its sources.
    response = Read({"", 0, 2 * kHourMicros, step}, 20);
    EXPECT_EQ(response.withheld_steps(), 0);
    EXPECT_EQ(response.steps_size(), 2);
  }
  // Together they are enough.
  EXPECT_EQ(Read({"Oslo", 0, 2 * kHourMicros, 2 * kHourMicros}, 3).steps_size(),
            1);
}

TEST_F(HistoryTest, RefusesToLookAtTooMuch) {
  for (int i = 0; i < 3; ++i) Add("Oslo", i * kHourMicros);
  Database db = *store_->ConnectReader();
  for (const char* place : {"", "Oslo"}) {
    for (const int64_t step : {kSecondMicros, kMinuteMicros, kHourMicros}) {
      const HistoryQuery query = {place, 0, 3 * kHourMicros, step};
      EXPECT_TRUE(ReadHistory(db, query, 1, {.looks = 3}).ok());
      const auto refused = ReadHistory(db, query, 1, {.looks = 2}).status();
      EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    }
  }
  EXPECT_EQ(
      ReadHistory(db, {"", 0, 3 * kHourMicros, kSecondMicros}, 1, {.looks = 2})
          .status()
          .message(),
      "more than 2 readings would have to be looked at: start_time must be "
      "nearer to end_time, or step longer");
}

TEST_F(HistoryTest, RefusesWhatTheRollupsSayIsTooMuchWithoutReadingIt) {
  for (int i = 0; i < 100; ++i) Add("Oslo", kMinuteMicros + i);
  Add("Lima", 3 * kMinuteMicros);
  Database db = *store_->ConnectReader();
  int asked = 0;
  const auto go_on = [&asked] {
    ++asked;
    return absl::OkStatus();
  };
  const HistoryLimits limits = {.looks = 99, .chunk = 10};
  for (const char* place : {"", "Oslo"}) {
    const HistoryQuery query = {place, 0, kHourMicros, kSecondMicros};
    EXPECT_TRUE(absl::IsResourceExhausted(
        ReadHistory(db, query, 1, limits, go_on).status()));
  }
  EXPECT_EQ(asked, 0);
  // Lima has none in the minute where there are so many.
  const HistoryQuery lima = {"Lima", 0, kHourMicros, kSecondMicros};
  EXPECT_EQ(ReadHistory(db, lima, 1, limits, go_on)->steps_size(), 1);
}

TEST_F(HistoryTest, EndsWhenNobodyWaitsForItAnyMore) {
  for (int i = 0; i < 10; ++i) Add("Oslo", i * kHourMicros);
  Database db = *store_->ConnectReader();
  for (const int64_t step : {kSecondMicros, kHourMicros}) {
    int asked = 0;
    const auto go_on = [&asked] {
      return ++asked < 3 ? absl::OkStatus() : absl::CancelledError("gone");
    };
    const HistoryQuery query = {"", 0, 10 * kHourMicros, step};
    EXPECT_TRUE(absl::IsCancelled(
        ReadHistory(db, query, 1, {.chunk = 2}, go_on).status()));
    EXPECT_EQ(asked, 3);
  }
}

TEST_F(HistoryTest, LeavesTheStoreFreeToBeWritten) {
  Add("Oslo", 0);
  const HistoryQuery query = {"", 0, kHourMicros, kHourMicros};
  Database db = *store_->ConnectReader();
  EXPECT_EQ(ReadHistory(db, query, 1)->steps(0).level().count(), 1);
  Add("Oslo", 1);
  EXPECT_EQ(ReadHistory(db, query, 1)->steps(0).level().count(), 2);
}

}  // namespace
}  // namespace happiness
