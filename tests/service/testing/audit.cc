#include "tests/service/testing/audit.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "happiness/v1/happiness.pb.h"
#include "service/level/level.h"
#include "service/request/timestamps.h"
#include "service/store/places.h"
#include "service/store/readings.h"
#include "service/store/rollups.h"

namespace happiness {
namespace {

using Levels = std::map<PlaceTime, Level>;
using Texts = std::map<PlaceTime, std::string>;

// For comparison, and to be read.
std::string ToText(const Level& level) {
  return absl::StrCat(level.count, " readings, sum ", level.sum, ", ",
                      level.min, " to ", level.max, ", sources ",
                      absl::BytesToHexString(level.sources.ToBytes()));
}

Texts ToTexts(const Levels& levels) {
  Texts texts;
  for (const auto& [key, level] : levels) texts[key] = ToText(level);
  return texts;
}

Texts ReadLevels(Database& db, const char* sql) {
  Levels levels;
  Query query(db, sql);
  while (*query.Step()) {
    Level& level = levels[{query.Int(0), query.Int(1)}];
    level.count = query.Int(2);
    level.sum = query.Int(3);
    level.min = query.Real(4);
    level.max = query.Real(5);
    level.sources = SourceSet::FromBytes(query.Blob(6));
  }
  return ToTexts(levels);
}

std::string CheckIntegrity(Database& db) {
  Query query(db, "PRAGMA integrity_check");
  const absl::StatusOr<bool> row = query.Step();
  return row.ok() ? std::string(query.Text(0)) : row.status().ToString();
}

int64_t TakenIds(Database& db) {
  Query query(db, "SELECT count(*) FROM reading_ids");
  EXPECT_TRUE(*query.Step());
  return query.Int(0);
}

class Rollups {
 public:
  void Add(int64_t place, const v1::Reading& reading) {
    const int64_t time = ToMicros(reading.observe_time());
    const uint32_t source = HashOfSource(reading.source());
    for (const int64_t of : {place, kWorld}) {
      minutes_[{of, MinuteOf(time)}].Add(reading.happiness(), source);
      hours_[{of, HourOf(time)}].Add(reading.happiness(), source);
    }
  }

  void ExpectThoseOf(Database& db, bool all) {
    ExpectSame(ReadLevels(db,
                          "SELECT place, start, count, sum, min, max, sources"
                          " FROM minutes"),
               all, &minutes_);
    ExpectSame(ReadLevels(db,
                          "SELECT place, start, count, sum, min, max, sources"
                          " FROM hours"),
               all, &hours_);
  }

 private:
  static void ExpectSame(const Texts& stored, bool all, Levels* expected) {
    for (auto& [key, level] : *expected) {
      if (key.first == kWorld) level.sources.Clear();
    }
    if (all) {
      EXPECT_EQ(stored, ToTexts(*expected));
      return;
    }
    for (const auto& [key, level] : *expected) {
      EXPECT_TRUE(stored.contains(key)) << key.first << " at " << key.second;
    }
  }

  Levels minutes_;
  Levels hours_;
};

}  // namespace

std::vector<std::string> Audit(Database& db) {
  EXPECT_EQ(CheckIntegrity(db), "ok");
  const int64_t horizon = *ReadHorizon(db);
  std::vector<std::string> ids;
  Rollups rollups;
  Query query(db,
              "SELECT sequence, place, observe_time, encoded FROM readings"
              " ORDER BY sequence");
  while (*query.Step()) {
    v1::Reading reading;
    EXPECT_TRUE(reading.ParseFromString(std::string(query.Blob(3))));
    ids.push_back(reading.reading_id());
    const auto sequence = horizon + static_cast<int64_t>(ids.size());
    EXPECT_EQ(query.Int(0), sequence);
    EXPECT_EQ(reading.sequence(), sequence);
    EXPECT_EQ(query.Int(2), ToMicros(reading.observe_time()));
    EXPECT_EQ(*NameOfPlace(db, query.Int(1)), reading.place());
    EXPECT_EQ(*SequenceOf(db, reading.reading_id()), sequence);
    rollups.Add(query.Int(1), reading);
    if (testing::Test::HasFailure()) return ids;  // One is enough.
  }
  EXPECT_EQ(TakenIds(db), static_cast<int64_t>(ids.size()));
  rollups.ExpectThoseOf(db, /*all=*/horizon == 0);
  return ids;
}

}  // namespace happiness
