#include "bridge/viewer/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string ErrorOf(std::vector<Parameter> query) {
  auto delivery = Delivery::Take(&query);
  EXPECT_EQ(delivery.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(delivery.status().message());
}

TEST(DeliveryTest, IsEveryMessageIfNothingIsSaid) {
  std::vector<Parameter> query = {{"place", "Kampala"}};
  auto delivery = Delivery::Take(&query);
  ASSERT_TRUE(delivery.ok());
  EXPECT_FALSE(delivery->latest);
  EXPECT_THAT(query, ElementsAre(Pair("place", "Kampala")));
}

TEST(DeliveryTest, TakesItsOwnParametersOutOfTheQuery) {
  std::vector<Parameter> query = {{"bridge.delivery", "latest"},
                                  {"place", "Kampala"},
                                  {"bridge.maxRate", "4"}};
  auto delivery = Delivery::Take(&query);
  ASSERT_TRUE(delivery.ok());
  EXPECT_TRUE(delivery->latest);
  EXPECT_EQ(delivery->interval, absl::Milliseconds(250));
  EXPECT_THAT(query, ElementsAre(Pair("place", "Kampala")));
}

TEST(DeliveryTest, AllMayBeSaid) {
  std::vector<Parameter> query = {{"bridge.delivery", "all"}};
  auto delivery = Delivery::Take(&query);
  ASSERT_TRUE(delivery.ok());
  EXPECT_FALSE(delivery->latest);
  EXPECT_THAT(query, IsEmpty());
}

TEST(DeliveryTest, ARateMeansTheLatest) {
  std::vector<Parameter> query = {{"bridge.maxRate", "0.5"}};
  auto delivery = Delivery::Take(&query);
  ASSERT_TRUE(delivery.ok());
  EXPECT_TRUE(delivery->latest);
  EXPECT_EQ(delivery->interval, absl::Seconds(2));
}

TEST(DeliveryTest, NamesTheParameterThatIsWrong) {
  EXPECT_THAT(ErrorOf({{"bridge.delivery", "newest"}}),
              HasSubstr("\"bridge.delivery\": must be all or latest"));
  EXPECT_THAT(ErrorOf({{"bridge.maxrate", "1"}}),
              HasSubstr("\"bridge.maxrate\": the bridge knows"));
  EXPECT_THAT(ErrorOf({{"bridge.maxRate", "1"}, {"bridge.maxRate", "2"}}),
              HasSubstr("\"bridge.maxRate\": is given twice"));
  EXPECT_THAT(ErrorOf({{"bridge.maxRate", "1"}, {"bridge.delivery", "all"}}),
              HasSubstr("\"bridge.maxRate\": skips messages"));
  for (const char* rate :
       {"", "fast", "0", "-1", "0.0009", "1000.1", "1e9", "inf", "nan"}) {
    EXPECT_THAT(ErrorOf({{"bridge.maxRate", rate}}),
                HasSubstr("\"bridge.maxRate\": must be a number"))
        << rate;
  }
}

TEST(DeliveryTest, IsForStreams) {
  EXPECT_TRUE(Delivery::CheckNone({{"place", "Oslo"}, {"bridge.x", "1"}}).ok());
  for (const char* name : {"bridge.delivery", "bridge.maxRate"}) {
    EXPECT_THAT(std::string(Delivery::CheckNone({{name, "1"}}).message()),
                HasSubstr("is for streams"));
  }
}

}  // namespace
}  // namespace bridge
