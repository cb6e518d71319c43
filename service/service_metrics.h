// What the service counts, for Prometheus.

#ifndef SERVICE_SERVICE_METRICS_H_
#define SERVICE_SERVICE_METRICS_H_

#include "metrics/families.h"
#include "service/log/stored_log.h"
#include "service/server.h"

namespace happiness {

// With `levels` also the places', which may block until a first summary is
// made: see LevelWatch.
metrics::Families ToFamilies(const StoredLog& log, Server* server, bool levels);

}  // namespace happiness

#endif  // SERVICE_SERVICE_METRICS_H_
