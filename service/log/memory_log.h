// A log in memory, bounded: it keeps the most recent readings, and loses all of
// them when the process ends.

#ifndef SERVICE_LOG_MEMORY_LOG_H_
#define SERVICE_LOG_MEMORY_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "service/log/reading_log.h"
#include "service/log/recent_ring.h"

namespace happiness {

// Thread-safe. An id is known for as long as its reading is kept: a reading
// sent again after that is recorded again.
//
// Append calls `done`, then the waiters, on the calling thread.
class MemoryLog : public ReadingLog {
 public:
  static constexpr size_t kDefaultCapacity = 65'536;

  explicit MemoryLog(size_t capacity = kDefaultCapacity) : ring_(capacity) {}

  void Append(std::vector<v1::Reading> readings, AppendCallback done) override;
  LogExtent Extent() const override;
  absl::StatusOr<std::vector<EntryPtr>> ReadAfter(int64_t sequence,
                                                  size_t limit) const override;
  bool Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) override;
  void StopWaiting(const std::shared_ptr<Waiter>& waiter) override;

 private:
  using Waiters = absl::flat_hash_set<std::shared_ptr<Waiter>>;

  Appended AppendOne(v1::Reading& reading)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  RecentRing ring_ ABSL_GUARDED_BY(mutex_);
  // Of each entry in the ring. The keys are views of the entries' own ids.
  absl::flat_hash_map<std::string_view, EntryPtr> by_id_
      ABSL_GUARDED_BY(mutex_);
  // All of them have read everything.
  Waiters waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_LOG_MEMORY_LOG_H_
