#include "service/level/level.h"

#include <algorithm>
#include <cmath>

namespace happiness {
namespace {

constexpr double kMillionths = 1e6;

}  // namespace

void Level::Add(double happiness, uint32_t source) {
  Add(happiness);
  sources.Add(source);
}

void Level::Add(double happiness) {
  ++count;
  sum += std::llround(happiness * kMillionths);
  min = std::min(min, happiness);
  max = std::max(max, happiness);
}

void Level::Merge(const Level& other) {
  count += other.count;
  sum += other.sum;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  sources.Merge(other.sources);
}

double Level::mean() const {
  // Rounded, the mean of equal readings may be a bit away from them.
  return std::clamp(
      static_cast<double>(sum) / (kMillionths * static_cast<double>(count)),
      min, max);
}

v1::Level Level::ToProto() const {
  v1::Level level;
  level.set_count(count);
  if (count == 0) return level;
  level.set_mean(mean());
  level.set_min(min);
  level.set_max(max);
  return level;
}

}  // namespace happiness
