// Wakes who waits for more, so that nobody else has to.

#ifndef SERVICE_LOG_WAKER_H_
#define SERVICE_LOG_WAKER_H_

#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "service/log/reading_log.h"

namespace happiness {

// Thread-safe. Calls waiters one after another on a thread of its own; where
// there are many, on some of gRPC's threads at the same time.
class Waker {
 public:
  using WaiterPtr = std::shared_ptr<ReadingLog::Waiter>;

  Waker();

  // All who are to be woken are, before it ends.
  ~Waker();

  // `waiter` is called once after the next WakeAll.
  void Add(WaiterPtr waiter);

  // A call may be under way already, and come after this has returned.
  void Remove(const WaiterPtr& waiter);

  // Returns at once.
  void WakeAll();

 private:
  using Waiters = absl::flat_hash_set<WaiterPtr>;

  void Work();
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !to_wake_.empty();
  }

  absl::Mutex mutex_;
  Waiters waiting_ ABSL_GUARDED_BY(mutex_);
  Waiters to_wake_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_WAKER_H_
