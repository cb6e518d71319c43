// The flags of a log that several replicas share.

#ifndef SERVICE_REPLICATION_FLAGS_H_
#define SERVICE_REPLICATION_FLAGS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/jetstream/replicated_log.h"

namespace happiness {

// None without --log. INVALID_ARGUMENT names the flag that is wrong, or that
// does not go with the others. `retain`: what --retain says.
absl::StatusOr<std::optional<ReplicatedLogOptions>> ReplicationFromFlags(
    absl::Duration retain);

}  // namespace happiness

#endif  // SERVICE_REPLICATION_FLAGS_H_
