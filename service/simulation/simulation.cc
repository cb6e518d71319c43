#include "service/simulation/simulation.h"

#include <cmath>

#include "service/request/validation.h"
#include "service/simulation/cities.h"

namespace happiness {
namespace {

constexpr double kStep = 0.5;       // the standard deviation of one step
constexpr double kDrawnBack = 0.1;  // the part of the way to the mean

// `level` folded back into the range, as if it had bounced off its ends.
double Reflect(double level) {
  if (level < kMinHappiness) level = 2 * kMinHappiness - level;
  if (level > kMaxHappiness) level = 2 * kMaxHappiness - level;
  return level;
}

}  // namespace

Simulation::Simulation(size_t places, uint64_t seed) : random_(seed) {
  for (size_t i = 0; i < places; ++i) {
    levels_.push_back(Reflect(kCities[i].mean + Normal()));
  }
}

v1::Reading Simulation::Next() {
  const City& city = kCities[turn_];
  double& level = levels_[turn_];
  level = Reflect(level + kDrawnBack * (city.mean - level) + kStep * Normal());
  turn_ = (turn_ + 1) % levels_.size();

  v1::Reading reading;
  reading.set_place(city.name);
  reading.set_happiness(std::round(level * 10) / 10);
  reading.set_source("simulator");
  return reading;
}

double Simulation::Uniform() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

double Simulation::Normal() {
  double sum = -6;  // Irwin and Hall's: twelve uniform ones have variance 1
  for (int i = 0; i < 12; ++i) sum += Uniform();
  return sum;
}

}  // namespace happiness
