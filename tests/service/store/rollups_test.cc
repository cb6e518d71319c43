#include "service/store/rollups.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/store/places.h"
#include "service/store/store.h"

namespace happiness {
namespace {

constexpr int64_t kOslo = 1;
constexpr int64_t kLima = 2;

std::map<PlaceTime, Level> Read(Database& db, const char* sql) {
  std::map<PlaceTime, Level> levels;
  Query query(db, sql);
  while (*query.Step()) {
    Level& level = levels[{query.Int(0), query.Int(1)}];
    level.count = query.Int(2);
    level.sum = query.Int(3);
    level.min = query.Real(4);
    level.max = query.Real(5);
    level.sources = SourceSet::FromBytes(query.Blob(6));
  }
  return levels;
}

class RollupsTest : public ::testing::Test {
 protected:
  RollupsTest() { EXPECT_TRUE(RegisterRollupFunctions(db_).ok()); }

  void Add(int64_t place, int64_t time, double happiness = 5,
           const std::string& source = "web") {
    batch_.Add(place, time, happiness, source, ++sequence_);
  }

  void Flush() { ASSERT_TRUE(batch_.Flush(db_).ok()); }

  std::map<PlaceTime, Level> Minutes() {
    return Read(db_,
                "SELECT place, start, count, sum, min, max, sources"
                " FROM minutes");
  }

  std::map<PlaceTime, Level> Hours() {
    return Read(db_,
                "SELECT place, start, count, sum, min, max, sources FROM "
                "hours");
  }

  std::vector<PlaceTime> Keys(const std::map<PlaceTime, Level>& levels) {
    std::vector<PlaceTime> keys;
    for (const auto& [key, level] : levels) keys.push_back(key);
    return keys;
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  Database db_ = *store_->ConnectWriter();
  RollupBatch batch_;
  int64_t sequence_ = 0;
};

void ExpectEqual(const std::map<PlaceTime, Level>& actual,
                 const std::map<PlaceTime, Level>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [key, level] : expected) {
    SCOPED_TRACE(absl::StrCat("place ", key.first, " at ", key.second));
    ASSERT_TRUE(actual.contains(key));
    const Level& other = actual.at(key);
    EXPECT_EQ(other.count, level.count);
    EXPECT_EQ(other.sum, level.sum);
    EXPECT_EQ(other.min, level.min);
    EXPECT_EQ(other.max, level.max);
    EXPECT_EQ(other.sources, level.sources);
  }
}

TEST_F(RollupsTest, AreThoseOfTheReadingsWhateverTheirBatches) {
  std::mt19937 random(1);
  const auto below = [&random](int64_t end) {
    return std::uniform_int_distribution<int64_t>(0, end - 1)(random);
  };
  std::map<PlaceTime, Level> minutes;
  std::map<PlaceTime, Level> hours;
  for (int i = 0; i < 5'000; ++i) {
    const int64_t place = 1 + below(3);
    const int64_t time = below(6 * kHourMicros) - 3 * kHourMicros;
    const double happiness = static_cast<double>(below(10'001)) / 1'000;
    const std::string source = absl::StrCat("source ", below(30));
    Add(place, time, happiness, source);
    const uint32_t hash = HashOfSource(source);
    minutes[{place, MinuteOf(time)}].Add(happiness, hash);
    minutes[{kWorld, MinuteOf(time)}].Add(happiness, hash);
    hours[{place, HourOf(time)}].Add(happiness, hash);
    hours[{kWorld, HourOf(time)}].Add(happiness, hash);
    if (below(100) == 0) Flush();
  }
  Flush();
  for (auto* levels : {&minutes, &hours}) {
    for (auto& [key, level] : *levels) {
      if (key.first == kWorld) level.sources.Clear();
    }
  }
  ExpectEqual(Minutes(), minutes);
  // Which 20 of more sources an hour keeps depends on the batches.
  auto actual_hours = Hours();
  for (auto* levels : {&hours, &actual_hours}) {
    for (auto& [key, level] : *levels) {
      if (key.first != kWorld) {
        EXPECT_EQ(level.sources.size(), SourceSet::kMax);
      }
      level.sources.Clear();
    }
  }
  ExpectEqual(actual_hours, hours);
}

TEST_F(RollupsTest, BeginAtTheirStartAndEndBeforeTheNext) {
  Add(kOslo, -1);
  Add(kOslo, 0);
  Add(kOslo, kMinuteMicros - 1);
  Add(kOslo, kMinuteMicros);
  Add(kOslo, kHourMicros);
  Flush();
  EXPECT_EQ(Keys(Minutes()), (std::vector<PlaceTime>{{kWorld, -1},
                                                     {kWorld, 0},
                                                     {kWorld, 1},
                                                     {kWorld, 60},
                                                     {kOslo, -1},
                                                     {kOslo, 0},
                                                     {kOslo, 1},
                                                     {kOslo, 60}}));
  EXPECT_EQ(Minutes()[PlaceTime(kOslo, 0)].count, 2);
  EXPECT_EQ(Keys(Hours()), (std::vector<PlaceTime>{{kWorld, -1},
                                                   {kWorld, 0},
                                                   {kWorld, 1},
                                                   {kOslo, -1},
                                                   {kOslo, 0},
                                                   {kOslo, 1}}));
  EXPECT_EQ(Hours()[PlaceTime(kOslo, 0)].count, 3);
}

TEST_F(RollupsTest, GatherTheSourcesOfAPlaceAndNoneOfTheWorld) {
  Add(kOslo, 0, 5, "web");
  Flush();
  Add(kOslo, 0, 5, "app");
  Add(kOslo, 0, 5, "web");
  Flush();
  EXPECT_EQ(Minutes()[PlaceTime(kOslo, 0)].sources.size(), 2u);
  EXPECT_EQ(Hours()[PlaceTime(kOslo, 0)].sources.size(), 2u);
  EXPECT_EQ(Minutes()[PlaceTime(kWorld, 0)].sources.size(), 0u);
  EXPECT_EQ(Hours()[PlaceTime(kWorld, 0)].sources.size(), 0u);
}

TEST_F(RollupsTest, AnEmptyBatchWritesNothing) {
  Flush();
  EXPECT_TRUE(Minutes().empty());
  Add(kOslo, 0);
  Flush();
  Flush();
  EXPECT_EQ(Minutes()[PlaceTime(kOslo, 0)].count, 1);
}

TEST_F(RollupsTest, ABatchThatFailsIsEmptyAfterwards) {
  Add(kOslo, 0);
  ASSERT_TRUE(db_.Execute("PRAGMA query_only = ON").ok());
  EXPECT_FALSE(batch_.Flush(db_).ok());
  ASSERT_TRUE(db_.Execute("PRAGMA query_only = OFF").ok());
  Flush();
  EXPECT_TRUE(Minutes().empty());
}

TEST_F(RollupsTest, AMinuteIsForgottenWithTheLastOfItsReadings) {
  Add(kOslo, 0);              // 1
  Add(kOslo, kMinuteMicros);  // 2
  Add(kLima, 0);              // 3
  Add(kOslo, 1);              // 4, which is late
  Flush();
  ASSERT_TRUE(ForgetMinutes(db_, {{kOslo, 0}}, 1).ok());
  EXPECT_EQ(Minutes().size(), 5u);
  ASSERT_TRUE(ForgetMinutes(db_, {{kOslo, 1}, {kLima, 0}}, 3).ok());
  EXPECT_EQ(Keys(Minutes()), (std::vector<PlaceTime>{{kWorld, 0}, {kOslo, 0}}));
  ASSERT_TRUE(ForgetMinutes(db_, {{kOslo, 0}}, 4).ok());
  EXPECT_TRUE(Minutes().empty());
  EXPECT_EQ(Hours().size(), 3u);
}

TEST_F(RollupsTest, HoursAreForgottenTheOldestFirstSomeAtATime) {
  for (int64_t hour = -2; hour < 3; ++hour) Add(kOslo, hour * kHourMicros);
  Flush();
  EXPECT_EQ(*ForgetHours(db_, kHourMicros, 5), 5);
  EXPECT_EQ(*ForgetHours(db_, kHourMicros, 5), 1);
  EXPECT_EQ(*ForgetHours(db_, 2 * kHourMicros - 1, 5), 0);
  EXPECT_EQ(Keys(Hours()),
            (std::vector<PlaceTime>{
                {kWorld, 1}, {kWorld, 2}, {kOslo, 1}, {kOslo, 2}}));
}

}  // namespace
}  // namespace happiness
