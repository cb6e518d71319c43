// Which log the readings of a store are from.

#ifndef SERVICE_STORE_ORIGIN_H_
#define SERVICE_STORE_ORIGIN_H_

#include <string>

#include "absl/status/status.h"
#include "service/store/database.h"

namespace happiness {

// Says that `writer`'s store copies `log`, or, if that is empty, numbers its
// readings itself. FAILED_PRECONDITION, for the person who started the program,
// if it has readings and they are from another: their sequences mean something
// else.
absl::Status ClaimStore(Database& writer, const std::string& log);

// Whether a copy may be made in this store, of whatever log:
// FAILED_PRECONDITION if it has readings, and numbered them itself.
absl::Status CheckIsCopy(Database& db);

}  // namespace happiness

#endif  // SERVICE_STORE_ORIGIN_H_
