#include "service/log/recent_ring.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace happiness {

void RecentRing::Push(EntryPtr entry) {
  assert(entry->sequence >= next_);
  if (slots_.empty()) slots_.resize(capacity_);
  const auto capacity = static_cast<int64_t>(capacity_);
  const int64_t sequence = entry->sequence;
  for (int64_t s = std::max(next_, sequence - capacity); s < sequence; ++s) {
    slots_[SlotOf(s)] = nullptr;
  }
  size_ = static_cast<size_t>(
      std::min(static_cast<int64_t>(size_) + sequence + 1 - next_, capacity));
  next_ = sequence + 1;
  slots_[SlotOf(sequence)] = std::move(entry);
}

void RecentRing::Restart(int64_t next) {
  slots_.clear();
  size_ = 0;
  next_ = next;
}

std::vector<EntryPtr> RecentRing::ReadAfter(int64_t sequence,
                                            size_t limit) const {
  std::vector<EntryPtr> entries;
  if (sequence + 1 >= next_) return entries;
  entries.reserve(std::min(limit, static_cast<size_t>(next_ - sequence - 1)));
  for (int64_t s = sequence + 1; s < next_ && entries.size() < limit; ++s) {
    if (const EntryPtr& entry = slots_[SlotOf(s)]) entries.push_back(entry);
  }
  return entries;
}

}  // namespace happiness
