// What the upstream does wrong.

#ifndef BRIDGE_UPSTREAM_FAULTS_H_
#define BRIDGE_UPSTREAM_FAULTS_H_

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "metrics/label_counts.h"
#include "waiting/seldom.h"

namespace bridge {

// Counts each fault, and says those of a method seldom: a service that is at
// fault is so at each call. Thread-safe.
class UpstreamFaults {
 public:
  using Clock = waiting::Seldom::Clock;

  static constexpr std::chrono::seconds kInterval{10};
  // So many methods are remembered; then all are forgotten, and said once more.
  static constexpr size_t kMaxMethods = 1'000;

  // `kind` is "malformed", what is no message of the upstream's own types, or
  // "too_large", what is more than the bridge takes. `method` is the path, and
  // `why` names the field.
  void Report(std::string_view kind, const std::string& method,
              const absl::Status& why, Clock::time_point now = Clock::now());

  // By kind.
  std::map<std::string, double> Counts() const { return counts_.Counts(); }

 private:
  bool IsDue(const std::string& method, Clock::time_point now);

  metrics::LabelCounts counts_;

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, waiting::Seldom> said_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_FAULTS_H_
