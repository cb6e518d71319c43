#include "service/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/request/validation.h"
#include "service/simulation/cities.h"

namespace happiness {
namespace {

std::string RunOf(uint64_t seed, int count) {
  Simulation simulation(8, seed);
  std::string run;
  for (int i = 0; i < count; ++i) {
    const v1::Reading reading = simulation.Next();
    absl::StrAppend(&run, reading.place(), " ", reading.happiness(), "\n");
  }
  return run;
}

TEST(SimulationTest, TheSameSeedRepeatsTheRun) {
  EXPECT_EQ(RunOf(7, 1'000), RunOf(7, 1'000));
}

TEST(SimulationTest, AnotherSeedGivesAnotherRun) {
  EXPECT_NE(RunOf(7, 1'000), RunOf(8, 1'000));
}

TEST(SimulationTest, PlacesTakeTurns) {
  Simulation simulation(3, 1);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(simulation.Next().place(), kCities[i].name);
    }
  }
}

TEST(SimulationTest, ReadingsOfEveryCityAreValid) {
  Simulation simulation(kCities.size(), 1);
  for (int i = 0; i < 100'000; ++i) {
    v1::Reading reading = simulation.Next();
    EXPECT_EQ(reading.source(), "simulator");
    const double tenths = reading.happiness() * 10;
    EXPECT_LT(std::abs(tenths - std::round(tenths)), 1e-9);
    const absl::Status status = ValidateReading(reading, absl::Now());
    ASSERT_TRUE(status.ok()) << status;
  }
}

TEST(SimulationTest, EachPlaceWandersAroundItsMean) {
  constexpr int kRounds = 20'000;
  Simulation simulation(kCities.size(), 1);
  std::vector<double> sums(kCities.size());
  std::vector<double> squares(kCities.size());
  for (int i = 0; i < kRounds; ++i) {
    for (size_t city = 0; city < kCities.size(); ++city) {
      const double happiness = simulation.Next().happiness();
      sums[city] += happiness;
      squares[city] += happiness * happiness;
    }
  }
  for (size_t city = 0; city < kCities.size(); ++city) {
    const double mean = sums[city] / kRounds;
    EXPECT_NEAR(mean, kCities[city].mean, 0.3) << kCities[city].name;
    EXPECT_GT(squares[city] / kRounds - mean * mean, 0.5);
  }
}

TEST(CitiesTest, AllHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const City& city : kCities) EXPECT_TRUE(names.insert(city.name).second);
}

}  // namespace
}  // namespace happiness
