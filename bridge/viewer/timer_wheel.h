// Coarse timers for very many viewers.

#ifndef BRIDGE_VIEWER_TIMER_WHEEL_H_
#define BRIDGE_VIEWER_TIMER_WHEEL_H_

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>

namespace bridge {

// Calls its members when they are due: never early, a tick late at the most.
// After 64 seconds at the latest, though, when they may ask again. One asio
// timer serves them all; a member costs two pointers.
//
// Belongs to one shard, and is used on its thread alone.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{250};

  // Something that is called when its time has come. Leaves the wheel when it
  // is destroyed.
  class Member
      : public boost::intrusive::list_base_hook<
            boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    virtual ~Member() = default;
    // No longer in the wheel, and may be destroyed by it.
    virtual void OnDue() = 0;
  };

  explicit TimerWheel(boost::asio::io_context& io)
      : timer_(io), last_tick_(Clock::now()) {
    Tick();
  }

  // Calls `member` after `delay`. It must not be in the wheel already; to move
  // it, `unlink` it first.
  void Add(Member& member, std::chrono::milliseconds delay) {
    auto due = Clock::now() + std::clamp(delay, kTick * 0, kMaxDelay);
    auto ticks = static_cast<size_t>((due - last_tick_) / kTick) + 1;
    slots_[(now_ + std::min(ticks, kSlots - 1)) % kSlots].push_back(member);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static constexpr size_t kSlots = 256;
  static constexpr std::chrono::milliseconds kMaxDelay = (kSlots - 4) * kTick;
  using Slot =
      boost::intrusive::list<Member,
                             boost::intrusive::constant_time_size<false>>;

  // Ticks are counted from the first, so that being late does not add up.
  void Tick() {
    timer_.expires_at(last_tick_ + kTick);
    timer_.async_wait([this](auto error) {
      if (error) return;
      last_tick_ += kTick;
      Slot& due = slots_[++now_ % kSlots];
      Tick();  // first, for a member may throw
      while (!due.empty()) {
        Member& member = due.front();
        due.pop_front();
        member.OnDue();
      }
    });
  }

  boost::asio::steady_timer timer_;
  Clock::time_point last_tick_;
  size_t now_ = 0;  // the slot of last_tick_
  std::array<Slot, kSlots> slots_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_TIMER_WHEEL_H_
