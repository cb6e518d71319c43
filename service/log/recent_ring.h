// The most recent entries of a log, in memory.

#ifndef SERVICE_LOG_RECENT_RING_H_
#define SERVICE_LOG_RECENT_RING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "service/log/entry.h"
#include "service/log/reading_log.h"

namespace happiness {

// Keeps the last `capacity` entries, whose sequences have no holes. Belongs to
// a log, whose mutex guards it: not thread-safe by itself.
class RecentRing {
 public:
  // `capacity` must be at least 1.
  explicit RecentRing(size_t capacity) : capacity_(capacity) {}

  // The sequence that the next entry must have.
  int64_t next_sequence() const { return next_; }

  LogExtent Extent() const;

  // Adds the entry with next_sequence(). Returns the one that it pushed out, or
  // null.
  EntryPtr Push(EntryPtr entry);

  // As ReadingLog::ReadAfter.
  absl::StatusOr<std::vector<EntryPtr>> ReadAfter(int64_t sequence,
                                                  size_t limit) const;

 private:
  size_t SlotOf(int64_t sequence) const {
    return static_cast<size_t>(sequence) % capacity_;
  }

  const size_t capacity_;

  int64_t next_ = 1;
  // Grows to `capacity_` and stays there. The entry with sequence s is at
  // SlotOf(s - 1).
  std::vector<EntryPtr> slots_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_RECENT_RING_H_
