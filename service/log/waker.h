// Wakes who waits for more, so that nobody else has to.

#ifndef SERVICE_LOG_WAKER_H_
#define SERVICE_LOG_WAKER_H_

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "service/log/reading_log.h"

namespace happiness {

// Thread-safe. Calls waiters one after another on a thread of its own, and on
// those that help.
//
// Waiters are streams, and what they do is to start a write. gRPC tells of its
// end on a thread of its own, which must be woken for each one, unless it is
// busy: so a stream that has sent all starts another's write there. For a
// thousand streams that saves most switches between threads
// (tests/bench/fan_out).
class Waker {
 public:
  using WaiterPtr = std::shared_ptr<ReadingLog::Waiter>;

  Waker();

  // All who are to be woken are, before it ends. REQUIRES: nobody helps.
  ~Waker();

  // `waiter` is called once after the next WakeAll.
  void Add(WaiterPtr waiter);

  // A call may be under way already, and come after this has returned.
  void Remove(const WaiterPtr& waiter);

  // Returns at once.
  void WakeAll();

  // Calls one of those who are to be called, if there is any. No more than one:
  // what else gRPC's thread has to do waits behind what that begins.
  void Help();

 private:
  using Waiters = absl::flat_hash_set<WaiterPtr>;

  void Work();
  // Waits for some to wake. False if it is to stop, and all have been woken.
  bool BeginRound();
  // False if the round is over.
  bool CallOne();
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !to_wake_.empty();
  }

  absl::Mutex mutex_;
  Waiters waiting_ ABSL_GUARDED_BY(mutex_);
  Waiters to_wake_ ABSL_GUARDED_BY(mutex_);
  std::vector<WaiterPtr> round_ ABSL_GUARDED_BY(mutex_);  // to be called now
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Whether round_ has any, for Help to see without the lock.
  std::atomic<bool> in_round_ = false;

  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_WAKER_H_
