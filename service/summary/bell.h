// What wakes a thread that otherwise sleeps until some time.
//
//   while (!stop) { bell.WaitUntil(next); Work(); }

#ifndef SERVICE_SUMMARY_BELL_H_
#define SERVICE_SUMMARY_BELL_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace happiness {

// Wakes the one thread that listens to it. Thread-safe.
class Bell {
 public:
  void Ring() {
    absl::MutexLock lock(&mutex_);
    rung_ = true;
  }

  // Returns when it was rung since this returned last, or else at `deadline`.
  // Says whether it was rung.
  bool WaitUntil(absl::Time deadline) {
    absl::MutexLock lock(&mutex_);
    const bool rung =
        mutex_.AwaitWithDeadline(absl::Condition(&rung_), deadline);
    rung_ = false;
    return rung;
  }

 private:
  absl::Mutex mutex_;
  bool rung_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_BELL_H_
