// Whether a store is what it must be, whatever happened to it.

#ifndef TESTS_SERVICE_TESTING_AUDIT_H_
#define TESTS_SERVICE_TESTING_AUDIT_H_

#include <string>
#include <vector>

#include "service/store/database.h"

namespace happiness {

// Fails the test unless SQLite finds the file sound, the readings that are kept
// have no holes and numbers of their own, exactly their ids are taken, and the
// roll-ups are what a sum over the readings gives. (Once readings were let go,
// the roll-ups know more: those of all that is kept are then at least there.)
//
// Returns the ids, in the order of their sequence.
std::vector<std::string> Audit(Database& db);

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_AUDIT_H_
