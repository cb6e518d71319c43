// Notices that the clock was set.

#ifndef BRIDGE_CLOCK_WATCH_H_
#define BRIDGE_CLOCK_WATCH_H_

#include <thread>

#include "waiting/bell.h"

namespace bridge {

// While this lives a thread of its own compares the clock with one that nobody
// can set, each second, and says so in the log when it was set. When it was set
// back, gRPC's (1.51, with Abseil) timers stand still for as long, keepalive,
// deadlines and reconnecting with them, until a new one is the next: so it
// gives gRPC one that is.
class ClockWatch {
 public:
  ClockWatch();
  ~ClockWatch();

  ClockWatch(const ClockWatch&) = delete;
  ClockWatch& operator=(const ClockWatch&) = delete;

 private:
  void Run();

  waiting::Bell done_;
  std::thread thread_;
};

}  // namespace bridge

#endif  // BRIDGE_CLOCK_WATCH_H_
