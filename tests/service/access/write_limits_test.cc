#include "service/access/write_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace happiness {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class WriteLimitsTest : public ::testing::Test {
 protected:
  // How many of `count` readings, at once, may be recorded.
  int Take(WriteLimits* limits, const std::string& name, int count) const {
    int taken = 0;
    for (; count > 0; --count) taken += limits->Take(name, now_).ok();
    return taken;
  }

  WriteLimits::Clock::time_point now_ = WriteLimits::Clock::now();
};

TEST_F(WriteLimitsTest, EachNameHasASecondsWorthAndThenTheRate) {
  WriteLimits limits(100);
  EXPECT_EQ(Take(&limits, "a", 1'000), 100);
  EXPECT_EQ(Take(&limits, "b", 99), 99);
  now_ += milliseconds(500);
  EXPECT_EQ(Take(&limits, "a", 1'000), 50);
  EXPECT_EQ(Take(&limits, "b", 1'000), 51);
  now_ += milliseconds(10'000);
  EXPECT_EQ(Take(&limits, "a", 1'000), 100);
}

TEST_F(WriteLimitsTest, SaysWhichLimitAndWhenToComeAgain) {
  WriteLimits limits(1);
  EXPECT_EQ(Take(&limits, "a", 1), 1);
  const absl::Status status = limits.Take("a", now_);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("more than 1 readings a second"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("--max_writes_per_token"));
  EXPECT_TRUE(WriteLimits::Refused(status));
  EXPECT_FALSE(WriteLimits::Refused(absl::ResourceExhaustedError("full")));
  const auto detail =
      status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo info;
  ASSERT_TRUE(detail.has_value());
  ASSERT_TRUE(info.ParseFromString(std::string(*detail)));
  EXPECT_EQ(info.retry_delay().seconds(), 1);
}

TEST_F(WriteLimitsTest, ZeroIsAnyNumberAndSoIsNobody) {
  WriteLimits any(0);
  EXPECT_EQ(Take(&any, "a", 10'000), 10'000);
  EXPECT_EQ(any.size(), 0u);
  WriteLimits limits(1);
  EXPECT_EQ(Take(&limits, "", 10'000), 10'000);
  EXPECT_EQ(limits.size(), 0u);
}

TEST_F(WriteLimitsTest, ForgetsWhoIsIdleAndKnowsSoManyAndNoMore) {
  WriteLimits limits(1);
  for (size_t i = 0; i < WriteLimits::kMaxNames; ++i) {
    ASSERT_TRUE(limits.Take(absl::StrCat("name ", i), now_).ok());
  }
  const absl::Status status = limits.Take("one more", now_);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("different names"));
  EXPECT_EQ(limits.size(), WriteLimits::kMaxNames);
  now_ += milliseconds(1'000);
  EXPECT_TRUE(limits.Take("one more", now_).ok());
  EXPECT_EQ(limits.size(), 1u);
}

}  // namespace
}  // namespace happiness
