// How much each of those who may record records.

#ifndef SERVICE_ACCESS_WRITE_LIMITS_H_
#define SERVICE_ACCESS_WRITE_LIMITS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "waiting/allowance.h"

namespace happiness {

// Counts by the name of who records, however many tokens and calls that has.
// The rate may be exceeded for a moment, by as much as a second's worth.
// Thread-safe.
class WriteLimits {
 public:
  using Clock = waiting::Allowance::Clock;

  // So many names are known at a time; when there are more, new ones are
  // refused. Who has recorded nothing for a second is soon forgotten.
  static constexpr size_t kMaxNames = 200'000;

  // `rate` readings a second for each name; 0: any number.
  explicit WriteLimits(int64_t rate) : rate_(std::max<int64_t>(rate, 0)) {}

  // For one reading. RESOURCE_EXHAUSTED, with a google.rpc.RetryInfo, if `name`
  // has had its share. An empty name, of those who need no token, has no limit.
  absl::Status Take(std::string_view name, Clock::time_point now);

  // Whether an error is, or was made from, one of Take's.
  static bool Refused(const absl::Status& status);

  // How many names are known.
  size_t size() const;

 private:
  // Null if there are too many.
  waiting::Allowance* Find(std::string_view name, Clock::time_point now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetIdle(Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint64_t rate_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, waiting::Allowance> names_
      ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 1'024;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_WRITE_LIMITS_H_
