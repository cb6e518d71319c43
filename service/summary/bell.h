// What wakes a thread that otherwise sleeps until some time.
//
//   while (!stop) { bell.WaitUntil(next); Work(); }

#ifndef SERVICE_SUMMARY_BELL_H_
#define SERVICE_SUMMARY_BELL_H_

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace happiness {

// Wakes the one thread that listens to it. Thread-safe.
class Bell {
 public:
  // The longest wait.
  static constexpr absl::Duration kPatience = absl::Hours(1);

  void Ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }

  // Returns when it was rung since this returned last, or else at `deadline`,
  // as the clock says now: one that is set back makes nobody wait for longer,
  // as it would with absl::Mutex. Says whether it was rung.
  bool WaitUntil(absl::Time deadline) {
    const absl::Duration time =
        std::clamp(deadline - absl::Now(), absl::ZeroDuration(), kPatience);
    std::unique_lock lock(mutex_);
    const bool rung = changed_.wait_for(lock, absl::ToChronoNanoseconds(time),
                                        [this] { return rung_; });
    rung_ = false;
    return rung;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;  // guarded by mutex_
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_BELL_H_
