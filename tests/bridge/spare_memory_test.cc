#include "bridge/spare_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/time/clock.h"

namespace bridge {
namespace {

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t size = 0;
  size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST(SpareMemoryTest, GivesBackWhatLiesBelowABlockInUse) {
  constexpr size_t kBlock = 1 << 10;
  constexpr size_t kBytes = 256 << 20;
  const SpareMemory spare_memory(absl::Milliseconds(20));
  const size_t before = ResidentBytes();
  std::vector<std::unique_ptr<char[]>> blocks;
  for (size_t i = 0; i < kBytes / kBlock; ++i) {
    blocks.push_back(std::make_unique<char[]>(kBlock));
  }
  const auto last = std::move(blocks.back());
  blocks.clear();
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (ResidentBytes() > before + kBytes / 4 && absl::Now() < limit) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_LT(ResidentBytes(), before + kBytes / 4);
}

}  // namespace
}  // namespace bridge
