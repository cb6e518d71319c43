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

std::vector<int64_t> Sequences(const std::vector<EntryPtr>& entries) {
  std::vector<int64_t> sequences;
  for (const EntryPtr& entry : entries) sequences.push_back(entry->sequence);
  return sequences;
}

TEST(RecentRingTest, StartsEmptyAtOne) {
  RecentRing ring(4);
  EXPECT_EQ(ring.next_sequence(), 1);
  EXPECT_EQ(ring.first_sequence(), 1);
  EXPECT_THAT(Sequences(ring.ReadAfter(0, 10)), IsEmpty());
}

TEST(RecentRingTest, ReadsUpToTheLimitInOrder) {
  RecentRing ring(8);
  Fill(&ring, 5);
  EXPECT_THAT(Sequences(ring.ReadAfter(0, 3)), ElementsAre(1, 2, 3));
  EXPECT_THAT(Sequences(ring.ReadAfter(3, 3)), ElementsAre(4, 5));
  EXPECT_THAT(Sequences(ring.ReadAfter(5, 3)), IsEmpty());
}

TEST(RecentRingTest, KeepsTheLastOfItsCapacity) {
  RecentRing ring(3);
  Fill(&ring, 5);
  EXPECT_EQ(ring.first_sequence(), 3);
  EXPECT_EQ(ring.next_sequence(), 6);
  EXPECT_THAT(Sequences(ring.ReadAfter(2, 10)), ElementsAre(3, 4, 5));
}

TEST(RecentRingTest, GoesRoundManyTimesWithoutHoles) {
  for (const size_t capacity : {1, 2, 3, 7}) {
    RecentRing ring(capacity);
    for (int i = 1; i <= 50; ++i) {
      Fill(&ring, 1);
      const int64_t first = ring.first_sequence();
      std::vector<int64_t> expected;
      for (int64_t s = first; s <= i; ++s) expected.push_back(s);
      EXPECT_EQ(expected.size(), std::min<size_t>(capacity, i));
      EXPECT_EQ(Sequences(ring.ReadAfter(first - 1, 100)), expected);
    }
  }
}

TEST(RecentRingTest, LeavesOutSequencesThatHaveNoEntry) {
  RecentRing ring(4);
  for (const int64_t s : {2, 5}) ring.Push(EntryOf(s));
  EXPECT_EQ(ring.first_sequence(), 2);
  EXPECT_EQ(ring.next_sequence(), 6);
  EXPECT_THAT(Sequences(ring.ReadAfter(1, 10)), ElementsAre(2, 5));
  EXPECT_THAT(Sequences(ring.ReadAfter(2, 1)), ElementsAre(5));
  EXPECT_THAT(Sequences(ring.ReadAfter(5, 1)), IsEmpty());
  EXPECT_THAT(Sequences(ring.ReadAfter(9, 1)), IsEmpty());
  ring.Push(EntryOf(7));
  EXPECT_THAT(Sequences(ring.ReadAfter(3, 10)), ElementsAre(5, 7));
  ring.Push(EntryOf(1'000));
  EXPECT_EQ(ring.first_sequence(), 997);
  EXPECT_THAT(Sequences(ring.ReadAfter(996, 10)), ElementsAre(1'000));
}

TEST(RecentRingTest, StartsAnew) {
  RecentRing ring(4);
  Fill(&ring, 3);
  ring.Restart(10);
  EXPECT_EQ(ring.first_sequence(), 10);
  EXPECT_THAT(Sequences(ring.ReadAfter(9, 10)), IsEmpty());
  Fill(&ring, 2);
  EXPECT_THAT(Sequences(ring.ReadAfter(9, 10)), ElementsAre(10, 11));
}

TEST(RecentRingTest, ContinuesAfterWhatIsInStorage) {
  RecentRing ring(3, /*next=*/18);
  EXPECT_EQ(ring.first_sequence(), 18);
  EXPECT_THAT(Sequences(ring.ReadAfter(17, 10)), IsEmpty());
  Fill(&ring, 4);
  EXPECT_THAT(Sequences(ring.ReadAfter(18, 10)), ElementsAre(19, 20, 21));
}

}  // namespace
}  // namespace happiness
