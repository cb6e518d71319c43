// How all places stand at one moment, and the summaries that say so.

#ifndef SERVICE_SUMMARY_STANDINGS_H_
#define SERVICE_SUMMARY_STANDINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "happiness/v1/happiness.pb.h"
#include "service/level/level.h"
#include "service/request/summary_query.h"

namespace happiness {

// The level of the world or of a place in a window, and by how much its mean is
// above that of the window before.
struct Standing {
  Level level;
  std::optional<double> trend;
};

// Whoever made it says how long the names of its places live. As thread-safe as
// an int.
class Standings {
 public:
  // Of the `window` before `end_time`, both in microseconds.
  Standings(int64_t window, int64_t end_time)
      : window_(window), end_time_(end_time) {}

  void SetWorld(Standing world) { world_ = std::move(world); }

  // A place that has readings in the window. No place twice.
  void Add(std::string_view place, Standing standing);

  // A place whose level may not be shown.
  void AddWithheld(std::string_view place) { withheld_.insert(place); }

  // Once all places are there, and before Summarize.
  void Rank();

  // Fills in the summary, all but `last_sequence`. It takes time for the places
  // in it, not for all that there are.
  void Summarize(const SummarySelection& selection, v1::Summary* summary) const;

 private:
  struct Place {
    std::string_view name;
    Standing standing;
  };

  // The selected places that are shown, without regard to the limit, as indices
  // of `places_`.
  std::vector<size_t> Ranks(const SummarySelection& selection) const;

  int64_t window_;
  int64_t end_time_;
  Standing world_;
  std::vector<Place> places_;  // the unhappiest first, once they are ranked
  absl::flat_hash_map<std::string_view, size_t> ranks_;
  absl::flat_hash_set<std::string_view> withheld_;
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_STANDINGS_H_
