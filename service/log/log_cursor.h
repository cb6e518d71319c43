// Where one stream stands in the log.

#ifndef SERVICE_LOG_LOG_CURSOR_H_
#define SERVICE_LOG_LOG_CURSOR_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/log/entry.h"
#include "service/log/reading_log.h"

namespace happiness {

// Yields the readings that one StreamReadingsRequest asks for, in order, each
// once: out of memory where that reaches, else out of storage. It never waits:
// the stream that owns it calls Next when it can send something. Not
// thread-safe.
class LogCursor {
 public:
  enum class Outcome {
    kFound,       // reading() is the next one to send
    kCaughtUp,    // there is no more until the log has more than position()
    kUnfinished,  // enough was looked at for one call: let others run, then go
                  // on
    kStored,      // what comes next is in storage: wait for a Fetch
  };

  // What a Fetch brings.
  using Fetched = absl::StatusOr<Stretch>;
  // Asks the storage, and gives the answer to its argument: before it returns,
  // or later on another thread.
  using Fetch = absl::AnyInvocable<void(ReadingLog::StretchCallback) &&>;

  // How many entries one call of Next looks at.
  static constexpr size_t kMaxLookedAt = 1'024;

  // Stands where `request`, which must be valid, says as of now. OUT_OF_RANGE
  // if that is not available. `log` must outlive the cursor, and its fetches.
  static absl::StatusOr<LogCursor> Open(
      ReadingLog* log, const v1::StreamReadingsRequest& request);

  // OUT_OF_RANGE if the next reading is no longer kept: the stream was too
  // slow.
  absl::StatusOr<Outcome> Next();

  // What Next found. The caller may move it away.
  grpc::ByteBuffer& reading() { return reading_; }

  // Whether the next call of Next is sure to find another.
  bool HasMoreAtHand() const;

  // The last sequence that was looked at.
  int64_t position() const { return position_; }

  // Whether a Fetch is to be started: to be asked after each Next. After
  // kStored what it brings is needed to go on; otherwise it is read ahead, so
  // that a stream which catches up never waits for the disk.
  bool WantsFetch() const;

  // Nobody wants to know any more: what is fetched need not be.
  void Abandon();

  // What is to be run, with no lock held, and whose result is to be taken.
  Fetch StartFetch();
  absl::Status Take(Fetched fetched);

 private:
  // So few that a stream which stands still keeps next to nothing from being
  // freed.
  static constexpr size_t kBatch = 64;
  // A stretch belongs to the stream alone. There may be one more, read ahead.
  static constexpr size_t kStretch = 128;

  LogCursor(ReadingLog* log, const v1::StreamReadingsRequest& request);

  bool Matches(const Entry& entry) const {
    return search_->places.empty() || search_->places.contains(entry.place);
  }
  bool TakeNextOfStretch();
  bool HasStretch() const { return stretch_next_ < stretch_.readings.size(); }
  // Reads the next batch. False if it is in storage.
  absl::StatusOr<bool> Fill();

  ReadingLog* log_;
  std::shared_ptr<ReadingLog::Search> search_;

  // Where the stream starts, until that has become a position.
  std::optional<ReadingLog::Start> start_;
  int64_t position_ = 0;
  // Nothing was read yet of what isn't after a sequence: that some of it is
  // gone by now is no loss.
  bool may_skip_ = false;

  // What follows position_: out of memory, from batch_next_ on, or out of
  // storage.
  std::vector<EntryPtr> batch_;
  size_t batch_next_ = 0;
  Stretch stretch_;
  size_t stretch_next_ = 0;
  std::optional<Stretch> ahead_;  // what follows stretch_
  bool fetching_ = false;         // a Fetch was started, and is not taken yet
  bool needs_fetch_ = false;      // the last Next gave kStored

  grpc::ByteBuffer reading_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_LOG_CURSOR_H_
