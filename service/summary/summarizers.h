// All summaries that somebody watches.
//
//   Summarizers summarizers({.log = &log, .fills = &fills});
//   SummaryTicker ticker(&summarizers);
//   absl::StatusOr<std::shared_ptr<SummaryView>> view =
//       summarizers.Watch(query);
//   view->NewerThan(nullptr, waiter);

#ifndef SERVICE_SUMMARY_SUMMARIZERS_H_
#define SERVICE_SUMMARY_SUMMARIZERS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/request/summary_query.h"
#include "service/summary/summarizer.h"
#include "service/summary/summary_view.h"
#include "waiting/bell.h"

namespace happiness {

// What all summaries together may take. The default window and period are what
// most ask for, the metrics among them: nobody can deny those to others by
// taking all that there is of the rest.
struct SummaryLimits {
  // Different windows and periods at a time, besides the default.
  size_t summarizers = 16;
  // Places that all views list at most, or look at; at least one for each.
  // Views that ask the same are one. A plain one (IsPlain) counts, but is never
  // refused.
  size_t listed = 1'000'000;
  // As PlaceWindows::bytes. The largest ends, and the default the last.
  size_t bytes = size_t{256} << 20;
};

// A summarizer for each window and period in use, shared by all who watch it,
// and a view for each different query. Both come with the first stream; the
// view goes with the last, the summarizer some seconds after it.
//
// Thread-safe, but for Tick and WaitUntil: those are called by one thread
// alone. That thread makes all summaries, and is itself no part of this, so
// that tests say what the time is.
class Summarizers {
 public:
  // So long a summarizer lives without a stream: somebody who reloads the page
  // finds it filled.
  static constexpr absl::Duration kLinger = absl::Seconds(10);

  explicit Summarizers(const SummarySource& source, SummaryLimits limits = {})
      : source_(source), limits_(limits) {}

  // The view for `query`. It is watched for as long as somebody holds it, and
  // has its first summary soon. RESOURCE_EXHAUSTED if a limit is reached.
  absl::StatusOr<std::shared_ptr<SummaryView>> Watch(const SummaryQuery& query);

  // Does all that is due at `now`. Returns when to call again.
  absl::Time Tick(absl::Time now);

  // Returns at `time`, or before if there is a reason to call Tick.
  void WaitUntil(absl::Time time) { bell_->WaitUntil(time); }

  // Makes WaitUntil return.
  void Wake() { bell_->Ring(); }

  const SummaryWork& work() const { return work_; }

  // How many summarizers there are.
  size_t size() const;

 private:
  struct Watched {
    std::shared_ptr<Summarizer> summarizer;  // used by Tick alone
    absl::flat_hash_map<SummarySelection, std::weak_ptr<SummaryView>> views;
    // Since when there is no view, or InfiniteFuture while there are.
    absl::Time idle_since = absl::InfiniteFuture();
  };
  using All = absl::flat_hash_map<SummarySpan, Watched>;
  // What Tick works on without the lock.
  struct Turn {
    Turn(SummarySpan its_span, std::shared_ptr<Summarizer> its_summarizer)
        : span(its_span), summarizer(std::move(its_summarizer)) {}

    SummarySpan span;
    std::shared_ptr<Summarizer> summarizer;
    Summarizer::Views views;
  };

  // The one for `span`, which is made if need be.
  absl::StatusOr<Watched*> WatchedFor(SummarySpan span)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How many there are besides the default.
  size_t Others() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // RESOURCE_EXHAUSTED if a view more would list too many places.
  absl::Status MakeRoom(const SummaryQuery& query)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets the views that nobody holds any more.
  void DropViews() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Forgets what nobody watches, and gives the rest.
  std::vector<Turn> TakeTurns(absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the largest, and the default the last, until all take no more than
  // they may.
  void KeepWithinBytes(std::vector<Turn> turns) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the summarizer and all its views.
  void End(const Turn& turn, const absl::Status& status)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const SummarySource source_;
  const SummaryLimits limits_;
  // Shared with the fills, which may be reading when this goes.
  const std::shared_ptr<waiting::Bell> bell_ =
      std::make_shared<waiting::Bell>();
  SummaryWork work_;

  mutable absl::Mutex mutex_;
  All all_ ABSL_GUARDED_BY(mutex_);
  // By all views, those among them that nobody holds any more.
  size_t listed_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_SUMMARIZERS_H_
