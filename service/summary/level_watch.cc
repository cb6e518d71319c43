#include "service/summary/level_watch.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "service/request/message_parsing.h"
#include "service/request/summary_query.h"

namespace happiness {
namespace {

class Arrival : public SummaryView::Waiter {
 public:
  bool Wait() {
    return arrived_.WaitForNotificationWithTimeout(LevelWatch::kPatience);
  }

  void OnSummary() override { arrived_.Notify(); }
  void OnTooSlow() override {}  // It holds none.

 private:
  absl::Notification arrived_;
};

SummaryQuery LevelQuery() {
  return {.span = DefaultSpan(),
          .selection = {.places = {}, .limit = LevelWatch::kMostPlaces}};
}

// The view's newest summary, or its first.
absl::StatusOr<EncodedSummary> NewestOf(SummaryView* view) {
  const auto arrival = std::make_shared<Arrival>();
  auto newest = view->NewerThan(nullptr, arrival);
  if (newest.ok() && *newest == nullptr && arrival->Wait()) {
    newest = view->NewerThan(nullptr, arrival);
  }
  view->StopWaiting(arrival);
  return newest;
}

}  // namespace

std::optional<v1::Summary> LevelWatch::Now() {
  absl::MutexLock lock(&mutex_);
  if (view_ == nullptr) {
    auto view = summarizers_->Watch(LevelQuery());
    if (!view.ok()) return std::nullopt;
    view_ = *std::move(view);
  }
  const absl::StatusOr<EncodedSummary> newest = NewestOf(view_.get());
  if (!newest.ok()) view_ = nullptr;  // It has ended; the next call asks anew.
  v1::Summary summary;
  if (!newest.ok() || *newest == nullptr ||
      !ParseMessage(**newest, &summary).ok()) {
    return std::nullopt;
  }
  return summary;
}

}  // namespace happiness
