#include "bridge/feed/ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace bridge {
namespace {

constexpr RingLimits kWide = {1000, 1 << 20};

// A frame of this many bytes.
FramePtr FrameOf(size_t bytes) {
  return std::make_shared<Frame>(std::string(bytes, 'x'), std::nullopt,
                                 nullptr);
}

TEST(RingTest, AnEmptyRingStandsAtItsPosition) {
  Ring ring(kWide, 7);
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.first(), 7u);
  EXPECT_EQ(ring.end(), 7u);
  EXPECT_EQ(ring.BytesFrom(7), 0u);
}

TEST(RingTest, FramesStandAtConsecutivePositions) {
  Ring ring(kWide, 7);
  FramePtr first = FrameOf(10);
  FramePtr second = FrameOf(20);
  ring.Push(first);
  ring.Push(second);
  EXPECT_FALSE(ring.empty());
  EXPECT_EQ(ring.first(), 7u);
  EXPECT_EQ(ring.end(), 9u);
  EXPECT_EQ(ring.at(7), first);
  EXPECT_EQ(ring.at(8), second);
}

TEST(RingTest, MoreFramesThanAllowedPushTheOldestOut) {
  Ring ring({3, 1 << 20});
  for (int i = 0; i < 3; ++i) ring.Push(FrameOf(10));
  EXPECT_EQ(ring.first(), 0u);
  FramePtr newest = FrameOf(10);
  ring.Push(newest);
  EXPECT_EQ(ring.first(), 1u);
  EXPECT_EQ(ring.end(), 4u);
  EXPECT_EQ(ring.at(3), newest);
}

TEST(RingTest, MoreBytesThanAllowedPushTheOldestOut) {
  Ring ring({1000, 100});
  ring.Push(FrameOf(40));
  ring.Push(FrameOf(60));
  EXPECT_EQ(ring.first(), 0u) << "exactly the limit is allowed";
  ring.Push(FrameOf(2));
  EXPECT_EQ(ring.first(), 1u);
  ring.Push(FrameOf(99));
  EXPECT_EQ(ring.first(), 3u);
  EXPECT_EQ(ring.end(), 4u);
}

TEST(RingTest, TheNewestFrameIsKeptWhateverItsSize) {
  Ring ring({1000, 100});
  ring.Push(FrameOf(10));
  FramePtr giant = FrameOf(102);
  ring.Push(giant);
  EXPECT_EQ(ring.first(), 1u);
  EXPECT_EQ(ring.at(1), giant);
  FramePtr small = FrameOf(10);
  ring.Push(small);
  EXPECT_EQ(ring.first(), 2u);
  EXPECT_EQ(ring.at(2), small);
}

TEST(RingTest, TheNewestFrameIsKeptWhateverTheLimits) {
  for (RingLimits limits : {RingLimits{0, 0}, {0, 100}, {1, 0}, {1, 1}}) {
    Ring ring(limits);
    for (int i = 0; i < 5; ++i) {
      FramePtr newest = FrameOf(10);
      ring.Push(newest);
      ASSERT_EQ(ring.end() - ring.first(), 1u);
      EXPECT_EQ(ring.at(ring.first()), newest);
      EXPECT_EQ(ring.end(), i + 1u);
    }
  }
}

TEST(RingTest, AFrameThatIsPushedOutIsLetGo) {
  Ring ring({1, 1 << 20});
  FramePtr frame = FrameOf(10);
  std::weak_ptr<const Frame> watched = frame;
  ring.Push(std::move(frame));
  EXPECT_FALSE(watched.expired());
  ring.Push(FrameOf(10));
  EXPECT_TRUE(watched.expired());
}

TEST(RingTest, CountsTheBytesFromAPositionOn) {
  Ring ring(kWide, 5);
  ring.Push(FrameOf(10));
  ring.Push(FrameOf(20));
  ring.Push(FrameOf(30));
  EXPECT_EQ(ring.BytesFrom(0), 60u) << "what fell off does not count";
  EXPECT_EQ(ring.BytesFrom(5), 60u);
  EXPECT_EQ(ring.BytesFrom(6), 50u);
  EXPECT_EQ(ring.BytesFrom(7), 30u);
  EXPECT_EQ(ring.BytesFrom(8), 0u);
}

// Against the simplest thing that could be right.
TEST(RingTest, KeepsItsPromisesUnderRandomPushes) {
  std::mt19937 random(4);
  for (int round = 0; round < 50; ++round) {
    RingLimits limits = {1 + random() % 20, 2 + random() % 500};
    uint64_t start = random() % 100;
    Ring ring(limits, start);
    std::deque<FramePtr> all;
    for (int i = 0; i < 100; ++i) {
      all.push_back(FrameOf(2 + random() % 100));
      ring.Push(all.back());
      size_t kept = 0;
      size_t bytes = 0;
      for (size_t back = 1; back <= all.size(); ++back) {
        bytes += all[all.size() - back]->size();
        if (back > 1 && (back > limits.frames || bytes > limits.bytes)) break;
        ++kept;
        ASSERT_EQ(ring.BytesFrom(ring.end() - back), bytes);
        ASSERT_EQ(ring.at(ring.end() - back), all[all.size() - back]);
      }
      ASSERT_EQ(ring.end(), start + all.size());
      ASSERT_EQ(ring.end() - ring.first(), kept);
    }
  }
}

// ---- By cursor.

FramePtr FrameAt(int64_t cursor) {
  return std::make_shared<Frame>("", cursor, nullptr);
}

TEST(RingTest, FindsWhereOneGoesOnBehindACursor) {
  Ring ring(kWide, 7);
  for (int64_t cursor : {10, 11, 20, 30}) ring.Push(FrameAt(cursor));
  EXPECT_EQ(ring.After(9), 7u);  // nothing can be between 9 and 10
  EXPECT_EQ(ring.After(10), 8u);
  EXPECT_EQ(ring.After(11), 9u);
  EXPECT_EQ(ring.After(15), 9u);  // between two that it has
  EXPECT_EQ(ring.After(29), 10u);
  EXPECT_EQ(ring.After(30), 11u);  // its end
}

TEST(RingTest, KnowsWhatItDoesNotHave) {
  Ring ring({2, 1 << 20}, 7);
  EXPECT_EQ(ring.After(0), std::nullopt);
  EXPECT_FALSE(ring.Misses(0));  // for all it knows
  ring.Push(FrameAt(10));
  EXPECT_EQ(ring.After(8), std::nullopt);  // 9 may have been
  EXPECT_TRUE(ring.Misses(8));
  EXPECT_EQ(ring.After(11), std::nullopt);  // 11 is not here yet
  EXPECT_FALSE(ring.Misses(11));
  ring.Push(FrameAt(20));
  ring.Push(FrameAt(30));  // pushes 10 out
  EXPECT_EQ(ring.After(9), std::nullopt);
  EXPECT_EQ(ring.After(10), 8u);  // nothing was between 10 and 20
  ring.DropBefore(10);
  EXPECT_TRUE(ring.empty());
  EXPECT_TRUE(ring.Misses(29));
  EXPECT_FALSE(ring.Misses(30));
}

TEST(RingTest, TakesTheWidestCursors) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Ring ring(kWide);
  ring.Push(FrameAt(kMax));
  EXPECT_TRUE(ring.Misses(kMin));
  EXPECT_TRUE(ring.Misses(-1));
  EXPECT_EQ(ring.After(kMax - 1), 0u);
  EXPECT_EQ(ring.After(kMax), 1u);
  Ring low(kWide);
  low.Push(FrameAt(kMin));
  EXPECT_EQ(low.After(kMin), 1u);
}

TEST(RingTest, MayBeReplacedByAnother) {
  Ring ring(kWide);
  ring.Push(FrameOf(10));
  ring = Ring({1, 100}, 50);
  ring.Push(FrameOf(10));
  ring.Push(FrameOf(10));
  EXPECT_EQ(ring.first(), 51u);
  EXPECT_EQ(ring.end(), 52u);
}

}  // namespace
}  // namespace bridge
