// Roll-ups: the level of each minute and hour that has readings, of each place
// and of the world, kept in step with the readings themselves.
//
//   RollupBatch batch;
//   batch.Add(place, observe_time, 7.1, "web", sequence);  // and more
//   absl::Status status = batch.Flush(writer);  // in the readings' transaction

#ifndef SERVICE_STORE_ROLLUPS_H_
#define SERVICE_STORE_ROLLUPS_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/level/level.h"
#include "service/request/timestamps.h"
#include "service/store/database.h"

namespace happiness {

// The minute, or the hour, since 1970 in which a time in microseconds is.
inline int64_t MinuteOf(int64_t micros) {
  return FloorTo(kMinuteMicros, micros) / kMinuteMicros;
}
inline int64_t HourOf(int64_t micros) {
  return FloorTo(kHourMicros, micros) / kHourMicros;
}

// A place, or kWorld, and a minute (or an hour) since 1970.
using PlaceTime = std::pair<int64_t, int64_t>;

// What the statements of a RollupBatch need. To be called once for a connection
// that writes.
absl::Status RegisterRollupFunctions(Database& writer);

// Readings on their way into the roll-ups. Not thread-safe: it belongs to the
// one who writes.
class RollupBatch {
 public:
  // A reading that is new to the store, `sequence` being its own.
  void Add(int64_t place, int64_t observe_time, double happiness,
           std::string_view source, int64_t sequence);

  // Adds what was added to the roll-ups in `writer`, in the transaction that is
  // open there, and is empty again. After an error the transaction must be
  // rolled back; the batch is empty nevertheless.
  absl::Status Flush(Database& writer);

 private:
  struct Rollup {
    void Merge(const Rollup& other);

    Level level;
    int64_t last_sequence = 0;
  };
  using Rollups = absl::flat_hash_map<PlaceTime, Rollup>;

  static absl::Status Write(const Rollups& rollups, const char* sql,
                            Database& writer);

  // Of places alone, by minutes: all else follows from them.
  Rollups minutes_;
};

// Deletes those of `minutes`, and of the world's same minutes, that have no
// reading any more when all up to sequence `horizon` are deleted. Hours stay.
absl::Status ForgetMinutes(Database& writer,
                           const absl::flat_hash_set<PlaceTime>& minutes,
                           int64_t horizon);

// Deletes the oldest hours that ended by `before`, in microseconds; at most
// `limit` of them. Returns how many: if that is `limit`, there may be more.
absl::StatusOr<int64_t> ForgetHours(Database& writer, int64_t before,
                                    int64_t limit);

}  // namespace happiness

#endif  // SERVICE_STORE_ROLLUPS_H_
