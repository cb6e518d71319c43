// The tables of the store, and how an older store becomes one of today.

#ifndef SERVICE_STORE_SCHEMA_H_
#define SERVICE_STORE_SCHEMA_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/store/database.h"

namespace happiness {

// Statements that take a store from version i to version i + 1, by i. Never
// change one that has been released: add the next.
const std::vector<std::string>& Migrations();

// Takes `db` from its version to that of `migrations` (their number), each step
// a transaction; makes the tables where there are none. FAILED_PRECONDITION,
// and nothing is changed, if `db` is of a later version, or is a database of
// some other program.
absl::Status Migrate(Database& db,
                     const std::vector<std::string>& migrations = Migrations());

}  // namespace happiness

#endif  // SERVICE_STORE_SCHEMA_H_
