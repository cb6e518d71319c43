// What the fuzzers of what an upstream says of itself share. Who uses it is
// silent.

#ifndef TESTS_BRIDGE_FUZZ_LEARNED_H_
#define TESTS_BRIDGE_FUZZ_LEARNED_H_

#include "bridge/upstream/catalog.h"

namespace bridge {

// Every method of a catalog is at its own path, with the whole body.
void CheckPaths(const Catalog& catalog);

}  // namespace bridge

#endif  // TESTS_BRIDGE_FUZZ_LEARNED_H_
