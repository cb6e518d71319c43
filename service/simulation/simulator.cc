#include "service/simulation/simulator.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "service/request/intake.h"

namespace happiness {

Simulator::Simulator(const SimulatorOptions& options, ReadingLog* log)
    : log_(log),
      spacing_(options.interval / static_cast<int64_t>(options.places)),
      simulation_(options.places, options.seed),
      thread_([this] { Run(); }) {}

Simulator::~Simulator() {
  stop_.Ring();
  thread_.join();
}

void Simulator::Run() {
  using Clock = std::chrono::steady_clock;
  // The n-th reading is due at start + n * spacing: no drift. When the machine
  // slept, what was missed is not made up for.
  Clock::time_point due = Clock::now();
  for (;;) {
    AppendNext();
    const Clock::time_point now = Clock::now();
    due = std::max(due + absl::ToChronoNanoseconds(spacing_), now);
    if (stop_.WaitFor(absl::FromChrono(due - now))) return;
  }
}

void Simulator::AppendNext() {
  std::vector<v1::Reading> readings = {simulation_.Next()};
  Complete(absl::Now(), &readings.front());
  log_->Append(std::move(readings), [](auto appended) {
    if (!appended.ok()) {
      spdlog::warn("the simulator's reading is lost: {}",
                   appended.status().ToString());
    }
  });
}

}  // namespace happiness
