// Threads that read the store, so that nobody else waits for a disk.

#ifndef SERVICE_STORE_READ_POOL_H_
#define SERVICE_STORE_READ_POOL_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/store/database.h"
#include "service/store/store.h"

namespace happiness {

// Thread-safe. Its jobs run in the order in which they came, as many at a time
// as it has threads, each of which has a connection of its own.
class ReadPool {
 public:
  using Job = absl::AnyInvocable<void(Database&) &&>;

  // At most `max_waiting` jobs wait. `store` must outlive the pool.
  static absl::StatusOr<std::unique_ptr<ReadPool>> Start(const Store& store,
                                                         size_t threads,
                                                         size_t max_waiting);

  // Runs the jobs that wait, then ends.
  ~ReadPool();

  // Runs `job` later, on one of the pool's threads. RESOURCE_EXHAUSTED, and the
  // job is dropped, if too many wait; UNAVAILABLE if the pool ends.
  absl::Status Run(Job job);

 private:
  explicit ReadPool(size_t max_waiting) : max_waiting_(max_waiting) {}

  void Work(Database db);
  bool MayGoOn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  }

  const size_t max_waiting_;

  absl::Mutex mutex_;
  std::deque<Job> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_READ_POOL_H_
