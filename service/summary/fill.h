// The readings that a summarizer did not see pass, read from the store.

#ifndef SERVICE_SUMMARY_FILL_H_
#define SERVICE_SUMMARY_FILL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/store/database.h"
#include "service/store/read_pool.h"
#include "service/summary/place_windows.h"
#include "waiting/bell.h"

namespace happiness {

// What is added up, and how far: the readings up to `position`.
struct Followed {
  PlaceWindows windows;
  int64_t position = 0;
};

// Adds readings from the store to a Followed, which it owns meanwhile.
//
// It is read in chunks, each a job of its own, so that other fills get their
// turn and the writer never waits for long. That needs no snapshot: readings
// never change, and those recorded meanwhile have greater sequences.
class Fill {
 public:
  // Readings to a chunk.
  static constexpr int64_t kChunk = 1'000;

  // Starts to read. With `start`, first those of all readings so far that were
  // felt at that time or later; then, or else, those after the position that
  // are there by then, so that it ends however fast more come. `bell` rings
  // when all is done. The error is `pool`'s.
  static absl::StatusOr<std::shared_ptr<Fill>> Start(
      ReadPool* pool, Followed from, std::optional<int64_t> start,
      std::shared_ptr<waiting::Bell> bell);

  // Nobody wants it any more: what is being read is the last of it.
  void Stop() { stopped_ = true; }

  // For Start alone.
  Fill(Followed from, std::optional<int64_t> start,
       std::shared_ptr<waiting::Bell> bell);

  // Any thread may ask how far it is.
  bool done() const;
  // As PlaceWindows::bytes.
  size_t bytes() const { return bytes_; }

  // What became of it, once it is done; call it once.
  absl::StatusOr<Followed> Take();

 private:
  static absl::Status Continue(ReadPool* pool,
                               const std::shared_ptr<Fill>& fill);

  // One chunk. Whether it was the last.
  absl::StatusOr<bool> ReadChunk(Database& db);
  // Both up to last_.
  absl::StatusOr<bool> ReadByTime(Database& db);
  absl::StatusOr<bool> ReadBySequence(Database& db);
  // Those of a query by time. Returns how many there are.
  absl::StatusOr<int64_t> AddRows(Query& query);
  absl::Status Add(std::string_view encoded);

  void Finish(absl::Status status);

  const std::shared_ptr<waiting::Bell> bell_;

  // Used by one job at a time, and by Take.
  Followed followed_;
  // How far it is while it reads by time; none after that.
  struct Place {
    int64_t time;
    int64_t sequence;
  };
  std::optional<Place> place_;
  std::optional<int64_t> last_;  // the last sequence of what is being read

  std::atomic<size_t> bytes_;
  std::atomic<bool> stopped_ = false;

  mutable absl::Mutex mutex_;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_FILL_H_
