// What streams read of the store: readings by their sequence. Each function
// reads a bounded number of rows; a stream that wants more asks again.

#ifndef SERVICE_STORE_READINGS_H_
#define SERVICE_STORE_READINGS_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/log/entry.h"
#include "service/store/database.h"

namespace happiness {

// Names of places; none means all places.
using PlaceFilter = absl::flat_hash_set<std::string>;

// Readings in the order of their sequence.
struct Stretch {
  struct Encoded {
    int64_t sequence;
    grpc::ByteBuffer reading;  // a whole v1::Reading
  };

  // All that match of those after `start`, up to `end`.
  std::vector<Encoded> readings;
  int64_t start = 0;
  int64_t end = 0;
  bool more = false;  // there are, or may be, more to read after `end`
};

// The readings that follow `after`, up to `last`: at most `limit` of them, or
// fewer if they have more than kMaxStretchBytes, found among at most
// kMaxRowsRead. `start` is `after`, or greater if what follows that is no
// longer kept; `end` is how far this went.
absl::StatusOr<Stretch> ReadStretch(Database& db, int64_t after, int64_t last,
                                    const PlaceFilter& places, size_t limit);

// How many rows one call looks at.
inline constexpr int64_t kMaxRowsRead = 16'384;

// A stretch belongs to one stream, and there may be many that stand still.
inline constexpr size_t kMaxStretchBytes = 16 << 10;

// A search for where a backlog starts: for so many readings, among those up to
// `looked_to`, from the newest backwards.
struct BacklogSearch {
  int64_t missing = 0;    // not found yet
  int64_t looked_to = 0;  // all that follow it have been looked at
  int64_t start = 0;      // just before the earliest that was found
};

// Goes on with a search for readings of `places`: looks at most at
// kMaxRowsRead. True if it is over, since none is missing, or there is nothing
// before.
absl::StatusOr<bool> SeekBack(Database& db, const PlaceFilter& places,
                              BacklogSearch* backlog);

// The last sequence that was recorded before `time` (microseconds since 1970);
// that before the first kept if there is none.
absl::StatusOr<int64_t> LastBefore(Database& db, int64_t time);

// The reading with this sequence, which must be kept, into `reading`.
absl::Status ReadOne(Database& db, int64_t sequence, v1::Reading* reading);

// The reading with this id; null if none of those that are kept has it.
absl::StatusOr<EntryPtr> FindById(Database& db, const std::string& id);

// Its sequence; 0 if none has it.
absl::StatusOr<int64_t> SequenceOf(Database& db, const std::string& id);

// The readings up to this sequence are no longer kept.
absl::StatusOr<int64_t> ReadHorizon(Database& db);

// The last sequence ever given; 0 if there was none.
absl::StatusOr<int64_t> ReadLastSequence(Database& db);

}  // namespace happiness

#endif  // SERVICE_STORE_READINGS_H_
