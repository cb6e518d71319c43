#include "waiting/bell.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace waiting {
namespace {

TEST(BellTest, SaysWhetherItWasRungSinceItWasHeardLast) {
  Bell bell;
  bell.Ring();
  bell.Ring();
  EXPECT_TRUE(bell.WaitUntil(absl::InfiniteFuture()));
  EXPECT_FALSE(bell.WaitUntil(absl::Now()));
}

TEST(BellTest, WaitsUntilTheDeadline) {
  Bell bell;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(bell.WaitUntil(absl::Now() + absl::Milliseconds(20)));
  EXPECT_GE(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(19));
  EXPECT_FALSE(bell.WaitUntil(absl::InfinitePast()));
}

TEST(BellTest, WaitsForSomeTime) {
  Bell bell;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(bell.WaitFor(absl::Milliseconds(20)));
  EXPECT_GE(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(20));
  EXPECT_FALSE(bell.WaitFor(-absl::InfiniteDuration()));
}

TEST(BellTest, WakesWhoWaits) {
  Bell bell;
  std::thread ringer([&bell] { bell.Ring(); });
  EXPECT_TRUE(bell.WaitFor(absl::InfiniteDuration()));
  ringer.join();
}

}  // namespace
}  // namespace waiting
