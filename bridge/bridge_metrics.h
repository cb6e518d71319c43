// What a bridge counts, for Prometheus.

#ifndef BRIDGE_BRIDGE_METRICS_H_
#define BRIDGE_BRIDGE_METRICS_H_

#include "bridge/stats.h"
#include "metrics/families.h"

namespace bridge {

// `ready` says whether the upstream is there.
metrics::Families ToFamilies(const Stats& stats, bool ready);

}  // namespace bridge

#endif  // BRIDGE_BRIDGE_METRICS_H_
