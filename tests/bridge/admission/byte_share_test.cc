#include "bridge/admission/byte_share.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bridge {
namespace {

TEST(ByteShareTest, AllTogetherHaveNoMoreThanTheLimit) {
  std::atomic<int64_t> held = 0;
  {
    ByteShare one(&held, 100'000);
    ByteShare other(&held, 100'000);
    EXPECT_TRUE(one.Hold(60'000));
    EXPECT_FALSE(other.Hold(41'000));
    EXPECT_EQ(held, 60'000) << "what is refused counts nowhere";
    EXPECT_TRUE(other.Hold(40'000));
    EXPECT_FALSE(one.Hold(61'000));
    EXPECT_TRUE(one.Hold(10'000));
    EXPECT_TRUE(other.Hold(90'000));
    EXPECT_EQ(held, 100'000);
    ByteShare small(&held, 100'000);
    EXPECT_TRUE(small.Hold(ByteShare::kFree));
    EXPECT_FALSE(small.Hold(ByteShare::kFree + 1));
    EXPECT_EQ(held, 100'000);
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
        ByteShare share(&held, 100'000);
        if (!share.Hold(40'000)) continue;
        EXPECT_LE(granted.fetch_add(40'000) + 40'000, 100'000);
        granted.fetch_sub(40'000);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held, 0);
}

}  // namespace
}  // namespace bridge
