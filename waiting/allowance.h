// How much somebody may do, or send, in a time.

#ifndef WAITING_ALLOWANCE_H_
#define WAITING_ALLOWANCE_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace waiting {

// So many pieces a second; after a while of fewer, some more at once. A token
// bucket (as ATM's GCRA counts) of 8 bytes: those are for a million clients.
// Not thread-safe.
class Allowance {
 public:
  // Nobody sets it.
  using Clock = std::chrono::steady_clock;

  // Uses some up. False, and it uses none, if there are not so many. `rate` is
  // pieces a second, 0 for any number, up to a thousand million; `burst`, a few
  // seconds' worth of them, how many there are after a rest.
  bool Take(uint64_t pieces, uint64_t rate, uint64_t burst,
            Clock::time_point now) {
    if (rate == 0) return true;
    if (pieces > burst) return false;
    const auto each = std::chrono::nanoseconds(std::chrono::seconds(1)) /
                      static_cast<int64_t>(rate);
    const Clock::time_point full_at =
        std::max(full_at_, now) + each * static_cast<int64_t>(pieces);
    if (full_at > now + each * static_cast<int64_t>(burst)) return false;
    full_at_ = full_at;
    return true;
  }

  // Whether there is as much as in a new one.
  bool IsFull(Clock::time_point now) const { return full_at_ <= now; }

 private:
  Clock::time_point full_at_;  // if nothing is taken until then
};

}  // namespace waiting

#endif  // WAITING_ALLOWANCE_H_
