// How a long read of the store learns that it need not go on.

#ifndef SERVICE_STORE_GO_ON_H_
#define SERVICE_STORE_GO_ON_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace happiness {

// Is asked now and then. Its error says that nobody waits for what is read any
// more, and is how the read ends.
using GoOn = absl::FunctionRef<absl::Status()>;

}  // namespace happiness

#endif  // SERVICE_STORE_GO_ON_H_
