#include "service/store/readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/request/timestamps.h"
#include "tests/service/store/store_fixture.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReadingsTest : public StoreFixture {
 protected:
  static constexpr size_t kAll = 1'000'000;

  Stretch Read(int64_t after, int64_t last, const PlaceFilter& places = {},
               size_t limit = kAll) {
    auto stretch = ReadStretch(db_, after, last, places, limit);
    EXPECT_TRUE(stretch.ok()) << stretch.status();
    return *std::move(stretch);
  }

  static std::vector<int64_t> Sequences(const Stretch& stretch) {
    std::vector<int64_t> sequences;
    for (const auto& one : stretch.readings) sequences.push_back(one.sequence);
    return sequences;
  }

  // Oslo, Lima, Oslo, Lima, ...
  void WriteAlternating(int count) {
    for (int i = 0; i < count; ++i) WriteMany(i % 2 == 0 ? "Oslo" : "Lima", 1);
  }

  // What retention does.
  void LetGoUpTo(int64_t horizon) {
    ASSERT_TRUE(writer_->db()
                    .Execute(absl::StrCat(
                        "DELETE FROM readings WHERE sequence <= ", horizon,
                        "; UPDATE horizon SET sequence = ", horizon))
                    .ok());
  }

  int64_t Before(absl::Time time) {
    const auto sequence = LastBefore(db_, ToMicros(time));
    EXPECT_TRUE(sequence.ok()) << sequence.status();
    return *sequence;
  }

  int64_t StartOf(int64_t backlog, int64_t last, const std::string& place) {
    BacklogSearch search = {backlog, last, last};
    EXPECT_TRUE(*SeekBack(db_, {place}, &search));
    return search.start;
  }

  Database db_ = *store_->ConnectReader();
};

TEST_F(ReadingsTest, AStretchIsWhatFollowsUpToTheLast) {
  WriteMany("Oslo", 9);
  const Stretch stretch = Read(3, 7);
  EXPECT_THAT(Sequences(stretch), ElementsAre(4, 5, 6, 7));
  EXPECT_EQ(stretch.start, 3);
  EXPECT_EQ(stretch.end, 7);
  const v1::Reading first = Decode(stretch.readings.front().reading);
  EXPECT_EQ(first.sequence(), 4);
  EXPECT_EQ(first.reading_id(), "4");
}

TEST_F(ReadingsTest, AStretchEndsWithTheReadingThatReachesItsLimit) {
  WriteAlternating(9);
  const Stretch all = Read(0, 9, {}, 2);
  EXPECT_THAT(Sequences(all), ElementsAre(1, 2));
  EXPECT_EQ(all.end, 2);
  const Stretch some = Read(1, 9, {"Lima"}, 2);
  EXPECT_THAT(Sequences(some), ElementsAre(2, 4));
  EXPECT_EQ(some.end, 4);
}

TEST_F(ReadingsTest, AStretchGoesBeyondTheLastThatMatches) {
  WriteAlternating(9);
  const Stretch stretch = Read(0, 9, {"Lima", "Atlantis"});
  EXPECT_THAT(Sequences(stretch), ElementsAre(2, 4, 6, 8));
  EXPECT_EQ(stretch.end, 9);
}

TEST_F(ReadingsTest, AStretchOfPlacesThatNobodyKnowsIsEmptyToItsEnd) {
  WriteMany("Oslo", 9);
  const Stretch stretch = Read(2, 9, {"Atlantis"});
  EXPECT_THAT(Sequences(stretch), IsEmpty());
  EXPECT_EQ(stretch.start, 2);
  EXPECT_EQ(stretch.end, 9);
}

TEST_F(ReadingsTest, AStretchAtTheEndIsEmpty) {
  EXPECT_EQ(Read(0, 0).end, 0);
  WriteMany("Oslo", 3);
  const Stretch stretch = Read(3, 3);
  EXPECT_THAT(Sequences(stretch), IsEmpty());
  EXPECT_EQ(stretch.start, 3);
  EXPECT_EQ(stretch.end, 3);
}

TEST_F(ReadingsTest, AStretchStartsWithWhatIsKept) {
  WriteMany("Oslo", 9);
  LetGoUpTo(5);
  for (const int64_t after : {0, 4, 5}) {
    const Stretch stretch = Read(after, 9, {"Oslo"});
    EXPECT_EQ(stretch.start, 5);
    EXPECT_THAT(Sequences(stretch), ElementsAre(6, 7, 8, 9));
  }
  EXPECT_EQ(Read(6, 9).start, 6);
  LetGoUpTo(9);
  for (const PlaceFilter& places : {PlaceFilter(), PlaceFilter{"Atlantis"}}) {
    const Stretch none = Read(2, 9, places);
    EXPECT_THAT(Sequences(none), IsEmpty());
    EXPECT_EQ(none.start, 9);
    EXPECT_EQ(none.end, 9);
  }
}

TEST_F(ReadingsTest, AStretchLooksAtABoundedNumberOfRows) {
  WriteMany("Lima", kMaxRowsRead);
  WriteMany("Oslo", 1);
  const Stretch stretch = Read(0, kMaxRowsRead + 1, {"Oslo"});
  EXPECT_THAT(Sequences(stretch), IsEmpty());
  EXPECT_EQ(stretch.end, kMaxRowsRead);
  EXPECT_THAT(Sequences(Read(stretch.end, kMaxRowsRead + 1, {"Oslo"})),
              ElementsAre(kMaxRowsRead + 1));
  BacklogSearch backlog = {2, kMaxRowsRead + 1, kMaxRowsRead + 1};
  EXPECT_FALSE(*SeekBack(db_, {"Oslo"}, &backlog));
  EXPECT_EQ(backlog.missing, 1);
  EXPECT_EQ(backlog.looked_to, 1);
  EXPECT_EQ(backlog.start, kMaxRowsRead);
  EXPECT_TRUE(*SeekBack(db_, {"Oslo"}, &backlog));
  EXPECT_EQ(backlog.missing, 1);
  EXPECT_EQ(backlog.start, kMaxRowsRead);
}

TEST_F(ReadingsTest, ABacklogStartsBeforeTheEarliestOfItsReadings) {
  WriteAlternating(9);
  EXPECT_EQ(StartOf(2, 9, "Lima"), 5);  // 6 and 8
  EXPECT_EQ(StartOf(1, 5, "Oslo"), 4);
}

// A stream from there finds no more than what it is to send.
TEST_F(ReadingsTest, ABacklogStartsSoIfThereAreFewer) {
  WriteAlternating(9);
  LetGoUpTo(5);
  EXPECT_EQ(StartOf(10, 9, "Lima"), 5);
  EXPECT_EQ(StartOf(10, 9, "Oslo"), 6);  // 7 and 9
  EXPECT_EQ(StartOf(10, 6, "Oslo"), 6);
  EXPECT_EQ(StartOf(10, 9, "Atlantis"), 9);
  EXPECT_EQ(StartOf(10, 2, "Oslo"), 2);
}

TEST_F(ReadingsTest, FindsTheLastRecordedBeforeATime) {
  EXPECT_EQ(Before(kStart), 0);
  constexpr absl::Duration kTick = absl::Microseconds(1);
  for (int i = 0; i < 5; ++i) {
    WriteMany("Oslo", 3, kStart + i * absl::Seconds(1));
  }
  EXPECT_EQ(Before(kStart - absl::Hours(1)), 0);
  for (int i = 0; i < 5; ++i) {
    const absl::Time time = kStart + i * absl::Seconds(1);
    EXPECT_EQ(Before(time), 3 * i);
    EXPECT_EQ(Before(time + kTick), 3 * (i + 1));
    EXPECT_EQ(Before(time - kTick), 3 * i);
  }
  EXPECT_EQ(Before(absl::InfiniteFuture()), 15);
  EXPECT_EQ(Before(absl::InfinitePast()), 0);
}

TEST_F(ReadingsTest, FindsNoneBeforeTheFirstThatIsKept) {
  for (int i = 0; i < 5; ++i) {
    WriteMany("Oslo", 1, kStart + i * absl::Seconds(1));
  }
  LetGoUpTo(3);
  EXPECT_EQ(Before(kStart), 3);
  EXPECT_EQ(Before(kStart + absl::Seconds(3)), 3);
  EXPECT_EQ(Before(kStart + absl::Seconds(4)), 4);
  LetGoUpTo(5);
  EXPECT_EQ(Before(kStart), 5);
  EXPECT_EQ(Before(absl::InfiniteFuture()), 5);
}

TEST_F(ReadingsTest, AStretchEndsAtItsBytesAndSaysThatThereIsMore) {
  const std::string place(400, 'x');  // as 100 characters of UTF-8 may be
  WriteMany(place, 100);
  const Stretch first = Read(0, 100);
  EXPECT_LT(first.readings.size(), 50u);
  EXPECT_TRUE(first.more);
  size_t bytes = 0;
  for (const auto& one : first.readings) bytes += one.reading.Length();
  EXPECT_GE(bytes, kMaxStretchBytes);
  EXPECT_LT(bytes, kMaxStretchBytes + 1'000);
  const Stretch second = Read(first.end, 100);
  EXPECT_EQ(second.readings.front().sequence, first.end + 1);
  EXPECT_FALSE(Read(99, 100).more);
}

TEST_F(ReadingsTest, ReadsOneOrSaysThatItIsMissing) {
  WriteMany("Oslo", 2);
  v1::Reading reading;
  ASSERT_TRUE(ReadOne(db_, 2, &reading).ok());
  EXPECT_EQ(reading.reading_id(), "2");
  EXPECT_TRUE(absl::IsDataLoss(ReadOne(db_, 3, &reading)));
}

TEST_F(ReadingsTest, AReadingThatIsDamagedIsNotMadeUp) {
  WriteMany("Oslo", 2);
  ASSERT_TRUE(writer_->db()
                  .Execute("UPDATE readings SET encoded = x'FF'"
                           " WHERE sequence = 1")
                  .ok());
  v1::Reading reading;
  EXPECT_TRUE(absl::IsDataLoss(ReadOne(db_, 1, &reading)));
}

TEST_F(ReadingsTest, TheLastSequenceOutlivesItsReading) {
  EXPECT_EQ(*ReadLastSequence(db_), 0);
  EXPECT_EQ(*ReadHorizon(db_), 0);
  WriteMany("Oslo", 4);
  EXPECT_EQ(*ReadLastSequence(db_), 4);
  LetGoUpTo(4);
  EXPECT_EQ(*ReadLastSequence(db_), 4);
  EXPECT_EQ(*ReadHorizon(db_), 4);
}

TEST_F(ReadingsTest, FindsAStartTimeWhereSequencesAreMissing) {
  for (int i = 0; i < 8; ++i) {
    WriteMany("Oslo", 1, kStart + absl::Seconds(i));
  }
  ASSERT_TRUE(writer_->db()
                  .Execute("DELETE FROM readings WHERE sequence IN (2, 4, 5)")
                  .ok());
  EXPECT_EQ(Before(kStart), 0);
  EXPECT_EQ(Before(kStart + absl::Seconds(1)), 1);
  EXPECT_EQ(Before(kStart + absl::Seconds(4)), 3);
  EXPECT_EQ(Before(kStart + absl::Seconds(6)), 6);
  EXPECT_EQ(Before(kStart + absl::Seconds(60)), 8);
}

TEST_F(ReadingsTest, FindsAReadingByItsId) {
  Write({ReadingOf("Oslo", "a"), ReadingOf("Lima", "b")});
  EXPECT_EQ((*FindById(db_, "b"))->sequence, 2);
  EXPECT_EQ((*FindById(db_, "b"))->place, "Lima");
  EXPECT_EQ(*FindById(db_, "c"), nullptr);
}

}  // namespace
}  // namespace happiness
