// A StoredLog that copies another log.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "service/log/log_cursor.h"
#include "service/log/stored_log.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

class CopiedLogTest : public ::testing::Test {
 protected:
  static StoredLogOptions Copy() {
    StoredLogOptions options;
    options.is_copy = true;
    options.retention.age = absl::Hours(1);
    return options;
  }

  // Applies a reading that follows `after`, and waits for what comes of it.
  absl::StatusOr<std::vector<Appended>> Apply(int64_t sequence, int64_t after,
                                              const std::string& id,
                                              absl::Time time = kStart) {
    v1::Reading reading = MakeReading("Oslo", 5, id);
    reading.set_sequence(sequence);
    absl::StatusOr<std::vector<Appended>> result;
    absl::Notification done;
    log_.Apply(std::move(reading), time, after, [&](auto applied) {
      result = std::move(applied);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }

  std::vector<int64_t> After(int64_t sequence) {
    const auto entries = log_.ReadAfter(sequence, 100);
    EXPECT_TRUE(entries.ok()) << entries.status();
    std::vector<int64_t> sequences;
    for (const EntryPtr& entry : *entries) sequences.push_back(entry->sequence);
    return sequences;
  }

  TestLog test_{Copy()};
  StoredLog& log_ = test_.log;
};

TEST_F(CopiedLogTest, KeepsTheSequencesThatItIsGiven) {
  ASSERT_TRUE(Apply(3, 0, "a").ok());
  ASSERT_TRUE(Apply(7, 3, "b").ok());
  EXPECT_EQ(log_.Extent().last, 7);
  EXPECT_THAT(After(0), ElementsAre(3, 7));
  EXPECT_THAT(After(3), ElementsAre(7));
  EXPECT_THAT(After(5), ElementsAre(7));
  EXPECT_THAT(After(7), IsEmpty());
}

TEST_F(CopiedLogTest, ALateDuplicateTakesASequenceAndIsNoReading) {
  ASSERT_TRUE(Apply(1, 0, "a").ok());
  const auto late = Apply(2, 1, "a");
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_TRUE(late->front().duplicate);
  EXPECT_EQ(late->front().entry->sequence, 1);
  EXPECT_EQ(log_.Extent().last, 1);
  EXPECT_EQ(log_.applied(), 2);
  ASSERT_TRUE(Apply(3, 2, "b").ok());
  EXPECT_THAT(After(0), ElementsAre(1, 3));
  // Whoever was told of 2 elsewhere misses nothing, and gets nothing twice.
  EXPECT_THAT(After(2), ElementsAre(3));
}

TEST_F(CopiedLogTest, AppliesNothingWhoseForerunnerIsMissing) {
  ASSERT_TRUE(Apply(1, 0, "a").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Apply(3, 2, "c").status()));
  EXPECT_THAT(After(0), ElementsAre(1));
  ASSERT_TRUE(Apply(2, 1, "b").ok());
  ASSERT_TRUE(Apply(3, 2, "c").ok());
  EXPECT_THAT(After(0), ElementsAre(1, 2, 3));
}

TEST_F(CopiedLogTest, AReaderMayBeAhead) {
  ASSERT_TRUE(Apply(1, 0, "a").ok());
  EXPECT_THAT(After(5), IsEmpty());
  v1::StreamReadingsRequest request;
  request.set_after_sequence(5);
  auto cursor = LogCursor::Open(&log_, request);
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kStored);
  ASSERT_TRUE(cursor->WantsFetch());
  absl::Notification fetched;
  cursor->StartFetch()([&](LogCursor::Fetched fetch) {
    EXPECT_TRUE(cursor->Take(std::move(fetch)).ok());
    fetched.Notify();
  });
  fetched.WaitForNotification();
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kCaughtUp);
  for (int64_t s = 2; s <= 6; ++s) {
    ASSERT_TRUE(Apply(s, s - 1, std::to_string(s)).ok());
  }
  EXPECT_EQ(*cursor->Next(), LogCursor::Outcome::kFound);
  EXPECT_EQ(cursor->position(), 6);
}

TEST_F(CopiedLogTest, LetsGoOfWhatIsNotToBeHadAnyMore) {
  log_.LetGoTo(40);
  EXPECT_EQ(log_.Extent().first, 41);
  EXPECT_EQ(log_.applied(), 40);
  EXPECT_TRUE(absl::IsOutOfRange(log_.ReadAfter(39, 1).status()));
  ASSERT_TRUE(Apply(41, 40, "a").ok());
  EXPECT_THAT(After(40), ElementsAre(41));
  log_.LetGoTo(100);
  ASSERT_TRUE(Apply(101, 100, "b").ok());
  EXPECT_THAT(After(100), ElementsAre(101));
  EXPECT_EQ(log_.Extent().first, 101);
}

TEST_F(CopiedLogTest, AReadingsAgeIsAsOfWhatIsKnown) {
  ASSERT_TRUE(Apply(1, 0, "a", kStart).ok());
  ASSERT_TRUE(Apply(2, 1, "b", kStart + absl::Minutes(30)).ok());
  EXPECT_EQ(log_.Extent().first, 1) << "by the clock it is years old";
  log_.KnowsAllUntil(kStart + absl::Minutes(62));
  // It looks after each group.
  for (int64_t s = 3; log_.Extent().first == 1; ++s) {
    ASSERT_TRUE(
        Apply(s, s - 1, std::to_string(s), kStart + absl::Hours(1)).ok());
  }
  EXPECT_EQ(log_.Extent().first, 2);
}

TEST_F(CopiedLogTest, WhatIsAppliedSaysHowOldReadingsAre) {
  ASSERT_TRUE(Apply(1, 0, "a", kStart).ok());
  for (int64_t s = 2; log_.Extent().first == 1; ++s) {
    ASSERT_TRUE(
        Apply(s, s - 1, std::to_string(s), kStart + absl::Minutes(62)).ok());
  }
  EXPECT_EQ(log_.Extent().first, 2);
}

TEST_F(CopiedLogTest, FindsAReadingByItsId) {
  ASSERT_TRUE(Apply(4, 0, "a").ok());
  for (const bool known : {true, false}) {
    absl::Notification done;
    log_.Find(known ? "a" : "b", [&](absl::StatusOr<EntryPtr> found) {
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(*found == nullptr ? 0 : (*found)->sequence, known ? 4 : 0);
      done.Notify();
    });
    done.WaitForNotification();
  }
}

}  // namespace
}  // namespace happiness
