// What a caller who may come in holds.

#ifndef SERVICE_ACCESS_PASS_H_
#define SERVICE_ACCESS_PASS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace happiness {

// Leave to call, for as long as it holds. Must not outlive the Access that gave
// it.
struct Pass {
  // Whose token it is: the source of what it records. Empty where none is
  // needed.
  std::string name;
  // OK while it holds; then UNAUTHENTICATED, with a message for the client that
  // says why. Thread-safe, and takes no longer than a look into a table. Null:
  // it always holds.
  std::function<absl::Status()> check = nullptr;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_PASS_H_
