// The log of readings: the one place where readings are numbered, and from
// which every stream reads at a pace of its own.
//
//   log->Append({reading}, [](auto appended) { ... });
//
//   // A reader is a sequence number, here `position`, and nothing else:
//   auto entries = log->ReadAfter(position, 64);
//   if (entries.ok() && entries->empty()) log->Wait(position, waiter);
//
// The newest readings are in memory, where ReadAfter finds them. Those before
// are in storage, from which they come later, on another thread: ReadStored.
// LogCursor goes through both.

#ifndef SERVICE_LOG_READING_LOG_H_
#define SERVICE_LOG_READING_LOG_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"
#include "service/log/entry.h"
#include "service/store/readings.h"

namespace happiness {

// Which readings are kept: those with sequences from `first` to `last`. There
// are none if first == last + 1; both are then 1 and 0 in a log that never had
// any.
struct LogExtent {
  int64_t first = 1;
  int64_t last = 0;
  // This is a copy of a log that may have more by now.
  bool is_copy = false;
};

// OK if a reader can go on after `sequence`. OUT_OF_RANGE, with a message for
// the client that says what is available, if the next reading is no longer
// kept or if `sequence` is ahead of a log that is no copy.
absl::Status CheckPosition(int64_t sequence, LogExtent extent);

// Thread-safe. Outlives every reader and waiter, and every call of Append until
// its callback has returned.
//
// No method blocks for longer than it takes to copy what it returns, and none
// holds a lock while it calls out. Callbacks and waiters may therefore call the
// log, and callers may hold locks of their own while they call a method that
// has no callback, but for HelpToWake.
class ReadingLog {
 public:
  // One Appended for each reading, in the same order.
  using AppendCallback =
      absl::AnyInvocable<void(absl::StatusOr<std::vector<Appended>>) &&>;

  // Each is called exactly once: before the method returns, or later on another
  // thread. RESOURCE_EXHAUSTED or UNAVAILABLE if the storage can't be read just
  // now.
  using StretchCallback = absl::AnyInvocable<void(absl::StatusOr<Stretch>) &&>;
  using LocateCallback = absl::AnyInvocable<void(absl::StatusOr<int64_t>) &&>;

  // What a stream looks for in storage.
  struct Search {
    PlaceFilter places;  // all, if empty
    // Set when nobody waits for the answer any more: that is CANCELLED then.
    std::atomic<bool> abandoned = false;
  };

  // Where a stream may begin, if not after a sequence that is here.
  struct Start {
    // With the first reading recorded at that time, or later...
    std::optional<absl::Time> time;
    // ...or after a sequence that this copy of a log does not have yet...
    std::optional<int64_t> ahead;
    // ...or with that many of the readings up to `last` that are looked for.
    int64_t backlog = 0;
    int64_t last = 0;
  };

  static constexpr size_t kMaxAppend = 1'024;

  // Hears that there is more to read.
  class Waiter {
   public:
    virtual ~Waiter() = default;

    // Called on a thread of the log's, or in HelpToWake: it must not block.
    virtual void OnMore() = 0;
  };

  virtual ~ReadingLog() = default;

  // Appends `readings`, kMaxAppend at most, which are valid and complete but
  // for the sequence, one after another. A reading whose id is in the log
  // already, or earlier in `readings`, is left out.
  //
  // `done` is called exactly once, when the readings are durable and can be
  // read: before this returns, or later on another thread. Its error, which is
  // for the client, says that none was recorded; of a replicated log,
  // UNAVAILABLE says that some may have been, or may yet be. The same readings
  // can be sent again in any case.
  virtual void Append(std::vector<v1::Reading> readings,
                      AppendCallback done) = 0;

  virtual LogExtent Extent() const = 0;

  // Up to `limit` entries that follow `sequence`, in order, none left out. None
  // if there is no more. FAILED_PRECONDITION if the next entry is in storage
  // only; OUT_OF_RANGE as CheckPosition says.
  virtual absl::StatusOr<std::vector<EntryPtr>> ReadAfter(
      int64_t sequence, size_t limit) const = 0;

  // The readings in storage that follow `sequence`, as ReadStretch gives them.
  // OUT_OF_RANGE as CheckPosition says.
  virtual void ReadStored(int64_t sequence,
                          std::shared_ptr<const Search> search, size_t limit,
                          StretchCallback done) = 0;

  // The sequence after which a stream from `start` begins. OUT_OF_RANGE if
  // `start.ahead` is ahead of the log of which this is a copy, too; UNAVAILABLE
  // if that can't be told just now.
  virtual void Locate(const Start& start, std::shared_ptr<const Search> search,
                      LocateCallback done) = 0;

  // Makes `waiter` hear, once, of the first entry after `sequence`. Returns
  // false, and does nothing, if that is here already. A waiter waits in one
  // place at a time.
  //
  // An append costs time for each waiter, and none for readers that are behind.
  virtual bool Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) = 0;

  // Forgets `waiter` if it waits. A call of OnMore may be under way already,
  // and come after this has returned.
  virtual void StopWaiting(const std::shared_ptr<Waiter>& waiter) = 0;

  // Calls one of the waiters who are to hear by now, if there is any. For the
  // thread on which what a waiter began has ended: see Waker. To be called with
  // no lock held.
  virtual void HelpToWake() = 0;
};

}  // namespace happiness

#endif  // SERVICE_LOG_READING_LOG_H_
