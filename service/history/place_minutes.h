// In which minutes some places have readings: there is no index of readings by
// place, but there is one of minutes.

#ifndef SERVICE_HISTORY_PLACE_MINUTES_H_
#define SERVICE_HISTORY_PLACE_MINUTES_H_

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/store/database.h"

namespace happiness {

// Gives, in order, the minutes since 1970 in which at least one of some places
// has readings. It costs a seek for each minute of each place. Not thread-safe.
class PlaceMinutes {
 public:
  // From the minute `from` on, which is included, forwards or, the newest
  // first, backwards. `db` must outlive this.
  PlaceMinutes(Database& db, std::vector<int64_t> places, int64_t from,
               bool newest_first);

  // The next minute, or none if that was the last.
  absl::StatusOr<std::optional<int64_t>> Next();

 private:
  // A minute and one of its places: of those to come, the first on top.
  using Upcoming = std::pair<int64_t, int64_t>;
  struct Later {
    bool operator()(const Upcoming& a, const Upcoming& b) const {
      return newest_first ? a < b : b < a;
    }
    bool newest_first;
  };

  // Puts the first minute of `place` from `from` on among the upcoming.
  absl::Status Seek(int64_t place, int64_t from);

  Database& db_;
  const bool newest_first_;
  const int64_t from_;
  std::vector<int64_t> unsought_;  // places of which nothing is known yet
  std::priority_queue<Upcoming, std::vector<Upcoming>, Later> upcoming_;
};

}  // namespace happiness

#endif  // SERVICE_HISTORY_PLACE_MINUTES_H_
