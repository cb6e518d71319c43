// Summaries as the contract defines them, looked up in all readings each time.

#ifndef TESTS_SERVICE_SUMMARY_BRUTE_FORCE_H_
#define TESTS_SERVICE_SUMMARY_BRUTE_FORCE_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "happiness/v1/happiness.pb.h"
#include "service/request/summary_query.h"

namespace happiness {

struct Sample {
  std::string place;
  int64_t observe_time = 0;  // microseconds since 1970
  double happiness = 0;
  std::string source;
};

// The summary of `samples` at `end_time`, but for `last_sequence`.
v1::Summary BruteForce(const std::vector<Sample>& samples,
                       const SummaryQuery& query, size_t min_group,
                       int64_t end_time);

// Fails the test if they differ: by anything in what can be exact, by more than
// 1e-9 in the rest.
void ExpectSame(const v1::Summary& actual, const v1::Summary& expected);

// Invents samples of what is hard: late and ahead, at the very edges of the
// windows around a time, of many sources or few.
class Sampler {
 public:
  Sampler(SummarySpan span, uint64_t seed) : span_(span), random_(seed) {}

  // From `least` to `most`, both included.
  int64_t Pick(int64_t least, int64_t most);

  // One whose time has to do with `end_time`; `now` is the latest that is not
  // ahead.
  Sample Next(int64_t end_time, int64_t now);

 private:
  int64_t Time(int64_t end_time, int64_t now);

  const SummarySpan span_;
  std::mt19937_64 random_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_SUMMARY_BRUTE_FORCE_H_
