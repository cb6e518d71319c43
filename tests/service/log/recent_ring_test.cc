#include "service/log/recent_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

EntryPtr EntryOf(int64_t sequence) {
  v1::Reading reading;
  reading.set_sequence(sequence);
  return MakeEntry(reading);
}

void Fill(RecentRing* ring, int count) {
  for (int i = 0; i < count; ++i) ring->Push(EntryOf(ring->next_sequence()));
}

std::vector<int64_t> Sequences(
    const absl::StatusOr<std::vector<EntryPtr>>& entries) {
  std::vector<int64_t> sequences;
  EXPECT_TRUE(entries.ok()) << entries.status();
  if (!entries.ok()) return sequences;
  for (const EntryPtr& entry : *entries) sequences.push_back(entry->sequence);
  return sequences;
}

TEST(RecentRingTest, StartsEmptyAtOne) {
  RecentRing ring(4);
  EXPECT_EQ(ring.next_sequence(), 1);
  EXPECT_EQ(ring.Extent().first, 1);
  EXPECT_EQ(ring.Extent().last, 0);
  EXPECT_THAT(Sequences(ring.ReadAfter(0, 10)), IsEmpty());
}

TEST(RecentRingTest, ReadsUpToTheLimitInOrder) {
  RecentRing ring(8);
  Fill(&ring, 5);
  EXPECT_THAT(Sequences(ring.ReadAfter(0, 3)), ElementsAre(1, 2, 3));
  EXPECT_THAT(Sequences(ring.ReadAfter(3, 3)), ElementsAre(4, 5));
  EXPECT_THAT(Sequences(ring.ReadAfter(5, 3)), IsEmpty());
}

TEST(RecentRingTest, KeepsTheLastOfItsCapacityAndSaysWhatItPushedOut) {
  RecentRing ring(3);
  Fill(&ring, 2);
  EXPECT_EQ(ring.Push(EntryOf(3)), nullptr);
  EXPECT_EQ(ring.Push(EntryOf(4))->sequence, 1);
  EXPECT_EQ(ring.Push(EntryOf(5))->sequence, 2);
  EXPECT_EQ(ring.Extent().first, 3);
  EXPECT_EQ(ring.Extent().last, 5);
  EXPECT_THAT(Sequences(ring.ReadAfter(2, 10)), ElementsAre(3, 4, 5));
}

TEST(RecentRingTest, GoesRoundManyTimesWithoutHoles) {
  for (const size_t capacity : {1, 2, 3, 7}) {
    RecentRing ring(capacity);
    for (int i = 1; i <= 50; ++i) {
      Fill(&ring, 1);
      const LogExtent extent = ring.Extent();
      std::vector<int64_t> expected;
      for (int64_t s = extent.first; s <= i; ++s) expected.push_back(s);
      EXPECT_EQ(expected.size(), std::min<size_t>(capacity, i));
      EXPECT_EQ(Sequences(ring.ReadAfter(extent.first - 1, 100)), expected);
    }
  }
}

TEST(RecentRingTest, SaysWhatIsAvailableInsteadOfWhatIsGone) {
  RecentRing ring(3);
  Fill(&ring, 5);
  const absl::Status status = ring.ReadAfter(1, 10).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(),
            "the readings after sequence 1 are gone: readings 3 to 5 are "
            "available");
}

TEST(RecentRingTest, SaysWhatIsAvailableInsteadOfWhatIsNotThereYet) {
  RecentRing ring(3);
  EXPECT_EQ(ring.ReadAfter(1, 10).status().message(),
            "sequence 1 is ahead of the log: no readings are available yet");
  Fill(&ring, 2);
  const absl::Status status = ring.ReadAfter(3, 10).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(),
            "sequence 3 is ahead of the log: readings 1 to 2 are available");
}

TEST(RecentRingTest, TakesTheLargestSequenceForAheadOfTheLog) {
  RecentRing ring(3);
  Fill(&ring, 2);
  EXPECT_EQ(ring.ReadAfter(INT64_MAX, 10).status().code(),
            absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace happiness
