// A walk over stored readings in the order of lists: by when they were felt,
// those of the same microsecond by their sequence, or the reverse.
//
//   ReadingScan scan(db, {.places = {oslo}, .start = start}, 1'000);
//   while (*scan.Next() == ReadingScan::Outcome::kFound) {
//     Use(scan.position());
//   }

#ifndef SERVICE_HISTORY_READING_SCAN_H_
#define SERVICE_HISTORY_READING_SCAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/history/place_minutes.h"
#include "service/request/page_token.h"
#include "service/store/database.h"

namespace happiness {

// Looks only at minutes in which a wanted place has readings; there, at the
// readings of all places. Lives within a Snapshot. Not thread-safe, and at most
// one at a time for a connection.
class ReadingScan {
 public:
  struct Options {
    std::vector<int64_t> places = {};  // by their numbers; all, if empty
    // From `start`, included, to `end`, excluded, in microseconds since 1970.
    int64_t start = 0;
    int64_t end = 0;
    bool newest_first = false;
    // Begins behind this, which is in the interval, or at its end.
    std::optional<ListPosition> after = std::nullopt;
  };

  enum class Outcome {
    kFound,       // a reading, at position()
    kEnd,         // there are no more
    kUnfinished,  // there may be more behind position()
  };

  // Looks at `max_looks` readings at most. `db` must outlive this.
  ReadingScan(Database& db, Options options, int64_t max_looks);

  // After any Outcome but kFound the scan is over.
  absl::StatusOr<Outcome> Next();

  // Of the reading that was looked at last; before that, where the scan began.
  const ListPosition& position() const { return position_; }

 private:
  // What is to be run next, of what lies between position_ and far_end_.
  enum class Stage {
    kNothing,  // it is done
    kRest,     // of the microsecond of position_
    kBehind,   // what comes after that microsecond
  };

  // Takes the next piece of the interval. False if there is none.
  absl::StatusOr<bool> EnterNextPiece();
  void EnterMinute(int64_t minute);
  void OpenQuery();

  Database& db_;
  const Options options_;
  const absl::flat_hash_set<int64_t> places_;
  std::optional<PlaceMinutes> minutes_;  // none: all places, all in one piece
  bool entered_ = false;                 // that one piece
  int64_t looks_left_;
  ListPosition position_;
  int64_t far_end_ = 0;  // of the piece, in microseconds
  Stage stage_ = Stage::kNothing;
  std::optional<Query> query_;
};

}  // namespace happiness

#endif  // SERVICE_HISTORY_READING_SCAN_H_
