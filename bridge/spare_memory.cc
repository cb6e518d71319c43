#include "bridge/spare_memory.h"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>

namespace bridge {
namespace {

// Less is not worth the time.
constexpr size_t kWorthIt = 64 << 20;

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t size = 0;
  size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// What is neither in use nor given back, and what is not the heap's.
size_t SpareBytes() {
  const struct mallinfo2 heap = mallinfo2();
  const size_t resident = ResidentBytes();
  return resident - std::min(resident, heap.uordblks + heap.hblkhd);
}

}  // namespace

SpareMemory::SpareMemory(absl::Duration interval)
    : thread_([this, interval] { Run(interval); }) {}

SpareMemory::~SpareMemory() {
  done_.Ring();
  thread_.join();
}

void SpareMemory::Run(absl::Duration interval) {
  const size_t at_start = SpareBytes();
  while (!done_.WaitFor(interval)) {
    const size_t spare = SpareBytes();
    if (spare < at_start + kWorthIt) continue;
    malloc_trim(0);
    const size_t given = spare - std::min(spare, SpareBytes());
    if (given < kWorthIt) continue;
    spdlog::info("gave {} MiB back to the system", given >> 20);
  }
}

}  // namespace bridge
