// Lets a Simulation run against the clock and into the log.

#ifndef SERVICE_SIMULATION_SIMULATOR_H_
#define SERVICE_SIMULATION_SIMULATOR_H_

#include <cstddef>
#include <cstdint>
#include <thread>

#include "absl/time/time.h"
#include "service/log/reading_log.h"
#include "service/simulation/simulation.h"
#include "waiting/bell.h"

namespace happiness {

struct SimulatorOptions {
  size_t places = 8;  // 1 to kCities.size()
  absl::Duration interval =
      absl::Seconds(5);  // between two readings of a place
  uint64_t seed = 0;
};

// Appends, from a thread of its own and from its construction to its
// destruction, a reading of one place after another: evenly spaced, so that
// each place has its turn once in every interval. `log` must outlive it.
class Simulator {
 public:
  Simulator(const SimulatorOptions& options, ReadingLog* log);
  ~Simulator();  // stops at once

  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

 private:
  void Run();
  void AppendNext();

  ReadingLog* const log_;
  const absl::Duration spacing_;

  waiting::Bell stop_;
  Simulation simulation_;  // the thread's alone
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_SIMULATION_SIMULATOR_H_
