// The summaries that all get who ask the same.

#ifndef SERVICE_SUMMARY_SUMMARY_VIEW_H_
#define SERVICE_SUMMARY_SUMMARY_VIEW_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/request/summary_query.h"

namespace happiness {

// A serialised v1::Summary. Writing it to a stream shares its slice.
using EncodedSummary = std::shared_ptr<const grpc::ByteBuffer>;

// Holds the newest summary of one query, and nothing older: a stream that is
// slow skips. Thread-safe. The streams that show it own it together; the last
// one takes it away.
class SummaryView {
 public:
  // Hears that there is a newer summary.
  class Waiter {
   public:
    virtual ~Waiter() = default;

    // Called on the thread that publishes, which it must not block.
    virtual void OnSummary() = 0;
  };

  explicit SummaryView(SummarySelection selection)
      : selection_(std::move(selection)) {}

  const SummarySelection& selection() const { return selection_; }

  // The newest summary, if that is another one than `seen`, which is null for
  // somebody who saw none. Otherwise null, and `waiter` hears, once, of the
  // next. An error if there will be no more.
  absl::StatusOr<EncodedSummary> NewerThan(const EncodedSummary& seen,
                                           std::shared_ptr<Waiter> waiter);

  // Forgets `waiter` if it waits. A call of OnSummary may be under way already,
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

  const SummarySelection selection_;

  mutable absl::Mutex mutex_;
  EncodedSummary newest_ ABSL_GUARDED_BY(mutex_);
  int64_t end_time_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // not OK: there are no more
  // All of them have seen newest_.
  Waiters waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_SUMMARY_VIEW_H_
