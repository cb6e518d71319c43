#include "bridge/clock_watch.h"

#include <grpcpp/alarm.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "absl/time/time.h"

namespace bridge {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
// Less is a clock that is being adjusted, or a thread that had to wait.
constexpr absl::Duration kStep = absl::Milliseconds(100);

// How far the clock is ahead of the one that nobody can set. Between the two
// looks the thread may have had to wait.
absl::Duration Lead() {
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  return absl::FromChrono(clock - steady);
}

absl::Duration Rounded(absl::Duration duration) {
  return absl::Trunc(duration + kStep / 2, kStep);
}

// By a timer that is due before all others.
void WakeTimers() {
  grpc::Alarm soon;
  soon.Set(std::chrono::system_clock::now() + std::chrono::milliseconds(2),
           [](bool /*due*/) {});
}

}  // namespace

ClockWatch::ClockWatch() : thread_([this] { Run(); }) {}

ClockWatch::~ClockWatch() {
  done_.Ring();
  thread_.join();
}

void ClockWatch::Run() {
  absl::Duration lead = Lead();
  while (!done_.WaitFor(kInterval)) {
    const absl::Duration step = Lead() - lead;
    lead += step;
    if (absl::AbsDuration(step) < kStep) continue;
    spdlog::warn("the clock was set {} by {}",
                 step < absl::ZeroDuration() ? "back" : "forward",
                 absl::FormatDuration(Rounded(absl::AbsDuration(step))));
    if (step < absl::ZeroDuration()) WakeTimers();
  }
}

}  // namespace bridge
