#include "service/request/intake.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "service/log/entry.h"
#include "service/request/uuid.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

const absl::Time kNow =
    absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789);

TEST(IntakeTest, FillsInWhatTheClientLeftUnset) {
  v1::RecordReadingRequest request;
  *request.mutable_reading() = MakeReading("Oslo", 0);
  const auto reading =
      TakeReading<v1::RecordReadingRequest>(Encode(request), kNow);
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->observe_time().seconds(), 1'700'000'000);
  EXPECT_EQ(reading->observe_time().nanos(), 123'456'789);
  EXPECT_EQ(reading->reading_id().size(), 36u);
  EXPECT_TRUE(reading->has_happiness());
}

TEST(IntakeTest, LeavesWhatTheClientSet) {
  v1::RecordReadingsRequest request;
  *request.mutable_reading() = MakeReading("Oslo", 7, "mine");
  request.mutable_reading()->mutable_observe_time()->set_seconds(-1);
  const auto reading =
      TakeReading<v1::RecordReadingsRequest>(Encode(request), kNow);
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->SerializeAsString(),
            request.reading().SerializeAsString());
}

TEST(IntakeTest, RefusesARequestWithoutAReading) {
  EXPECT_EQ(TakeReading<v1::RecordReadingRequest>(
                Encode(v1::RecordReadingRequest()), kNow)
                .status()
                .message(),
            "reading.place must not be empty; reading.happiness must be set");
}

TEST(UuidTest, IsNewAndOfVersionSeven) {
  const std::regex form(
      "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string uuid = NewUuid();
    EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace happiness
