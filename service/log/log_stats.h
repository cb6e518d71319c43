// What the log counts about itself.

#ifndef SERVICE_LOG_LOG_STATS_H_
#define SERVICE_LOG_LOG_STATS_H_

#include <atomic>
#include <cstdint>

#include "metrics/histogram.h"

namespace happiness {

// From the start of the process. Thread-safe: each stands alone.
struct LogStats {
  std::atomic<int64_t> recorded = 0;
  std::atomic<int64_t> duplicates = 0;
  // Seconds from a call of Append until its readings are durable, or can't be
  // made so. Not of what is refused at once, since too many wait: those zeros
  // would hide how long the others take.
  metrics::Histogram append{{.0005, .001, .0025, .005, .01, .025, .05, .1, .25,
                             .5, 1, 2.5, 5, 10, 30}};
  // Seconds of a COMMIT, with its sync of the disk.
  metrics::Histogram commit{
      {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1}};
};

}  // namespace happiness

#endif  // SERVICE_LOG_LOG_STATS_H_
