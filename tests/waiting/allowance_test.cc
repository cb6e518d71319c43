#include "waiting/allowance.h"

#include <gtest/gtest.h>

#include <limits>

namespace waiting {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr uint64_t kRate = 20;
constexpr uint64_t kBurst = 100;
const Allowance::Clock::time_point kStart{seconds(1'000)};

bool TakeOne(Allowance* allowance, Allowance::Clock::time_point now) {
  return allowance->Take(1, kRate, kBurst, now);
}

TEST(AllowanceTest, LetsABurstPassAndNoMore) {
  Allowance allowance;
  for (uint64_t i = 0; i < kBurst; ++i) {
    ASSERT_TRUE(TakeOne(&allowance, kStart)) << i;
  }
  EXPECT_FALSE(TakeOne(&allowance, kStart));
  EXPECT_FALSE(TakeOne(&allowance, kStart + milliseconds(49)));
  EXPECT_TRUE(TakeOne(&allowance, kStart + milliseconds(50)));
  EXPECT_FALSE(TakeOne(&allowance, kStart + milliseconds(50)));
}

TEST(AllowanceTest, ABurstIsWholeAtAnyRate) {
  for (uint64_t rate : {1, 3, 7, 1'000, 65'537, 1'000'000, 999'999'999}) {
    Allowance allowance;
    EXPECT_TRUE(allowance.Take(rate, rate, rate, kStart)) << rate;
    EXPECT_FALSE(allowance.Take(1, rate, rate, kStart)) << rate;
    EXPECT_TRUE(allowance.Take(rate, rate, rate, kStart + seconds(1))) << rate;
  }
}

TEST(AllowanceTest, LetsTheRatePassForEver) {
  Allowance allowance;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(TakeOne(&allowance, kStart + i * milliseconds(50))) << i;
  }
  EXPECT_TRUE(
      allowance.Take(kBurst, kRate, kBurst, kStart + seconds(500) + seconds(5)))
      << "a rest fills it";
}

TEST(AllowanceTest, LetsNoMoreThanTheRatePass) {
  Allowance allowance;
  uint64_t passed = 0;
  for (int i = 0; i < 100'000; ++i) {
    passed += TakeOne(&allowance, kStart + i * milliseconds(1));
  }
  EXPECT_LE(passed, kBurst + 100 * kRate);
  EXPECT_GE(passed, 100 * kRate);
}

TEST(AllowanceTest, RefusesALotAtOnceAndIsAsItWas) {
  Allowance allowance;
  EXPECT_FALSE(allowance.Take(std::numeric_limits<uint64_t>::max(), kRate,
                              kBurst, kStart));
  EXPECT_FALSE(allowance.Take(kBurst + 1, kRate, kBurst, kStart));
  EXPECT_TRUE(allowance.IsFull(kStart));
  EXPECT_TRUE(allowance.Take(kBurst, kRate, kBurst, kStart));
}

TEST(AllowanceTest, IsFullAgainWhenAllIsThere) {
  Allowance allowance;
  EXPECT_TRUE(allowance.Take(kRate, kRate, kBurst, kStart));
  EXPECT_FALSE(allowance.IsFull(kStart));
  EXPECT_FALSE(allowance.IsFull(kStart + seconds(1) - nanoseconds(1)));
  EXPECT_TRUE(allowance.IsFull(kStart + seconds(1)));
}

TEST(AllowanceTest, WithoutARateAllMayPass) {
  Allowance allowance;
  EXPECT_TRUE(allowance.Take(1'000'000'000, 0, 0, kStart));
  EXPECT_TRUE(allowance.IsFull(kStart));
}

}  // namespace
}  // namespace waiting
