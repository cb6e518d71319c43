// The bridge's command line, for the programs that hold one.

#ifndef BRIDGE_FLAGS_H_
#define BRIDGE_FLAGS_H_

#include <string>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "bridge/bridge.h"

// The address to listen on. A program that also listens for something else
// listens there for that too.
ABSL_DECLARE_FLAG(std::string, address);

namespace bridge {

// What the flags say, and the environment: PORT is the HTTP port where
// --http_port is not given. INVALID_ARGUMENT names the flag that is wrong.
// `upstream` is left to the program.
absl::StatusOr<Options> OptionsFromFlags();

// Of these: --tls_cert and --tls_key.
absl::StatusOr<TlsFiles> TlsFromFlags();

}  // namespace bridge

#endif  // BRIDGE_FLAGS_H_
