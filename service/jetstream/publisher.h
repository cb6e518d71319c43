// Puts readings into the stream, and answers for each.

#ifndef SERVICE_JETSTREAM_PUBLISHER_H_
#define SERVICE_JETSTREAM_PUBLISHER_H_

#include <nats/nats.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/log/stored_log.h"
#include "waiting/bell.h"
#include "waiting/seldom.h"

namespace happiness {

struct PublisherOptions {
  size_t max_waiting = 65'536;  // readings without an answer
  // How long a reading is tried for. An election of the stream's leader takes
  // 4 to 9 s.
  absl::Duration patience = absl::Seconds(15);
  // The same once one has failed, until one succeeds.
  absl::Duration impatience = absl::Seconds(2);
};

// Thread-safe. A reading is published until the stream acknowledges it, always
// with its id, so the stream takes it once. The answer comes when the copy has
// applied it as well: then the id is known to be new, or whose it is, and
// whoever hears the answer can read the reading here.
//
// A thread of its own publishes, since the library may wait for the network.
class Publisher {
 public:
  Publisher(StoredLog* copy, const PublisherOptions& options);

  // UNAVAILABLE to all who still wait.
  ~Publisher();

  // As ReadingLog::Append.
  void Publish(std::vector<v1::Reading> readings,
               ReadingLog::AppendCallback done);

  // From now on publishes through `js`; null: not at all. When this returns the
  // one before is not in use.
  void Use(jsCtx* js);

  // What the stream said to a message of ours: one of both is not null.
  void OnPublished(const natsMsg* message, const jsPubAck* ack,
                   const jsPubAckErr* error);

  // The copy has applied the stream's message with this sequence.
  void OnApplied(int64_t sequence, const Appended& applied);

 private:
  using Clock = std::chrono::steady_clock;

  // A call of Publish.
  struct Call {
    ReadingLog::AppendCallback done;
    Clock::time_point start = Clock::now();
    Clock::time_point deadline;
    std::vector<Appended> results;
    size_t missing = 0;
    absl::Status error;
  };

  // A reading on its way.
  struct Outgoing {
    std::shared_ptr<Call> call;
    size_t index = 0;
    std::string id;
    std::string place;
    std::string source;
    std::string payload;
    int64_t before = 0;  // the call: all up to this sequence is older
    int attempts = 0;
    bool known = false;  // to the stream, before our first attempt
  };
  using OutgoingPtr = std::unique_ptr<Outgoing>;

  static bool IsDuplicate(const Outgoing& outgoing, const Entry& entry);

  void Run();
  std::vector<OutgoingPtr> TakeReady(jsCtx** js) ABSL_LOCKS_EXCLUDED(mutex_);
  void Send(jsCtx* js, OutgoingPtr outgoing) ABSL_LOCKS_EXCLUDED(mutex_);
  void TryAgain(OutgoingPtr outgoing, std::string why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FailOverdue() ABSL_LOCKS_EXCLUDED(mutex_);
  // What is acknowledged with a sequence that was applied before.
  void LookUp(int64_t sequence, OutgoingPtr outgoing)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Answer(const Outgoing& outgoing, absl::StatusOr<Appended> result)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Duration UntilNextRetry() ABSL_LOCKS_EXCLUDED(mutex_);

  StoredLog* const copy_;
  const PublisherOptions options_;

  absl::Mutex mutex_;
  jsCtx* js_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool in_use_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;  // readings, wherever they are
  bool healthy_ ABSL_GUARDED_BY(mutex_) = true;
  std::string problem_ ABSL_GUARDED_BY(mutex_);
  int64_t applied_ ABSL_GUARDED_BY(mutex_);
  // A reading is in one of these, or being sent.
  std::deque<OutgoingPtr> ready_ ABSL_GUARDED_BY(mutex_);
  std::multimap<Clock::time_point, OutgoingPtr> later_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const natsMsg*, OutgoingPtr> in_flight_
      ABSL_GUARDED_BY(mutex_);
  std::multimap<int64_t, OutgoingPtr> acknowledged_ ABSL_GUARDED_BY(mutex_);

  waiting::Seldom looks_;  // for who has waited too long; the thread's
  waiting::Bell bell_;
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_PUBLISHER_H_
