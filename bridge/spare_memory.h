// Gives memory that nobody uses any more back to the system.

#ifndef BRIDGE_SPARE_MEMORY_H_
#define BRIDGE_SPARE_MEMORY_H_

#include <thread>

#include "absl/time/time.h"
#include "waiting/bell.h"

namespace bridge {

// glibc keeps freed memory below the last block in use, for ever: after a flood
// of calls a gigabyte. While this lives a thread of its own looks for so much
// every few seconds, and returns it: a gigabyte in about 0.1 s.
class SpareMemory {
 public:
  explicit SpareMemory(absl::Duration interval = absl::Seconds(5));
  ~SpareMemory();

  SpareMemory(const SpareMemory&) = delete;
  SpareMemory& operator=(const SpareMemory&) = delete;

 private:
  void Run(absl::Duration interval);

  waiting::Bell done_;
  std::thread thread_;
};

}  // namespace bridge

#endif  // BRIDGE_SPARE_MEMORY_H_
