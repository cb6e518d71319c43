#include "waiting/seldom.h"

#include <gtest/gtest.h>

namespace waiting {
namespace {

TEST(SeldomTest, IsDueOnceInAnInterval) {
  Seldom seldom(std::chrono::seconds(10));
  const Seldom::Clock::time_point start;
  EXPECT_TRUE(seldom.IsDue(start));
  EXPECT_FALSE(seldom.IsDue(start));
  EXPECT_FALSE(seldom.IsDue(start + std::chrono::milliseconds(9'999)));
  EXPECT_TRUE(seldom.IsDue(start + std::chrono::seconds(10)));
  EXPECT_FALSE(seldom.IsDue(start + std::chrono::seconds(19)));
  EXPECT_TRUE(seldom.IsDue(start + std::chrono::seconds(20)));
}

}  // namespace
}  // namespace waiting
