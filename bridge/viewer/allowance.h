// How much a client may send.

#ifndef BRIDGE_VIEWER_ALLOWANCE_H_
#define BRIDGE_VIEWER_ALLOWANCE_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace bridge {

// So many pieces a second; after a while of fewer, those of kBurst at once.
// Takes 8 bytes. Not thread-safe.
class Allowance {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kBurst{5};

  // Uses some up. False, and it uses none, if there are not so many. `rate` is
  // pieces a second, 0 for any number.
  bool Take(uint64_t pieces, uint32_t rate, Clock::time_point now) {
    if (rate == 0) return true;
    using Nanoseconds = std::chrono::nanoseconds;
    // No more than would be refused anyway, so that nothing overflows.
    pieces = std::min<uint64_t>(pieces, uint64_t{rate} * kBurst.count() + 1);
    const Nanoseconds each = Nanoseconds(std::chrono::seconds(1)) / rate;
    const Clock::time_point full_at =
        std::max(full_at_, now) + each * static_cast<int64_t>(pieces);
    if (full_at > now + kBurst) return false;
    full_at_ = full_at;
    return true;
  }

 private:
  Clock::time_point full_at_;  // when all may be sent again, if no more comes
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_ALLOWANCE_H_
