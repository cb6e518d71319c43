// The readings of the last two windows, added up by place and by period: all
// that summaries of one window and period are made of.
//
//   PlaceWindows windows({.window = 60'000'000, .period = 1'000'000},
//                        /*min_group=*/1, start);
//   windows.Add("Oslo", observe_time, 7.1, "web");
//   Standings standings = windows.At(end_time);

#ifndef SERVICE_SUMMARY_PLACE_WINDOWS_H_
#define SERVICE_SUMMARY_PLACE_WINDOWS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "service/level/level.h"
#include "service/request/summary_query.h"
#include "service/summary/standings.h"

namespace happiness {

// Knows no clock: it is told what the time is. All times are microseconds since
// 1970-01-01T00:00:00Z. A value that can be moved; not thread-safe.
//
// Readings are added up in buckets, one for each place and period that has any.
// So memory and the time that standings take grow with the places, not with the
// readings; a place has 1,200 buckets, those of the minute that readings may be
// ahead, and at most a sixth of them more until they are forgotten. How many
// places there are is bounded by the log
// (--max_places). Who owns this must watch bytes() all the same.
class PlaceWindows {
 public:
  // Readings from before `start` need not be added, and are not if they are a
  // period older. `min_group` is 1 to SourceSet::kMax.
  PlaceWindows(SummarySpan span, size_t min_group, int64_t start);

  // A reading that comes late counts in its own time, one that is ahead when
  // the window reaches it. One that is older than two windows is left out.
  void Add(std::string_view place, int64_t observe_time, double happiness,
           std::string_view source);

  // How the places stand in the window before `end_time`: a multiple of the
  // period, and not earlier than at the last call. Forgets what is older than
  // two windows. The names in the standings live until the next call.
  Standings At(int64_t end_time);

  // About how much memory it takes.
  size_t bytes() const { return bytes_; }

 private:
  // What was felt at one place in one period.
  struct Bucket {
    int64_t index = 0;  // periods since 1970
    Level level;
  };
  // By index; indices that have no readings have no bucket.
  using Buckets = std::vector<Bucket>;
  // The names in standings point into it, so its nodes stay where they are.
  using Places = absl::node_hash_map<std::string, Buckets>;

  // Both windows of a place.
  struct Sums {
    Level current;
    Level before;
  };

  int64_t IndexOf(int64_t time) const;
  Buckets& BucketsOf(std::string_view place);
  // The bucket with that index, which is made if need be.
  Bucket& BucketAt(int64_t index, Buckets* buckets);
  // Adds a bucket at the end.
  Bucket& Append(int64_t index, Buckets* buckets);
  // Drops what is older than first_.
  void Forget(Buckets* buckets);
  Sums SumUp(const Buckets& buckets, int64_t end) const;
  bool IsGroup(const Level& level) const;
  void Rate(std::string_view place, const Sums& sums,
            Standings* standings) const;

  SummarySpan span_;
  int64_t periods_;  // in a window
  size_t min_group_;

  int64_t first_;  // the first index that still counts
  Places places_;
  size_t bytes_ = 0;
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_PLACE_WINDOWS_H_
