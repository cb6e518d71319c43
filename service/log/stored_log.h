// The log: in a store, with the newest readings in memory as well.

#ifndef SERVICE_LOG_STORED_LOG_H_
#define SERVICE_LOG_STORED_LOG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/log/log_stats.h"
#include "service/log/reading_log.h"
#include "service/log/recent_ring.h"
#include "service/log/waker.h"
#include "service/store/checkpointer.h"
#include "service/store/read_pool.h"
#include "service/store/reading_writer.h"
#include "service/store/retention.h"
#include "service/store/store.h"

namespace happiness {

struct StoredLogOptions {
  size_t ring = 65'536;         // readings in memory; at least 1
  size_t max_waiting = 65'536;  // readings that wait to be written
  size_t max_places = 10'000;
  RetentionOptions retention;
  // The readings are those of another log, which this one copies: they come by
  // Apply, and a power cut may take the last of them.
  bool is_copy = false;
};

// Thread-safe. Threads of its own do what takes time:
// - the writer commits what waits, in groups: one sync of the disk for all who
//   wait for it. Then it answers them. Between two groups it lets old readings
//   go.
// - the waker calls waiters, so that a thousand streams hold no commit up;
//   gRPC's threads help.
// - in a folder, the checkpointer keeps SQLite's log short.
// - the reader reads the storage for streams which are behind the ring.
//
// When the store can't be written, appends fail, streams go on, and the next
// append tries again.
class StoredLog final : public ReadingLog {
 public:
  // `store` must outlive the log, which is the only one to write to it.
  // FAILED_PRECONDITION if its readings are a copy, and these are not to be.
  static absl::StatusOr<std::unique_ptr<StoredLog>> Open(
      const Store& store, const StoredLogOptions& options);

  // Writes what waits, answers it, and wakes those who waited for it.
  ~StoredLog() override;

  void Append(std::vector<v1::Reading> readings, AppendCallback done) override;
  LogExtent Extent() const override;
  absl::StatusOr<std::vector<EntryPtr>> ReadAfter(int64_t sequence,
                                                  size_t limit) const override;
  void ReadStored(int64_t sequence, std::shared_ptr<const Search> search,
                  size_t limit, StretchCallback done) override;
  void Locate(const Start& start, std::shared_ptr<const Search> search,
              LocateCallback done) override;
  bool Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) override;
  void StopWaiting(const std::shared_ptr<Waiter>& waiter) override;
  void HelpToWake() override;

  // ---- Of a copy.

  // Adds a reading that was recorded elsewhere, complete with its sequence, at
  // `record_time`; one whose id has been seen is left out, and is a duplicate.
  // `after` is the sequence of the one before, from which copying goes on:
  // after an error nothing else is added until it comes again. Not counted.
  void Apply(v1::Reading reading, absl::Time record_time, int64_t after,
             AppendCallback done);

  // The last sequence that was applied, be it a duplicate's.
  int64_t applied() const;

  // What was recorded before `time` has been applied, as what is applied says
  // by itself; but the clocks of those who record may differ by a minute.
  // Readings' ages are as of a minute before that, so that all copies forget
  // the same.
  void KnowsAllUntil(absl::Time time);

  // The readings up to `sequence` are not to be had any more. Lets go of them.
  // False if that takes longer than three seconds, or the store can't be
  // written: to be called again.
  bool LetGoTo(int64_t sequence);

  // ---- Of both.

  // The reading with this id, or null: before it returns, or later on another
  // thread.
  using FindCallback = absl::AnyInvocable<void(absl::StatusOr<EntryPtr>) &&>;
  void Find(const std::string& reading_id, FindCallback done);

  // RESOURCE_EXHAUSTED, for the client, if these readings would take the number
  // of places beyond the limit.
  absl::Status CheckPlaces(const std::vector<v1::Reading>& readings) const {
    return writer_->CheckPlaces(readings);
  }

  LogStats& stats() { return stats_; }
  const LogStats& stats() const { return stats_; }

 private:
  using Clock = std::chrono::steady_clock;

  // How a reading was recorded elsewhere.
  struct Recorded {
    absl::Time time;
    int64_t after = 0;
  };

  // A call of Append, or of Apply.
  struct Job {
    std::vector<v1::Reading> readings;
    AppendCallback done;
    std::optional<Recorded> recorded = {};
    Clock::time_point start = Clock::now();
    absl::StatusOr<std::vector<Appended>> result = std::vector<Appended>();
  };

  StoredLog(const StoredLogOptions& options, int64_t horizon, int64_t last);

  // The writer's thread.
  void Write();
  std::vector<Job> TakeGroup() ABSL_LOCKS_EXCLUDED(mutex_);
  void WriteGroup(std::vector<Job> group);
  absl::Status Commit(std::vector<Job>& group);
  absl::Status Add(Job& job);
  absl::Status AddRecorded(Job& job);
  void Publish(const std::vector<Job>& group) ABSL_LOCKS_EXCLUDED(mutex_);
  void Answer(Job job);
  void NoteHealth(const absl::Status& status);
  void LetGo(size_t written) ABSL_LOCKS_EXCLUDED(mutex_);
  void MoveHorizon(int64_t horizon) ABSL_LOCKS_EXCLUDED(mutex_);

  LogExtent ExtentLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Time AgesAsOf() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Time NextLetGo() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool WriterHasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const StoredLogOptions options_;
  LogStats stats_;

  mutable absl::Mutex mutex_;
  std::deque<Job> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_readings_ ABSL_GUARDED_BY(mutex_) = 0;
  RecentRing ring_ ABSL_GUARDED_BY(mutex_);
  int64_t horizon_ ABSL_GUARDED_BY(mutex_);   // the readings up to it are gone
  int64_t gone_ ABSL_GUARDED_BY(mutex_) = 0;  // those up to it are to go
  int64_t applied_ ABSL_GUARDED_BY(mutex_);
  absl::Time known_until_ ABSL_GUARDED_BY(mutex_) = absl::UnixEpoch();
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // The writer's alone.
  std::unique_ptr<ReadingWriter> writer_;
  int64_t adding_after_;  // applied_, and those of the transaction
  Retention retention_;
  bool healthy_ = true;
  bool lets_go_ = true;  // when it is to

  Waker waker_;
  std::unique_ptr<Checkpointer> checkpointer_;  // none in memory
  std::unique_ptr<ReadPool> reader_;
  std::thread writer_thread_;
};

}  // namespace happiness

#endif  // SERVICE_LOG_STORED_LOG_H_
