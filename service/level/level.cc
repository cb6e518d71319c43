#include "service/level/level.h"

#include <algorithm>

namespace happiness {

void Level::Add(double happiness, uint32_t source) {
  ++count;
  sum += happiness;
  min = std::min(min, happiness);
  max = std::max(max, happiness);
  sources.Add(source);
}

void Level::Merge(const Level& other) {
  count += other.count;
  sum += other.sum;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  sources.Merge(other.sources);
}

v1::Level Level::ToProto() const {
  v1::Level level;
  level.set_count(count);
  if (count == 0) return level;
  // The mean of equal readings may be a rounding error away from them.
  level.set_mean(std::clamp(mean(), min, max));
  level.set_min(min);
  level.set_max(max);
  return level;
}

}  // namespace happiness
