// The flags of the service. Those of the embedded bridge are in bridge/flags.h,
// and so is --address, which both share.

#ifndef SERVICE_FLAGS_H_
#define SERVICE_FLAGS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "service/server.h"
#include "service/simulator.h"

namespace happiness {

struct ServiceFlags {
  ServerOptions server;
  std::optional<SimulatorOptions> simulator;  // none: --simulated_places=0
  bool bridge = true;
};

// Parses the command line. Prints one line to standard error and exits with 1
// if it has an unknown flag or a value that can't be parsed; serves --help.
// Otherwise INVALID_ARGUMENT, for a person to read, if a value is out of range
// or if there is an argument that is not a flag.
absl::StatusOr<ServiceFlags> ParseFlags(int argc, char** argv);

}  // namespace happiness

#endif  // SERVICE_FLAGS_H_
