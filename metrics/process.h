// What the process takes of its machine, by the names that Prometheus's own
// clients use.

#ifndef METRICS_PROCESS_H_
#define METRICS_PROCESS_H_

#include "metrics/families.h"

namespace metrics {

// Looked up at each call, in /proc: CPU time, memory, descriptors, the time of
// its start. What can't be read there is left out. With a hundred thousand open
// descriptors, counting them takes some milliseconds.
Families OfProcess();

}  // namespace metrics

#endif  // METRICS_PROCESS_H_
