// What a client hears of a store that can't be read.

#ifndef SERVICE_STORE_READ_ERROR_H_
#define SERVICE_STORE_READ_ERROR_H_

#include "absl/status/status.h"

namespace happiness {

// `status`, an error, as it is for the client: the store's own errors, which
// are no mistake of the client's, are UNAVAILABLE, and the program's log has
// them in full.
absl::Status ForReader(const absl::Status& status);

}  // namespace happiness

#endif  // SERVICE_STORE_READ_ERROR_H_
