// The flags of the service. Those of the embedded bridge are in bridge/flags.h,
// and so is --address, which both share.

#ifndef SERVICE_FLAGS_H_
#define SERVICE_FLAGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/access/open_access.h"
#include "service/jetstream/replicated_log.h"
#include "service/log/stored_log.h"
#include "service/server.h"
#include "service/simulation/simulator.h"

namespace happiness {

struct ServiceFlags {
  ServerOptions server;
  std::string data_dir;  // empty: in memory
  StoredLogOptions log;
  std::optional<ReplicatedLogOptions> replicated;  // none: the log is here
  size_t min_group = 1;
  AccessOptions access;
  int64_t writes_per_token = 0;               // a second; 0: any number
  std::optional<SimulatorOptions> simulator;  // none: no places are simulated
  bool bridge = true;
};

// What the command line, which must have been parsed, says. INVALID_ARGUMENT
// names the flag whose value is out of range.
absl::StatusOr<ServiceFlags> OptionsFromFlags();

}  // namespace happiness

#endif  // SERVICE_FLAGS_H_
