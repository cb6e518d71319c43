// What a bridge counts, for Prometheus.

#ifndef BRIDGE_BRIDGE_METRICS_H_
#define BRIDGE_BRIDGE_METRICS_H_

#include "absl/time/time.h"
#include "bridge/stats.h"
#include "bridge/upstream/upstream.h"
#include "metrics/families.h"

namespace bridge {

// `certificate_ends` says until when the certificate is good: the beginning of
// Unix time if there is none.
metrics::Families ToFamilies(const Stats& stats, const Upstream& upstream,
                             absl::Time certificate_ends);

}  // namespace bridge

#endif  // BRIDGE_BRIDGE_METRICS_H_
