#include "bridge/viewer/allowance.h"

#include <gtest/gtest.h>

#include <limits>

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kRate = 20;
constexpr uint64_t kBurst = 100;
const Allowance::Clock::time_point kStart{seconds(1'000)};

TEST(AllowanceTest, LetsABurstPassAndNoMore) {
  Allowance allowance;
  for (uint64_t i = 0; i < kBurst; ++i) {
    ASSERT_TRUE(allowance.Take(1, kRate, kStart)) << i;
  }
  EXPECT_FALSE(allowance.Take(1, kRate, kStart));
  EXPECT_TRUE(allowance.Take(1, kRate, kStart + milliseconds(50)));
  EXPECT_FALSE(allowance.Take(1, kRate, kStart + milliseconds(50)));
}

TEST(AllowanceTest, LetsTheRatePassForEver) {
  Allowance allowance;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(allowance.Take(1, kRate, kStart + i * milliseconds(50))) << i;
  }
  EXPECT_TRUE(allowance.Take(kBurst - 1, kRate,
                             kStart + seconds(500) + Allowance::kBurst))
      << "a rest fills it";
}

TEST(AllowanceTest, LetsNoMoreThanTheRatePass) {
  Allowance allowance;
  uint64_t passed = 0;
  for (int i = 0; i < 100'000; ++i) {
    passed += allowance.Take(1, kRate, kStart + i * milliseconds(1));
  }
  EXPECT_LE(passed, kBurst + 100 * kRate);
  EXPECT_GE(passed, 100 * kRate);
}

TEST(AllowanceTest, RefusesALotAtOnceAndIsAsItWas) {
  Allowance allowance;
  EXPECT_FALSE(
      allowance.Take(std::numeric_limits<uint64_t>::max(), kRate, kStart));
  EXPECT_TRUE(allowance.Take(kBurst, kRate, kStart));
}

TEST(AllowanceTest, WithoutARateAllMayPass) {
  Allowance allowance;
  EXPECT_TRUE(allowance.Take(1'000'000'000, 0, kStart));
}

}  // namespace
}  // namespace bridge
