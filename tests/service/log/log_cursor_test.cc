#include "service/log/log_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "service/request/timestamps.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

int64_t SequenceOf(LogCursor* cursor) {
  return Decode(cursor->reading()).sequence();
}

// As Next, but waits for what is in storage, and for what is read ahead.
absl::StatusOr<LogCursor::Outcome> NextOf(LogCursor* cursor) {
  for (;;) {
    const auto outcome = cursor->Next();
    if (!outcome.ok()) return outcome;
    const bool waits = *outcome == LogCursor::Outcome::kStored;
    EXPECT_TRUE(!waits || cursor->WantsFetch());
    if (!cursor->WantsFetch()) return outcome;
    absl::Notification done;
    LogCursor::Fetched fetched;
    cursor->StartFetch()([&](LogCursor::Fetched it) {
      fetched = std::move(it);
      done.Notify();
    });
    done.WaitForNotification();
    if (absl::Status status = cursor->Take(std::move(fetched)); !status.ok()) {
      return status;
    }
    if (!waits) return outcome;
  }
}

// Everything from the cursor on, until it has caught up.
std::vector<int64_t> ReadAll(LogCursor* cursor) {
  std::vector<int64_t> sequences;
  for (;;) {
    const auto outcome = NextOf(cursor);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok() || *outcome == LogCursor::Outcome::kCaughtUp) break;
    if (*outcome == LogCursor::Outcome::kFound) {
      sequences.push_back(SequenceOf(cursor));
    }
  }
  return sequences;
}

std::vector<int64_t> ReadAll(ReadingLog* log,
                             const v1::StreamReadingsRequest& request) {
  auto cursor = LogCursor::Open(log, request);
  EXPECT_TRUE(cursor.ok()) << cursor.status();
  return cursor.ok() ? ReadAll(&*cursor) : std::vector<int64_t>();
}

// Oslo, Lima, Oslo, Lima, ...
void AppendAlternating(ReadingLog* log, int count) {
  for (int i = 0; i < count; ++i) {
    AppendReadings(log, i % 2 == 0 ? "Oslo" : "Lima", 1);
  }
}

TEST(LogCursorTest, StartsWithTheNextReadingByDefault) {
  TestLog test;
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 3);
  auto cursor = LogCursor::Open(&log, {});
  AppendReadings(&log, "Oslo", 2);
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(4, 5));
  AppendReadings(&log, "Oslo", 1);
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(6));
}

TEST(LogCursorTest, ResumesAfterASequence) {
  TestLog test;
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 5);
  EXPECT_THAT(ReadAll(&log, After(0)), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(ReadAll(&log, After(3)), ElementsAre(4, 5));
  EXPECT_THAT(ReadAll(&log, After(5)), IsEmpty());
}

TEST(LogCursorTest, SaysOfMoreAtHandOnlyWhatIsSureToFollow) {
  StoredLogOptions options;
  options.ring = 40;
  TestLog test(options);
  AppendAlternating(&test.log, 200);  // of which most are in storage only
  for (const std::string place : {"", "Lima"}) {
    v1::StreamReadingsRequest request = After(0);
    if (!place.empty()) request.add_places(place);
    auto cursor = LogCursor::Open(&test.log, request);
    int at_hand = 0;
    bool sure = false;
    for (;;) {
      const auto outcome = NextOf(&*cursor);
      EXPECT_TRUE(!sure || *outcome == LogCursor::Outcome::kFound);
      if (*outcome == LogCursor::Outcome::kCaughtUp) break;
      sure = cursor->HasMoreAtHand();
      if (sure) ++at_hand;
    }
    EXPECT_GE(at_hand, place.empty() ? 190 : 70);
  }
}

TEST(LogCursorTest, RefusesASequenceBehindOrAheadOfTheLog) {
  TestLog test(Keeping(3));
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 5);
  Settle(&log);
  EXPECT_EQ(LogCursor::Open(&log, After(1)).status().message(),
            "the readings after sequence 1 are gone: readings 3 to 5 are "
            "available");
  EXPECT_THAT(ReadAll(&log, After(2)), ElementsAre(3, 4, 5));
  EXPECT_EQ(LogCursor::Open(&log, After(6)).status().message(),
            "sequence 6 is ahead of the log: readings 3 to 5 are available");
}

TEST(LogCursorTest, BacklogIsTheLatestOrAllThatIsKept) {
  TestLog test(Keeping(4));
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 6);
  Settle(&log);
  EXPECT_THAT(ReadAll(&log, Backlog(0)), IsEmpty());
  EXPECT_THAT(ReadAll(&log, Backlog(2)), ElementsAre(5, 6));
  EXPECT_THAT(ReadAll(&log, Backlog(4)), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(ReadAll(&log, Backlog(65'536)), ElementsAre(3, 4, 5, 6));
}

TEST(LogCursorTest, BacklogOfAnEmptyLogIsNothing) {
  TestLog test;
  ReadingLog& log = test.log;
  EXPECT_THAT(ReadAll(&log, Backlog(10)), IsEmpty());
  EXPECT_THAT(ReadAll(&log, Backlog(10, {"Oslo"})), IsEmpty());
}

TEST(LogCursorTest, YieldsOnlyMatchingPlaces) {
  TestLog test;
  ReadingLog& log = test.log;
  AppendAlternating(&log, 6);
  v1::StreamReadingsRequest request = After(1);
  request.add_places("Oslo");
  request.add_places("Rome");
  EXPECT_THAT(ReadAll(&log, request), ElementsAre(3, 5));
}

TEST(LogCursorTest, ComparesPlacesByteByByte) {
  TestLog test;
  ReadingLog& log = test.log;
  AppendReadings(&log, "oslo", 1);
  AppendReadings(&log, "Oslo ", 1);
  v1::StreamReadingsRequest request = After(0);
  request.add_places("Oslo");
  EXPECT_THAT(ReadAll(&log, request), IsEmpty());
}

TEST(LogCursorTest, BacklogCountsMatchingReadings) {
  TestLog test;
  ReadingLog& log = test.log;
  AppendAlternating(&log, 400);
  EXPECT_THAT(ReadAll(&log, Backlog(3, {"Oslo"})), ElementsAre(395, 397, 399));
  EXPECT_THAT(ReadAll(&log, Backlog(3, {"Lima"})), ElementsAre(396, 398, 400));
  EXPECT_EQ(ReadAll(&log, Backlog(150, {"Oslo"})).size(), 150u);
  EXPECT_EQ(ReadAll(&log, Backlog(1'000, {"Oslo"})).size(), 200u);
  EXPECT_THAT(ReadAll(&log, Backlog(3, {"Rome"})), IsEmpty());
}

TEST(LogCursorTest, BacklogOfMatchingReadingsStopsWhereTheLogBegins) {
  TestLog test(Keeping(100));
  ReadingLog& log = test.log;
  AppendAlternating(&log, 251);
  Settle(&log);
  EXPECT_EQ(ReadAll(&log, Backlog(1'000, {"Lima"})).size(), 50u);
}

TEST(LogCursorTest, AFullBacklogSurvivesTheLogMovingOnBeforeItIsRead) {
  TestLog test(Keeping(4));
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 4);
  Settle(&log);
  auto all = LogCursor::Open(&log, Backlog(4));
  auto matching = LogCursor::Open(&log, Backlog(4, {"Oslo"}));
  AppendReadings(&log, "Oslo", 2);
  Settle(&log);
  EXPECT_THAT(ReadAll(&*all), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(ReadAll(&*matching), ElementsAre(3, 4, 5, 6));
}

TEST(LogCursorTest, FallsOffTheLogWhenItIsTooSlow) {
  TestLog test(Keeping(100));
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 1);
  Settle(&log);
  auto cursor = LogCursor::Open(&log, After(0));
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(1));
  AppendReadings(&log, "Oslo", 101);
  Settle(&log);
  const auto outcome = cursor->Next();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(outcome.status().message(),
            "the readings after sequence 1 are gone: readings 3 to 102 are "
            "available");
}

TEST(LogCursorTest, LooksAtABoundedNumberOfReadingsAtATime) {
  TestLog test;
  ReadingLog& log = test.log;
  constexpr int kSteps = 3;
  AppendReadings(&log, "Lima", kSteps * LogCursor::kMaxLookedAt);
  AppendReadings(&log, "Oslo", 1);
  v1::StreamReadingsRequest request = After(0);
  request.add_places("Oslo");
  auto cursor = LogCursor::Open(&log, request);
  for (size_t step = 1; step <= kSteps; ++step) {
    EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kUnfinished);
    EXPECT_EQ(cursor->position(), step * LogCursor::kMaxLookedAt);
  }
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kFound);
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kCaughtUp);
}

TEST(LogCursorTest, SeeksABacklogFarIntoStorage) {
  TestLog test;
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 2);
  AppendReadings(&log, "Lima", 3 * kMaxRowsRead);
  EXPECT_THAT(ReadAll(&log, Backlog(1, {"Oslo"})), ElementsAre(2));
  EXPECT_THAT(ReadAll(&log, Backlog(5, {"Oslo"})), ElementsAre(1, 2));
}

// A ring of a few readings before a store of many.
StoredLogOptions SmallRing() {
  StoredLogOptions options;
  options.ring = 10;
  return options;
}

TEST(LogCursorTest, GoesFromStorageToMemoryWithoutHoleOrDouble) {
  TestLog test(SmallRing());
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 1'000);
  auto cursor = LogCursor::Open(&log, After(0));
  std::vector<int64_t> expected(1'000);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(ReadAll(&*cursor), expected);
  AppendReadings(&log, "Oslo", 3);  // out of memory
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(1'001, 1'002, 1'003));
  AppendReadings(&log, "Oslo", 300);  // out of storage again
  EXPECT_EQ(ReadAll(&*cursor).size(), 300u);
}

TEST(LogCursorTest, FiltersWhatIsInStorage) {
  TestLog test(SmallRing());
  ReadingLog& log = test.log;
  AppendReadings(&log, "Oslo", 2);
  AppendReadings(&log, "Lima", 2 * kMaxRowsRead);
  AppendReadings(&log, "Oslo", 1);
  v1::StreamReadingsRequest request = After(0);
  request.add_places("Oslo");
  request.add_places("Rome");  // of which there are none
  EXPECT_THAT(ReadAll(&log, request), ElementsAre(1, 2, 2 * kMaxRowsRead + 3));
}

TEST(LogCursorTest, StartsWithTheFirstReadingRecordedAtATimeOrLater) {
  TestLog test(SmallRing());
  ReadingLog& log = test.log;
  const absl::Time before = absl::Now();
  AppendReadings(&log, "Oslo", 50);
  // The clock that the log reads has moved on by then.
  absl::Time between = absl::Now();
  while (absl::Now() < between + absl::Milliseconds(1)) {
  }
  between = absl::Now();
  AppendReadings(&log, "Oslo", 50);
  v1::StreamReadingsRequest request;
  FromMicros(absl::ToUnixMicros(between), request.mutable_start_time());
  EXPECT_EQ(ReadAll(&log, request).front(), 51);
  EXPECT_EQ(ReadAll(&log, request).size(), 50u);
  FromMicros(absl::ToUnixMicros(before), request.mutable_start_time());
  EXPECT_EQ(ReadAll(&log, request).size(), 100u);
  FromMicros(absl::ToUnixMicros(absl::Now() + absl::Hours(1)),
             request.mutable_start_time());
  EXPECT_THAT(ReadAll(&log, request), IsEmpty());
}

TEST(LogCursorTest, LetsGoOfWhatItHasSent) {
  StoredLogOptions options;
  options.ring = 1;
  TestLog test(options);
  ReadingLog& log = test.log;
  const std::weak_ptr<const Entry> sent =
      AppendReadings(&log, "Oslo", 1).front();
  auto cursor = LogCursor::Open(&log, After(0));
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kFound);
  EXPECT_FALSE(sent.expired());
  AppendReadings(&log, "Oslo", 1);  // pushes it out of the ring
  Settle(&log);
  EXPECT_TRUE(sent.expired());
}

}  // namespace
}  // namespace happiness
