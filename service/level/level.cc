#include "service/level/level.h"

#include <algorithm>

namespace happiness {

void Level::Add(double happiness, uint32_t source) {
  Add(happiness);
  sources.Add(source);
}

void Level::Add(double happiness) {
  ++count;
  sum += happiness;
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
  // The mean of equal readings may be a rounding error away from them.
  return std::clamp(sum / static_cast<double>(count), min, max);
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
