#include "service/store/reading_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/request/timestamps.h"
#include "tests/service/store/store_fixture.h"
#include "tests/service/testing/audit.h"

namespace happiness {
namespace {

class ReadingWriterTest : public StoreFixture {
 protected:
  ~ReadingWriterTest() override {
    if (!damaged_) Audit(writer_->db());
  }

  // In a transaction that is then undone.
  void WriteInVain(std::vector<v1::Reading> readings) {
    ASSERT_TRUE(writer_->Begin(kStart).ok());
    ASSERT_TRUE(writer_->Add(std::move(readings)).ok());
    writer_->Rollback();
  }

  // What would be said to readings of these places.
  absl::Status Check(const std::vector<std::string>& places) {
    std::vector<v1::Reading> readings;
    for (const std::string& place : places) {
      readings.push_back(ReadingOf(place, place));
    }
    return writer_->CheckPlaces(readings);
  }

  int64_t RecordTime(int64_t sequence) {
    Query query(writer_->db(),
                "SELECT record_time FROM readings WHERE sequence = ?");
    query.Bind(1, sequence);
    EXPECT_TRUE(*query.Step());
    return query.Int(0);
  }

  bool damaged_ = false;
};

TEST_F(ReadingWriterTest, NumbersReadingsAndGoesOnAfterReopening) {
  EXPECT_EQ(writer_->last_sequence(), 0);
  EXPECT_EQ(Write({ReadingOf("Oslo", "a"), ReadingOf("Lima", "b")})[1]
                .entry->sequence,
            2);
  OpenWriter();
  EXPECT_EQ(writer_->last_sequence(), 2);
  EXPECT_EQ(Write({ReadingOf("Oslo", "c")})[0].entry->sequence, 3);
}

TEST_F(ReadingWriterTest, NeverGivesASequenceAgain) {
  WriteMany("Oslo", 3);
  ASSERT_TRUE(writer_->db()
                  .Execute("DELETE FROM readings; DELETE FROM reading_ids;"
                           "UPDATE horizon SET sequence = 3")
                  .ok());
  OpenWriter();
  EXPECT_EQ(Write({ReadingOf("Oslo", "d")})[0].entry->sequence, 4);
}

TEST_F(ReadingWriterTest, FindsADuplicateInItsTransaction) {
  ASSERT_TRUE(writer_->Begin(kStart).ok());
  const auto first = writer_->Add({ReadingOf("Oslo", "a")});
  const auto second =
      writer_->Add({ReadingOf("Lima", "b"), ReadingOf("Lima", "a")});
  ASSERT_TRUE(writer_->Commit().ok());
  EXPECT_FALSE(second->at(0).duplicate);
  EXPECT_TRUE(second->at(1).duplicate);
  EXPECT_EQ(second->at(1).entry, first->at(0).entry);
}

TEST_F(ReadingWriterTest, FindsADuplicateOfAnEarlierTransaction) {
  Write({ReadingOf("Oslo", "a"), ReadingOf("Oslo", "b")});
  for (int i = 0; i < 2; ++i) {
    const auto again =
        Write({ReadingOf("Lima", "c"), ReadingOf("Lima", "b")})[1];
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.entry->sequence, 2);
    EXPECT_EQ(again.entry->place, "Oslo");
    EXPECT_EQ(Decode(again.entry->encoded).place(), "Oslo");
    OpenWriter();
  }
  EXPECT_EQ(writer_->last_sequence(), 3);
}

TEST_F(ReadingWriterTest, WhatIsRolledBackHasNeverBeen) {
  Write({ReadingOf("Oslo", "a")});
  WriteInVain({ReadingOf("Oslo", "b"), ReadingOf("Lima", "c")});
  EXPECT_EQ(writer_->last_sequence(), 1);
  const auto again = Write({ReadingOf("Lima", "c"), ReadingOf("Oslo", "b")});
  EXPECT_FALSE(again[0].duplicate);
  EXPECT_EQ(again[0].entry->sequence, 2);
  EXPECT_FALSE(again[1].duplicate);
  EXPECT_EQ(Get("SELECT count(*) FROM places"), 2);
}

TEST_F(ReadingWriterTest, AMistakeBreaksItsTransactionAlone) {
  Write({ReadingOf("Oslo", "a")});
  ASSERT_TRUE(writer_->db().Execute("DROP TABLE minutes").ok());
  ASSERT_TRUE(writer_->Begin(kStart).ok());
  ASSERT_TRUE(writer_->Add({ReadingOf("Oslo", "b")}).ok());
  EXPECT_TRUE(absl::IsInternal(writer_->Commit()));
  writer_->Rollback();
  EXPECT_EQ(writer_->last_sequence(), 1);
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 1);
  ASSERT_TRUE(writer_->Begin(kStart).ok());  // the connection is free again
  writer_->Rollback();
  writer_->Rollback();  // to no effect
  damaged_ = true;
}

TEST_F(ReadingWriterTest, LimitsTheNumberOfPlaces) {
  static_assert(kMaxPlaces == 3);
  EXPECT_TRUE(Check({"Oslo", "Lima", "Rome", "Oslo"}).ok());
  const absl::Status refused = Check({"Oslo", "Lima", "Rome", "Kyiv"});
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "the limit of 3 places is reached, and \"Kyiv\" would be one "
            "more: only readings of known places can be recorded");
  Write({ReadingOf("Oslo", "a"), ReadingOf("Lima", "b")});
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(Check({"Oslo", "Rome"}).ok());
    EXPECT_TRUE(Check({}).ok());
    EXPECT_FALSE(Check({"Rome", "Kyiv"}).ok());
    OpenWriter();  // It knows them from the store.
  }
}

TEST_F(ReadingWriterTest, APlaceThatIsRolledBackTakesNoneOfTheLimit) {
  WriteInVain({ReadingOf("Oslo", "a"), ReadingOf("Lima", "b")});
  EXPECT_TRUE(Check({"Rome", "Kyiv", "Bonn"}).ok());
  Write({ReadingOf("Rome", "a"), ReadingOf("Oslo", "b")});
  EXPECT_FALSE(Check({"Kyiv", "Bonn"}).ok());
}

TEST_F(ReadingWriterTest, ThePlacesOfOneTransactionAddUp) {
  ASSERT_TRUE(writer_->Begin(kStart).ok());
  ASSERT_TRUE(
      writer_->Add({ReadingOf("Oslo", "a"), ReadingOf("Lima", "b")}).ok());
  EXPECT_TRUE(Check({"Rome"}).ok());
  EXPECT_FALSE(Check({"Rome", "Kyiv"}).ok());
  writer_->Rollback();
}

TEST_F(ReadingWriterTest, TheTimeOfRecordingStandsStillWhenTheClockIsSetBack) {
  WriteMany("Oslo", 1, kStart);
  WriteMany("Oslo", 1, kStart - absl::Hours(1));
  EXPECT_EQ(RecordTime(2), ToMicros(kStart));
  OpenWriter();
  WriteMany("Oslo", 1, kStart - absl::Hours(2));
  EXPECT_EQ(RecordTime(3), ToMicros(kStart));
  WriteMany("Oslo", 1, kStart + absl::Seconds(1));
  EXPECT_EQ(RecordTime(4), ToMicros(kStart + absl::Seconds(1)));
}

// A reading as another log has numbered it.
v1::Reading Numbered(int64_t sequence, const std::string& id) {
  v1::Reading reading = ReadingOf("Oslo", id);
  reading.set_sequence(sequence);
  return reading;
}

class RecordedElsewhereTest : public StoreFixture {
 protected:
  // In a transaction of its own; recorded so many seconds after kStart, when
  // what was recorded `age` before is as good as gone.
  Appended Add(int64_t sequence, const std::string& id, int seconds,
               absl::Duration age = absl::Hours(1)) {
    const absl::Time time = kStart + absl::Seconds(seconds);
    EXPECT_TRUE(writer_->Begin(absl::UnixEpoch()).ok());
    auto added = writer_->AddRecorded(Numbered(sequence, id), ToMicros(time),
                                      ToMicros(time - age));
    EXPECT_TRUE(added.ok()) << added.status();
    EXPECT_TRUE(writer_->Commit().ok());
    return *std::move(added);
  }
};

TEST_F(RecordedElsewhereTest, KeepsSequencesAndTimes) {
  EXPECT_FALSE(Add(3, "a", 1).duplicate);
  EXPECT_FALSE(Add(7, "b", 2).duplicate);
  EXPECT_EQ(writer_->last_sequence(), 7);
  EXPECT_EQ(Get("SELECT record_time FROM readings WHERE sequence = 3"),
            ToMicros(kStart + absl::Seconds(1)));
  EXPECT_EQ(Get("SELECT record_time FROM readings WHERE sequence = 7"),
            ToMicros(kStart + absl::Seconds(2)));
  OpenWriter();
  EXPECT_EQ(writer_->last_sequence(), 7);
}

TEST_F(RecordedElsewhereTest, LeavesOutALateDuplicate) {
  Add(3, "a", 0);
  const Appended late = Add(4, "a", 3'599);
  EXPECT_TRUE(late.duplicate);
  EXPECT_EQ(late.entry->sequence, 3);
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 1);
  EXPECT_FALSE(Add(5, "b", 3'599).duplicate);
}

TEST_F(RecordedElsewhereTest, FindsADuplicateAmongSequencesWithHoles) {
  ASSERT_TRUE(writer_->Begin(kStart).ok());
  const int64_t now = ToMicros(kStart);
  std::vector<EntryPtr> first;
  for (const int64_t sequence : {5, 9, 20}) {
    first.push_back(
        writer_
            ->AddRecorded(Numbered(sequence, std::to_string(sequence)), now, 0)
            ->entry);
  }
  const auto again = writer_->AddRecorded(Numbered(21, "9"), now, 0);
  ASSERT_TRUE(writer_->Commit().ok());
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->entry, first[1]);
}

// All copies must decide alike, whether they have deleted the first or not.
TEST_F(RecordedElsewhereTest, AnIdIsFreeWhenItsReadingIsTooOld) {
  Add(3, "a", 0);
  EXPECT_FALSE(Add(4, "a", 3'600).duplicate);
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 2);
  // The id is the later one's.
  EXPECT_EQ(Add(5, "a", 3'601).entry->sequence, 4);
}

}  // namespace
}  // namespace happiness
