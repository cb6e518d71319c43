// Holds a viewer's frames back to a rate.

#ifndef BRIDGE_VIEWER_PACE_H_
#define BRIDGE_VIEWER_PACE_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/time/time.h"

namespace bridge {

// Lets one frame pass in each interval. Used on its shard's thread; owned by
// one shared_ptr.
class Pace : public std::enable_shared_from_this<Pace> {
 public:
  // Calls `when_due` when a frame that was held back may pass; not after its
  // own destruction.
  Pace(boost::asio::io_context& shard, absl::Duration interval,
       std::function<void()> when_due)
      : interval_(absl::ToChronoNanoseconds(interval)),
        when_due_(std::move(when_due)),
        timer_(shard) {}

  // Whether a frame may pass now. If not, `when_due` will tell.
  bool MayPass() {
    if (Clock::now() >= next_) return true;
    if (waiting_) return false;
    waiting_ = true;
    timer_.expires_at(next_);
    timer_.async_wait([weak = weak_from_this()](auto /*error*/) {
      auto self = weak.lock();
      if (self == nullptr) return;
      self->waiting_ = false;
      self->when_due_();
    });
    return false;
  }

  // A frame has passed.
  void Passed() { next_ = Clock::now() + interval_; }

 private:
  using Clock = std::chrono::steady_clock;

  const Clock::duration interval_;
  const std::function<void()> when_due_;
  Clock::time_point next_;
  bool waiting_ = false;
  boost::asio::steady_timer timer_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_PACE_H_
