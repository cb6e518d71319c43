#include "service/log/log_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "service/log/memory_log.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Everything from the cursor on, until it has caught up.
std::vector<int64_t> ReadAll(LogCursor* cursor) {
  std::vector<int64_t> sequences;
  for (;;) {
    const auto outcome = cursor->Next();
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok() || *outcome == LogCursor::Outcome::kCaughtUp) break;
    if (*outcome == LogCursor::Outcome::kFound) {
      sequences.push_back(cursor->entry()->sequence);
    }
  }
  return sequences;
}

std::vector<int64_t> ReadAll(const ReadingLog* log,
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
  MemoryLog log;
  AppendReadings(&log, "Oslo", 3);
  auto cursor = LogCursor::Open(&log, {});
  AppendReadings(&log, "Oslo", 2);
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(4, 5));
  AppendReadings(&log, "Oslo", 1);
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(6));
}

TEST(LogCursorTest, ResumesAfterASequence) {
  MemoryLog log;
  AppendReadings(&log, "Oslo", 5);
  EXPECT_THAT(ReadAll(&log, After(0)), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(ReadAll(&log, After(3)), ElementsAre(4, 5));
  EXPECT_THAT(ReadAll(&log, After(5)), IsEmpty());
}

TEST(LogCursorTest, RefusesASequenceBehindOrAheadOfTheLog) {
  MemoryLog log(3);
  AppendReadings(&log, "Oslo", 5);
  EXPECT_EQ(LogCursor::Open(&log, After(1)).status().message(),
            "the readings after sequence 1 are gone: readings 3 to 5 are "
            "available");
  EXPECT_THAT(ReadAll(&log, After(2)), ElementsAre(3, 4, 5));
  EXPECT_EQ(LogCursor::Open(&log, After(6)).status().message(),
            "sequence 6 is ahead of the log: readings 3 to 5 are available");
}

TEST(LogCursorTest, BacklogIsTheLatestOrAllThatIsKept) {
  MemoryLog log(4);
  AppendReadings(&log, "Oslo", 6);
  EXPECT_THAT(ReadAll(&log, Backlog(0)), IsEmpty());
  EXPECT_THAT(ReadAll(&log, Backlog(2)), ElementsAre(5, 6));
  EXPECT_THAT(ReadAll(&log, Backlog(4)), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(ReadAll(&log, Backlog(65'536)), ElementsAre(3, 4, 5, 6));
}

TEST(LogCursorTest, BacklogOfAnEmptyLogIsNothing) {
  MemoryLog log;
  EXPECT_THAT(ReadAll(&log, Backlog(10)), IsEmpty());
  EXPECT_THAT(ReadAll(&log, Backlog(10, {"Oslo"})), IsEmpty());
}

TEST(LogCursorTest, YieldsOnlyMatchingPlaces) {
  MemoryLog log;
  AppendAlternating(&log, 6);
  v1::StreamReadingsRequest request = After(1);
  request.add_places("Oslo");
  request.add_places("Rome");
  EXPECT_THAT(ReadAll(&log, request), ElementsAre(3, 5));
}

TEST(LogCursorTest, ComparesPlacesByteByByte) {
  MemoryLog log;
  AppendReadings(&log, "oslo", 1);
  AppendReadings(&log, "Oslo ", 1);
  v1::StreamReadingsRequest request = After(0);
  request.add_places("Oslo");
  EXPECT_THAT(ReadAll(&log, request), IsEmpty());
}

TEST(LogCursorTest, BacklogCountsMatchingReadings) {
  MemoryLog log;
  AppendAlternating(&log, 400);
  EXPECT_THAT(ReadAll(&log, Backlog(3, {"Oslo"})), ElementsAre(395, 397, 399));
  EXPECT_THAT(ReadAll(&log, Backlog(3, {"Lima"})), ElementsAre(396, 398, 400));
  EXPECT_EQ(ReadAll(&log, Backlog(150, {"Oslo"})).size(), 150u);
  EXPECT_EQ(ReadAll(&log, Backlog(1'000, {"Oslo"})).size(), 200u);
  EXPECT_THAT(ReadAll(&log, Backlog(3, {"Rome"})), IsEmpty());
}

TEST(LogCursorTest, BacklogOfMatchingReadingsStopsAtTheRingsEnd) {
  MemoryLog log(100);
  AppendAlternating(&log, 251);
  EXPECT_EQ(ReadAll(&log, Backlog(1'000, {"Lima"})).size(), 50u);
}

TEST(LogCursorTest, AFullBacklogSurvivesTheRingMovingOnBeforeItIsRead) {
  MemoryLog log(4);
  AppendReadings(&log, "Oslo", 4);
  auto all = LogCursor::Open(&log, Backlog(4));
  auto matching = LogCursor::Open(&log, Backlog(4, {"Oslo"}));
  AppendReadings(&log, "Oslo", 2);
  EXPECT_THAT(ReadAll(&*all), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(ReadAll(&*matching), ElementsAre(3, 4, 5, 6));
}

TEST(LogCursorTest, FallsOffTheRingWhenItIsTooSlow) {
  MemoryLog log(100);
  AppendReadings(&log, "Oslo", 1);
  auto cursor = LogCursor::Open(&log, After(0));
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(1));
  AppendReadings(&log, "Oslo", 101);
  const auto outcome = cursor->Next();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(outcome.status().message(),
            "the readings after sequence 1 are gone: readings 3 to 102 are "
            "available");
}

TEST(LogCursorTest, LooksAtABoundedNumberOfReadingsAtATime) {
  MemoryLog log;
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

TEST(LogCursorTest, SeeksABacklogInBoundedSteps) {
  MemoryLog log;
  AppendReadings(&log, "Oslo", 1);
  AppendReadings(&log, "Lima", 3 * LogCursor::kMaxLookedAt);
  auto cursor = LogCursor::Open(&log, Backlog(1, {"Oslo"}));
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kUnfinished);
  EXPECT_GE(cursor->position(), 2 * LogCursor::kMaxLookedAt);
  EXPECT_THAT(ReadAll(&*cursor), ElementsAre(1));
}

TEST(LogCursorTest, LetsGoOfWhatItHasSent) {
  MemoryLog log(1);
  AppendReadings(&log, "Oslo", 1);
  auto cursor = LogCursor::Open(&log, After(0));
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kFound);
  const std::weak_ptr<const Entry> sent = cursor->entry();
  AppendReadings(&log, "Oslo", 1);  // pushes it out of the ring
  EXPECT_FALSE(sent.expired());
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kFound);
  EXPECT_TRUE(sent.expired());
}

}  // namespace
}  // namespace happiness
