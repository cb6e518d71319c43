// The newest messages of a feed, by position.

#ifndef BRIDGE_FEED_RING_H_
#define BRIDGE_FEED_RING_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "bridge/feed/frame.h"

namespace bridge {

// How much a ring may hold. The newest frame is always kept, whatever its size.
struct RingLimits {
  size_t frames = 1024;
  size_t bytes = 16 << 20;
};

// A bounded run of frames at consecutive positions. Pushing drops the oldest
// ones beyond the limits. A reader is a position of its own: one below first()
// has fallen off. Not thread-safe.
class Ring {
 public:
  // The first frame pushed will stand at `position`.
  explicit Ring(RingLimits limits, uint64_t position = 0)
      : limits_(limits), first_(position) {}

  uint64_t first() const { return first_; }
  uint64_t end() const { return first_ + slots_.size(); }
  bool empty() const { return slots_.empty(); }

  // REQUIRES: first() <= position < end()
  const FramePtr& at(uint64_t position) const {
    assert(position >= first_ && position < end());
    return slots_[position - first_].frame;
  }

  // The bytes of all frames from `position` on.
  // REQUIRES: position <= end()
  size_t BytesFrom(uint64_t position) const {
    if (position >= end()) return 0;
    const Slot& slot = slots_[position > first_ ? position - first_ : 0];
    return pushed_bytes_ - (slot.bytes_through - slot.frame->size());
  }

  // Where one goes on who has seen every message up to `cursor`; none if the
  // ring does not have all that come next, no longer or not yet. For frames
  // with cursors, which grow from one to the next.
  std::optional<uint64_t> After(int64_t cursor) const {
    if (empty() || cursor > CursorAt(end() - 1) || Misses(cursor)) {
      return std::nullopt;
    }
    auto next = std::upper_bound(slots_.begin(), slots_.end(), cursor,
                                 [](int64_t seen, const Slot& slot) {
                                   return seen < *slot.frame->cursor();
                                 });
    return first_ + static_cast<uint64_t>(next - slots_.begin());
  }

  // True if messages behind `cursor` may have been before what the ring has.
  bool Misses(int64_t cursor) const {
    if (dropped_.has_value()) return cursor < *dropped_;
    return !empty() && cursor < CursorAt(first_) &&
           static_cast<uint64_t>(CursorAt(first_)) -
                   static_cast<uint64_t>(cursor) >
               1;
  }

  size_t bytes() const { return BytesFrom(first_); }

  // Lets go of the frames before `position`.
  void DropBefore(uint64_t position) {
    while (first_ < position && !slots_.empty()) PopFront();
  }

  void Push(FramePtr frame) {
    pushed_bytes_ += frame->size();
    slots_.push_back({std::move(frame), pushed_bytes_});
    while (slots_.size() > 1 &&
           (slots_.size() > limits_.frames || bytes() > limits_.bytes)) {
      PopFront();
    }
  }

 private:
  struct Slot {
    FramePtr frame;
    uint64_t bytes_through;  // of all frames ever pushed, this one included
  };

  int64_t CursorAt(uint64_t position) const {
    return at(position)->cursor().value_or(0);
  }

  void PopFront() {
    dropped_ = slots_.front().frame->cursor();
    slots_.pop_front();
    ++first_;
  }

  RingLimits limits_;
  uint64_t first_;
  uint64_t pushed_bytes_ = 0;
  std::optional<int64_t> dropped_;  // the cursor of the last frame let go of
  std::deque<Slot> slots_;
};

}  // namespace bridge

#endif  // BRIDGE_FEED_RING_H_
