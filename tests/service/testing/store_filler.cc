#include "tests/service/testing/store_filler.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/request/timestamps.h"
#include "service/store/places.h"

namespace happiness {

StoreFiller::StoreFiller(const Store& store) : db_(*store.ConnectWriter()) {
  EXPECT_TRUE(RegisterRollupFunctions(db_).ok());
}

v1::Reading StoreFiller::Add(const std::string& place, int64_t time,
                             double happiness, const std::string& source) {
  v1::Reading reading;
  reading.set_sequence(++last_sequence_);
  reading.set_reading_id(absl::StrCat("id ", last_sequence_));
  FromMicros(time, reading.mutable_observe_time());
  reading.set_place(place);
  reading.set_happiness(happiness);
  reading.set_source(source);
  const std::string encoded = reading.SerializeAsString();
  EXPECT_TRUE(db_.Execute("BEGIN IMMEDIATE").ok());
  const int64_t number = NumberOf(place);
  Query insert(db_,
               "INSERT INTO readings"
               " (sequence, place, observe_time, record_time, encoded)"
               " VALUES (?, ?, ?, 0, ?)");
  insert.Bind(1, reading.sequence());
  insert.Bind(2, number);
  insert.Bind(3, time);
  insert.BindBlob(4, encoded);
  EXPECT_TRUE(insert.Run().ok());
  insert.Reset();
  rollups_.Add(number, time, happiness, source, reading.sequence());
  EXPECT_TRUE(rollups_.Flush(db_).ok());
  EXPECT_TRUE(db_.Execute("COMMIT").ok());
  return reading;
}

int64_t StoreFiller::NumberOf(const std::string& place) {
  Query insert(db_, "INSERT OR IGNORE INTO places (name) VALUES (?)");
  insert.BindText(1, place);
  EXPECT_TRUE(insert.Run().ok());
  return **FindPlace(db_, place);
}

}  // namespace happiness
