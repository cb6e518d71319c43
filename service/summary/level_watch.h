// The level now, for somebody who looks now and then.

#ifndef SERVICE_SUMMARY_LEVEL_WATCH_H_
#define SERVICE_SUMMARY_LEVEL_WATCH_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"
#include "service/summary/summarizers.h"
#include "service/summary/summary_view.h"

namespace happiness {

// Thread-safe; calls take turns.
class LevelWatch {
 public:
  // Of each summary, at most so many places: the unhappiest.
  static constexpr size_t kMostPlaces = 100;

  // So long the first summary may take.
  static constexpr absl::Duration kPatience = absl::Seconds(3);

  explicit LevelWatch(Summarizers* summarizers) : summarizers_(summarizers) {}

  // The level of the last minute, as StreamSummaries gives it: a second old at
  // most. The first call begins a summary, which then goes on; it blocks until
  // that is there. None if it isn't in time.
  std::optional<v1::Summary> Now() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Summarizers* const summarizers_;

  absl::Mutex mutex_;
  std::shared_ptr<SummaryView> view_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_LEVEL_WATCH_H_
