// The most recent entries of a log, in memory.

#ifndef SERVICE_LOG_RECENT_RING_H_
#define SERVICE_LOG_RECENT_RING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "service/log/entry.h"

namespace happiness {

// Keeps the entries of the last `capacity` sequences, some of which may have
// none. Belongs to a log, whose mutex guards it: not thread-safe by itself.
class RecentRing {
 public:
  // `capacity` must be at least 1; `next` is the sequence of the first entry.
  explicit RecentRing(size_t capacity, int64_t next = 1)
      : capacity_(capacity), next_(next) {}

  // The sequence of the next entry, unless some are left out.
  int64_t next_sequence() const { return next_; }

  // All entries from this sequence on are here.
  int64_t first_sequence() const { return next_ - static_cast<int64_t>(size_); }

  // Adds an entry, which must not come before next_sequence(). What is then too
  // old for the ring is pushed out.
  void Push(EntryPtr entry);

  // Forgets all entries: the next is `next`, or later.
  void Restart(int64_t next);

  // Up to `limit` entries that follow `sequence`. REQUIRES: first_sequence() <=
  // sequence + 1.
  std::vector<EntryPtr> ReadAfter(int64_t sequence, size_t limit) const;

 private:
  size_t SlotOf(int64_t sequence) const {
    return static_cast<size_t>(sequence) % capacity_;
  }

  const size_t capacity_;

  int64_t next_;
  size_t size_ = 0;
  // Has `capacity_` places once the first entry is there. The entry with
  // sequence s is at SlotOf(s), which is null if there is none.
  std::vector<EntryPtr> slots_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_RECENT_RING_H_
