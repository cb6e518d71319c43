// Counts by a label that takes few values: a code, a reason.

#ifndef METRICS_LABEL_COUNTS_H_
#define METRICS_LABEL_COUNTS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace metrics {

// Thread-safe. For what happens once in a connection or a request, not for each
// message.
class LabelCounts {
 public:
  // The values of `label` are constants of the program, so that there are few.
  void Add(std::string_view label) {
    absl::MutexLock lock(&mutex_);
    ++counts_[std::string(label)];
  }

  std::map<std::string, double> Counts() const {
    absl::MutexLock lock(&mutex_);
    return counts_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, double> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace metrics

#endif  // METRICS_LABEL_COUNTS_H_
