// What the service counts, for Prometheus.

#ifndef SERVICE_SERVICE_METRICS_H_
#define SERVICE_SERVICE_METRICS_H_

#include "metrics/families.h"
#include "service/jetstream/replicated_log.h"
#include "service/log/stored_log.h"
#include "service/server.h"

namespace happiness {

// `replicated` is what `log` is a copy of; null: it is no copy. With `levels`
// also the places', which may block until a first summary is made: see
// LevelWatch.
metrics::Families ToFamilies(const StoredLog& log,
                             const ReplicatedLog* replicated, Server* server,
                             bool levels);

}  // namespace happiness

#endif  // SERVICE_SERVICE_METRICS_H_
