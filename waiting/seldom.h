// What may happen often, and is to be said seldom.

#ifndef WAITING_SELDOM_H_
#define WAITING_SELDOM_H_

#include <chrono>
#include <optional>

namespace waiting {

// Belongs to one thread.
class Seldom {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Seldom(Clock::duration interval) : interval_(interval) {}

  // True the first time, and then if it was not for an interval.
  bool IsDue(Clock::time_point now = Clock::now()) {
    if (last_.has_value() && now - *last_ < interval_) return false;
    last_ = now;
    return true;
  }

 private:
  const Clock::duration interval_;
  std::optional<Clock::time_point> last_;
};

}  // namespace waiting

#endif  // WAITING_SELDOM_H_
