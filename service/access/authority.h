// Who says whose a token is.

#ifndef SERVICE_ACCESS_AUTHORITY_H_
#define SERVICE_ACCESS_AUTHORITY_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "service/access/pass.h"

namespace happiness {

// Thread-safe.
class Authority {
 public:
  virtual ~Authority() = default;

  // The pass of whose token it is, which must not outlive this. UNAUTHENTICATED
  // if it lets nobody in, with a message for the client. `what` it would be
  // for is a constant, for messages.
  virtual absl::StatusOr<Pass> Admit(std::string_view token,
                                     const char* what) const = 0;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_AUTHORITY_H_
