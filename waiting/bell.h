// What wakes a thread that otherwise sleeps until some time.
//
//   while (!stop) { bell.WaitUntil(next); Work(); }

#ifndef WAITING_BELL_H_
#define WAITING_BELL_H_

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace waiting {

// Wakes the one thread that listens to it. Thread-safe.
//
// A clock that is set back makes nobody wait for longer, as it does with
// absl::Mutex.
class Bell {
 public:
  // The longest that WaitUntil waits: then the clock may be another one.
  static constexpr absl::Duration kPatience = absl::Seconds(1);

  void Ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }

  // Returns when it was rung since a wait returned last, or else after `time`.
  // Says whether it was rung.
  bool WaitFor(absl::Duration time) {
    constexpr absl::Duration kEver = absl::Hours(100'000);
    time = std::clamp(time, absl::ZeroDuration(), kEver);
    std::unique_lock lock(mutex_);
    const bool rung = changed_.wait_for(lock, absl::ToChronoNanoseconds(time),
                                        [this] { return rung_; });
    rung_ = false;
    return rung;
  }

  // The same, until `deadline` or for kPatience.
  bool WaitUntil(absl::Time deadline) {
    return WaitFor(std::min(deadline - absl::Now(), kPatience));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;  // guarded by mutex_
};

}  // namespace waiting

#endif  // WAITING_BELL_H_
