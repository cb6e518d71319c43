// The log on NATS JetStream: many replicas of the service share it.

#ifndef SERVICE_JETSTREAM_REPLICATED_LOG_H_
#define SERVICE_JETSTREAM_REPLICATED_LOG_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/jetstream/connection.h"
#include "service/jetstream/follower.h"
#include "service/jetstream/publisher.h"
#include "service/jetstream/stream.h"
#include "service/log/reading_log.h"
#include "service/log/stored_log.h"
#include "service/store/store.h"
#include "waiting/bell.h"
#include "waiting/seldom.h"

namespace happiness {

struct ReplicatedLogOptions {
  NatsTarget target;
  StreamSettings stream;
  // The replica is ready once it has been within so many messages of the
  // stream's end.
  int64_t ready_lag = 1'000;
  PublisherOptions publisher;
};

// The stream is the log: it numbers readings, and keeps them on several
// servers. This replica copies it into a StoredLog, out of which it answers
// everything; so all that reads goes on when the stream can't be reached, as of
// what came until then.
//
// A sequence is that of the stream's message. Not each one has a reading: a
// message that is no valid reading has none, nor has a late duplicate, which is
// one with the id of a reading that is kept. All replicas decide alike, for
// they do by what the stream says and in its order: which message is the first
// with an id, and how much later the other came. Nobody is ever told of the
// sequence of such a message, and a reader that stands there goes on with what
// follows.
//
// Thread-safe. A thread of its own, the steward, keeps it connected.
class ReplicatedLog final : public ReadingLog {
 public:
  // Connects and checks the stream, or waits for it some seconds: one that
  // can't be reached is no error, but one with other settings is, and so is a
  // copy of another stream. `store` and `copy`, which is on it, must outlive
  // the log.
  static absl::StatusOr<std::unique_ptr<ReplicatedLog>> Open(
      const Store* store, StoredLog* copy, const ReplicatedLogOptions& options);

  // UNAVAILABLE to all who wait. Nothing is recorded after that.
  ~ReplicatedLog() override;

  // Calls `heard` once when the replica is ready, be it now. Null: nobody is to
  // hear any more; when this returns nobody will.
  void WhenReady(std::function<void()> heard);

  // UNAVAILABLE, and why, until then.
  absl::Status Ready() const;

  void Append(std::vector<v1::Reading> readings, AppendCallback done) override;
  LogExtent Extent() const override { return copy_->Extent(); }
  absl::StatusOr<std::vector<EntryPtr>> ReadAfter(int64_t sequence,
                                                  size_t limit) const override {
    return copy_->ReadAfter(sequence, limit);
  }
  void ReadStored(int64_t sequence, std::shared_ptr<const Search> search,
                  size_t limit, StretchCallback done) override {
    copy_->ReadStored(sequence, std::move(search), limit, std::move(done));
  }
  void Locate(const Start& start, std::shared_ptr<const Search> search,
              LocateCallback done) override;
  bool Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) override {
    return copy_->Wait(sequence, std::move(waiter));
  }
  void StopWaiting(const std::shared_ptr<Waiter>& waiter) override {
    copy_->StopWaiting(waiter);
  }
  void HelpToWake() override { copy_->HelpToWake(); }

  struct Stats {
    bool connected = false;  // to the stream, a second or so ago
    int64_t behind = 0;      // messages that the copy lacked then
    int64_t late_duplicates = 0;
    int64_t skipped = 0;  // messages that are no valid readings
  };
  Stats stats() const;

 private:
  using Clock = std::chrono::steady_clock;

  // Who wants to read on after a sequence that the copy lacks.
  struct Ahead {
    int64_t sequence;
    LocateCallback done;
    int looks = 0;  // at which the log did not have it either
  };

  ReplicatedLog(const Store* store, StoredLog* copy,
                const ReplicatedLogOptions& options);

  // The steward's thread.
  void Run();
  void Work();
  absl::Status Connect();
  absl::StatusOr<StreamState> Look();
  absl::Status CheckSettled(const StreamState& state);
  absl::StatusOr<int64_t> Follow(const StreamState& state);
  void StopFollowing();
  void LeaveStream();
  void Disconnect();
  void NoteProgress(absl::Time looked, int64_t behind);
  void NoteProblem(const absl::Status& status);
  void AnswerAhead(std::vector<Ahead> waiting,
                   const absl::StatusOr<StreamState>& state);
  void DeleteLateDuplicates();

  // The follower's thread.
  void OnMessage(const Follower::Message& message);
  // The copy's writer's.
  void OnApplied(int64_t sequence,
                 absl::StatusOr<std::vector<Appended>> applied);

  const Store* const store_;
  StoredLog* const copy_;
  const ReplicatedLogOptions options_;
  Publisher publisher_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Stats stats_ ABSL_GUARDED_BY(mutex_);
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Ahead> ahead_ ABSL_GUARDED_BY(mutex_);
  int64_t head_ ABSL_GUARDED_BY(mutex_) = 0;  // of the stream, at least
  int64_t applying_ ABSL_GUARDED_BY(mutex_) = 0;
  // Since what went before could not be applied.
  bool must_restart_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;  // what comes is dropped
  // Sequences, and when they may be deleted.
  std::deque<std::pair<Clock::time_point, int64_t>> late_
      ABSL_GUARDED_BY(mutex_);
  // The last word on whether the stream can be used, once there is one.
  std::optional<absl::Status> checked_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex ready_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  std::function<void()> when_ready_ ABSL_GUARDED_BY(ready_mutex_);

  // The steward's alone.
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Follower> follower_;
  bool opened_ = false;     // the stream, through this connection
  std::string origin_;      // of the stream that is copied
  std::string new_origin_;  // of one that is empty, and since when
  Clock::time_point new_since_;
  int64_t followed_to_ = 0;  // when it was last looked
  int stuck_ = 0;            // looks in a row at which nothing had come
  std::string problem_ = "not connected yet";
  waiting::Seldom says_deleted_{std::chrono::minutes(1)};

  int64_t last_passed_ = 0;  // to the copy; the follower's thread's
  waiting::Seldom says_skipped_{std::chrono::minutes(1)};

  waiting::Bell bell_;
  std::thread steward_;
};

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_REPLICATED_LOG_H_
