// The newest messages of a feed, by position.

#ifndef BRIDGE_FEED_RING_H_
#define BRIDGE_FEED_RING_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
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

  // Lets go of the frames before `position`.
  void DropBefore(uint64_t position) {
    while (first_ < position && !slots_.empty()) PopFront();
  }

  void Push(FramePtr frame) {
    pushed_bytes_ += frame->size();
    slots_.push_back({std::move(frame), pushed_bytes_});
    while (slots_.size() > 1 && (slots_.size() > limits_.frames ||
                                 BytesFrom(first_) > limits_.bytes)) {
      PopFront();
    }
  }

 private:
  struct Slot {
    FramePtr frame;
    uint64_t bytes_through;  // of all frames ever pushed, this one included
  };

  void PopFront() {
    slots_.pop_front();
    ++first_;
  }

  RingLimits limits_;
  uint64_t first_;
  uint64_t pushed_bytes_ = 0;
  std::deque<Slot> slots_;
};

}  // namespace bridge

#endif  // BRIDGE_FEED_RING_H_
