// What a fuzzer checks beyond that nothing crashes.

#ifndef TESTS_FUZZ_REQUIRE_H_
#define TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

// Ends the process, which both libFuzzer and replay.cc take for a find.
inline void Require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

}  // namespace fuzz

#endif  // TESTS_FUZZ_REQUIRE_H_
