// What a client hears of a store that can't be read.

#ifndef SERVICE_STORE_READ_ERROR_H_
#define SERVICE_STORE_READ_ERROR_H_

#include "absl/status/status.h"

namespace happiness {

// `status`, an error, as it is for the client: DATA_LOSS of a store that is
// damaged, UNAVAILABLE for its other errors, which may pass. The program's log
// has them in full.
absl::Status ForReader(const absl::Status& status);

}  // namespace happiness

#endif  // SERVICE_STORE_READ_ERROR_H_
