// Invented readings, so that a first start shows a living dashboard.

#ifndef SERVICE_SIMULATION_SIMULATION_H_
#define SERVICE_SIMULATION_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "happiness/v1/happiness.pb.h"

namespace happiness {

// What the first `places` of kCities would report, taking turns. Each wanders
// around its mean, between 0 and 10: a random walk that is drawn back and
// reflected at both ends. The same seed gives the same places and values.
// Not thread-safe.
class Simulation {
 public:
  // `places` is 1 to kCities.size().
  Simulation(size_t places, uint64_t seed);

  // The next reading: place, happiness (to one decimal) and source.
  v1::Reading Next();

 private:
  // Uniform in [0, 1). The standard's distributions differ between libraries;
  // this one, like the engine, does not.
  double Uniform();
  // Roughly normal, of mean 0 and variance 1.
  double Normal();

  std::mt19937_64 random_;
  std::vector<double> levels_;  // of each place
  size_t turn_ = 0;
};

}  // namespace happiness

#endif  // SERVICE_SIMULATION_SIMULATION_H_
