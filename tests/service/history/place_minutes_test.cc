#include "service/history/place_minutes.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "service/store/places.h"
#include "service/store/store.h"
#include "tests/service/testing/store_filler.h"

namespace happiness {
namespace {

class PlaceMinutesTest : public ::testing::Test {
 protected:
  void Add(const char* place, int64_t minute) {
    filler_.Add(place, minute * kMinuteMicros);
  }

  std::vector<int64_t> Walk(const std::vector<const char*>& names, int64_t from,
                            bool newest_first) {
    std::vector<int64_t> places;
    for (const char* name : names) {
      places.push_back(**FindPlace(filler_.db(), name));
    }
    PlaceMinutes minutes(filler_.db(), places, from, newest_first);
    std::vector<int64_t> found;
    for (;;) {
      const auto minute = minutes.Next();
      EXPECT_TRUE(minute.ok()) << minute.status();
      if (!minute.ok() || !*minute) return found;
      found.push_back(**minute);
    }
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  StoreFiller filler_{*store_};
};

using Minutes = std::vector<int64_t>;

TEST_F(PlaceMinutesTest, GivesTheMinutesOfAnyOfThePlacesOnceInOrder) {
  for (int64_t minute : {-3, 0, 2, 7}) Add("Oslo", minute);
  for (int64_t minute : {-1, 0, 7, 9}) Add("Lima", minute);
  for (int64_t minute : {-2, 1, 8}) Add("Kyiv", minute);
  EXPECT_EQ(Walk({"Oslo", "Lima"}, -100, false), (Minutes{-3, -1, 0, 2, 7, 9}));
  EXPECT_EQ(Walk({"Oslo", "Lima"}, 100, true), (Minutes{9, 7, 2, 0, -1, -3}));
  EXPECT_EQ(Walk({"Kyiv"}, -100, false), (Minutes{-2, 1, 8}));
}

TEST_F(PlaceMinutesTest, BeginsWithTheMinuteThatItIsGiven) {
  for (int64_t minute : {-3, 0, 2, 7}) Add("Oslo", minute);
  EXPECT_EQ(Walk({"Oslo"}, 0, false), (Minutes{0, 2, 7}));
  EXPECT_EQ(Walk({"Oslo"}, 1, false), (Minutes{2, 7}));
  EXPECT_EQ(Walk({"Oslo"}, 2, true), (Minutes{2, 0, -3}));
  EXPECT_EQ(Walk({"Oslo"}, 8, false), Minutes());
  EXPECT_EQ(Walk({"Oslo"}, -4, true), Minutes());
}

TEST_F(PlaceMinutesTest, APlaceThatIsGivenTwiceCountsOnce) {
  for (int64_t minute : {1, 2}) Add("Oslo", minute);
  EXPECT_EQ(Walk({"Oslo", "Oslo"}, 0, false), (Minutes{1, 2}));
}

}  // namespace
}  // namespace happiness
