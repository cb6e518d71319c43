#include "bridge/feed/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>

namespace bridge {
namespace {

constexpr RingLimits kWide = {1000, 1 << 20};

// A frame of this many bytes, 2 of which are its header's.
FramePtr FrameOf(size_t bytes) {
  return std::make_shared<Frame>(std::string(bytes - 2, 'x'));
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
