// The summaries that all get who ask the same.

#ifndef SERVICE_SUMMARY_SUMMARY_VIEW_H_
#define SERVICE_SUMMARY_SUMMARY_VIEW_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/request/summary_query.h"

namespace happiness {

// A serialised v1::Summary. Writing it to a stream shares its slice.
using EncodedSummary = std::shared_ptr<const grpc::ByteBuffer>;

// Holds the newest summary of one query, and nothing older: a stream that is
// slow skips. Only what a stream has taken and not given back, by asking for a
// newer one, stays; where that is too much, the slowest are told to end.
// Thread-safe. The streams that show it own it together; the last one takes it
// away.
class SummaryView {
 public:
  // How many bytes of summaries may stay that are older than the one before the
  // newest.
  static constexpr size_t kMaxHeldBytes = 4 << 20;

  // A stream. Called on the thread that publishes, which it must not block.
  class Waiter {
   public:
    virtual ~Waiter() = default;

    // There is a newer summary.
    virtual void OnSummary() = 0;

    // It has held a summary for too long.
    virtual void OnTooSlow() = 0;
  };

  explicit SummaryView(SummarySelection selection)
      : selection_(std::move(selection)) {}

  const SummarySelection& selection() const { return selection_; }

  // The newest summary, if that is another one than `seen`, which is null for
  // somebody who saw none. Otherwise null, and `waiter` hears, once, of the
  // next. An error if there will be no more.
  absl::StatusOr<EncodedSummary> NewerThan(const EncodedSummary& seen,
                                           std::shared_ptr<Waiter> waiter);

  // Forgets `waiter`, and what it holds. A call of it may be under way already,
  // and come after this has returned.
  void StopWaiting(const std::shared_ptr<Waiter>& waiter);

  // The rest is for the summarizer.

  void Publish(int64_t end_time, grpc::ByteBuffer encoded);

  // There are no more, for the reason `status`, which is not OK.
  void End(absl::Status status);

  // Of the newest; none yet if 0.
  int64_t end_time() const;

 private:
  using Waiters = absl::flat_hash_set<std::shared_ptr<Waiter>>;

  // A summary that some hold.
  struct Held {
    size_t bytes = 0;
    Waiters by;
  };

  // `waiter` holds nothing any more.
  void GiveBack(const std::shared_ptr<Waiter>& waiter)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets those who hold what is too old, and returns them.
  Waiters TakeTooSlow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SummarySelection selection_;

  mutable absl::Mutex mutex_;
  EncodedSummary newest_ ABSL_GUARDED_BY(mutex_);
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;  // of newest_: 1, 2, ...
  int64_t end_time_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // not OK: there are no more
  // All of them have seen newest_.
  Waiters waiters_ ABSL_GUARDED_BY(mutex_);
  // By version; and which version each holds.
  std::map<int64_t, Held> held_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Waiter*, int64_t> holds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_SUMMARY_VIEW_H_
