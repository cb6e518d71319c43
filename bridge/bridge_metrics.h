// What a bridge counts, for Prometheus.

#ifndef BRIDGE_BRIDGE_METRICS_H_
#define BRIDGE_BRIDGE_METRICS_H_

#include "absl/time/time.h"
#include "bridge/stats.h"
#include "metrics/families.h"

namespace bridge {

// `ready` says whether the upstream is there; `certificate_ends`, until when
// the certificate is good: the beginning of Unix time if there is none.
metrics::Families ToFamilies(const Stats& stats, bool ready,
                             absl::Time certificate_ends);

}  // namespace bridge

#endif  // BRIDGE_BRIDGE_METRICS_H_
