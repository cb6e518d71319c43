// Where one stream stands in the log.

#ifndef SERVICE_LOG_LOG_CURSOR_H_
#define SERVICE_LOG_LOG_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/log/entry.h"
#include "service/log/reading_log.h"

namespace happiness {

// Yields the entries that one StreamReadingsRequest asks for, in order, each
// once. It never waits: the stream that owns it calls Next when it can send
// something. Not thread-safe.
class LogCursor {
 public:
  enum class Outcome {
    kFound,       // entry() is the next one to send
    kCaughtUp,    // there is no more until the log has more than position()
    kUnfinished,  // enough was looked at for one call: let others run, then go
                  // on
  };

  // How many entries one call of Next looks at.
  static constexpr size_t kMaxLookedAt = 1'024;

  // Stands where `request`, which must be valid, says as of now. OUT_OF_RANGE
  // if that is not available. `log` must outlive the cursor.
  static absl::StatusOr<LogCursor> Open(
      const ReadingLog* log, const v1::StreamReadingsRequest& request);

  // OUT_OF_RANGE if the next entry is gone: the stream was too slow.
  absl::StatusOr<Outcome> Next();

  // What Next found.
  const EntryPtr& entry() const { return entry_; }

  // The last sequence that was looked at.
  int64_t position() const { return position_; }

 private:
  // So few that a stream which stands still keeps next to nothing from being
  // freed.
  static constexpr size_t kBatch = 64;

  LogCursor(const ReadingLog* log, const v1::StreamReadingsRequest& request);

  bool Matches(const Entry& entry) const {
    return places_.empty() || places_.contains(entry.place);
  }

  // Moves position() back by up to a batch, towards where the backlog starts.
  // Returns how many entries it looked at.
  size_t SeekBack();

  // Reads the next batch.
  absl::Status Fill();

  const ReadingLog* log_;
  absl::flat_hash_set<std::string> places_;

  int64_t position_ = 0;
  // How many matching entries must still lie between position_ and the place
  // where the backlog starts. 0: position_ is that place.
  int64_t backlog_missing_ = 0;
  // Nothing was read yet of a backlog, so that what is gone by now is no loss.
  bool may_skip_ = false;

  std::vector<EntryPtr> batch_;  // what follows position_, from batch_next_ on
  size_t batch_next_ = 0;
  EntryPtr entry_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_LOG_CURSOR_H_
