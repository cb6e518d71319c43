#include "bridge/admission/byte_share.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bridge {
namespace {

TEST(ByteShareTest, AllTogetherHaveNoMoreThanTheLimit) {
  std::atomic<int64_t> held = 0;
  {
    ByteShare one(&held, 100);
    ByteShare other(&held, 100);
    EXPECT_TRUE(one.Hold(60));
    EXPECT_FALSE(other.Hold(41));
    EXPECT_EQ(held, 60) << "what is refused counts nowhere";
    EXPECT_TRUE(other.Hold(40));
    EXPECT_FALSE(one.Hold(61));
    EXPECT_TRUE(one.Hold(10));
    EXPECT_TRUE(other.Hold(90));
    EXPECT_EQ(held, 100);
  }
  EXPECT_EQ(held, 0);
}

TEST(ByteShareTest, SharesOfManyThreadsNeverHaveMore) {
  std::atomic<int64_t> held = 0;
  std::atomic<int64_t> granted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10'000; ++j) {
        ByteShare share(&held, 100);
        if (!share.Hold(40)) continue;
        EXPECT_LE(granted.fetch_add(40) + 40, 100);
        granted.fetch_sub(40);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held, 0);
}

}  // namespace
}  // namespace bridge
