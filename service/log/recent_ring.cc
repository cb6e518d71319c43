#include "service/log/recent_ring.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

absl::Status OutOfRange(int64_t sequence, LogExtent extent) {
  const std::string problem =
      sequence > extent.last
          ? absl::StrCat("sequence ", sequence, " is ahead of the log")
          : absl::StrCat("the readings after sequence ", sequence, " are gone");
  if (extent.first > extent.last) {
    return absl::OutOfRangeError(
        absl::StrCat(problem, ": no readings are available yet"));
  }
  return absl::OutOfRangeError(absl::StrCat(problem, ": readings ",
                                            extent.first, " to ", extent.last,
                                            " are available"));
}

}  // namespace

LogExtent RecentRing::Extent() const {
  return {.first = next_ - static_cast<int64_t>(slots_.size()),
          .last = next_ - 1};
}

EntryPtr RecentRing::Push(EntryPtr entry) {
  ++next_;
  if (slots_.size() < capacity_) {
    slots_.push_back(std::move(entry));
    return nullptr;
  }
  return std::exchange(slots_[SlotOf(next_ - 2)], std::move(entry));
}

absl::StatusOr<std::vector<EntryPtr>> RecentRing::ReadAfter(
    int64_t sequence, size_t limit) const {
  const LogExtent extent = Extent();
  if (sequence < extent.first - 1 || sequence > extent.last) {
    return OutOfRange(sequence, extent);
  }
  const int64_t end =
      std::min(next_, sequence + 1 +
                          static_cast<int64_t>(std::min(limit, slots_.size())));
  std::vector<EntryPtr> entries;
  entries.reserve(static_cast<size_t>(end - sequence - 1));
  for (int64_t s = sequence + 1; s < end; ++s) {
    entries.push_back(slots_[SlotOf(s - 1)]);
  }
  return entries;
}

}  // namespace happiness
