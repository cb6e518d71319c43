#include "service/log/recent_ring.h"

#include <algorithm>
#include <utility>

namespace happiness {

void RecentRing::Push(EntryPtr entry) {
  if (slots_.empty()) slots_.resize(capacity_);
  slots_[SlotOf(next_++)] = std::move(entry);
  size_ = std::min(size_ + 1, capacity_);
}

std::vector<EntryPtr> RecentRing::ReadAfter(int64_t sequence,
                                            size_t limit) const {
  const int64_t end = std::min(
      next_, sequence + 1 + static_cast<int64_t>(std::min(limit, capacity_)));
  std::vector<EntryPtr> entries;
  entries.reserve(static_cast<size_t>(end - sequence - 1));
  for (int64_t s = sequence + 1; s < end; ++s) {
    entries.push_back(slots_[SlotOf(s)]);
  }
  return entries;
}

}  // namespace happiness
