// The level of happiness: what any number of readings say together.
//
//   Level level;
//   level.Add(7.1, HashOfSource("web"));
//   level.Merge(other);  // as if all of its readings had been added
//   level.mean();

#ifndef SERVICE_LEVEL_LEVEL_H_
#define SERVICE_LEVEL_LEVEL_H_

#include <cstdint>
#include <limits>

#include "happiness/v1/happiness.pb.h"
#include "service/level/source_set.h"

namespace happiness {

// A value: as thread-safe as an int.
struct Level {
  void Add(double happiness, uint32_t source);
  // Where nobody asks for the sources.
  void Add(double happiness);
  void Merge(const Level& other);

  // Only if there are readings.
  double mean() const;

  // Without `trend`.
  v1::Level ToProto() const;

  int64_t count = 0;
  // In millionths, to which each reading is rounded: so whatever the order in
  // which readings and levels are added up, the sum is the same. Has room for
  // 900 thousand million readings.
  int64_t sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  SourceSet sources;
};

}  // namespace happiness

#endif  // SERVICE_LEVEL_LEVEL_H_
