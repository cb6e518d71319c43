// Summaries of one window, every period.

#ifndef SERVICE_SUMMARY_SUMMARIZER_H_
#define SERVICE_SUMMARY_SUMMARIZER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/log/reading_log.h"
#include "service/request/summary_query.h"
#include "service/store/read_pool.h"
#include "service/summary/fill.h"
#include "service/summary/standings.h"
#include "service/summary/summary_view.h"
#include "waiting/bell.h"

namespace happiness {

// Where summaries come from. What it points to must outlive who has it, and
// `fills` also the jobs that it was given.
struct SummarySource {
  ReadingLog* log;
  ReadPool* fills;       // of the store that the log keeps
  size_t min_group = 1;  // as in Backend
};

// How much work there was. Thread-safe.
struct SummaryWork {
  std::atomic<int64_t> computed = 0;  // standings
  std::atomic<int64_t> encoded = 0;   // summaries
};

// Follows the log as a reader like any other, and adds up what it reads; fills
// itself from the store at first, and again when it falls behind the log's
// ring. Belongs to a Summarizers, whose thread calls it: not thread-safe.
class Summarizer {
 public:
  using Views = std::vector<std::shared_ptr<SummaryView>>;

  // So often it reads the log at least, so that the ring does not run away.
  static constexpr absl::Duration kFollowInterval = absl::Milliseconds(250);

  // `bell` rings when there is a reason to call Tick early. `work` must outlive
  // this.
  Summarizer(SummarySpan span, const SummarySource& source,
             std::shared_ptr<waiting::Bell> bell, SummaryWork* work)
      : span_(span), source_(source), bell_(std::move(bell)), work_(work) {}

  ~Summarizer() {
    if (fill_ != nullptr) fill_->Stop();
  }

  // Does what is due at `now`: reads the log; at the end of a period, finds out
  // how the places stand; gives all `views` that don't have it the newest
  // summary. Periods that went by without a call are left out. Returns when to
  // call again. After an error this is of no more use.
  absl::StatusOr<absl::Time> Tick(absl::Time now, const Views& views);

  // As PlaceWindows::bytes.
  size_t bytes() const;

 private:
  // What must be there before anything can be summarized. Whether it is.
  absl::StatusOr<bool> Prepare(int64_t now);

  // Starts to read the store, from `start` on or after where we are.
  absl::Status StartFill(Followed from, std::optional<int64_t> start);
  absl::Status TakeFill();

  // Reads what the log has in memory. FAILED_PRECONDITION or OUT_OF_RANGE, as
  // ReadingLog::ReadAfter says, if we are behind that.
  absl::Status Follow();

  void Publish(const Views& views);

  const SummarySpan span_;
  const SummarySource source_;
  const std::shared_ptr<waiting::Bell> bell_;
  SummaryWork* const work_;

  // One of the two is there once Tick was called.
  std::shared_ptr<Fill> fill_;
  std::optional<Followed> followed_;
  // The first sequence that was kept when the fill started: what it did not
  // read of those before is gone.
  int64_t fill_first_ = 0;

  // At the end of the latest period. The names in it are those in followed_.
  std::optional<Standings> standings_;
  int64_t end_time_ = 0;
  int64_t last_sequence_ = 0;
};

}  // namespace happiness

#endif  // SERVICE_SUMMARY_SUMMARIZER_H_
