#include "service/summary/summary_view.h"

namespace happiness {

absl::StatusOr<EncodedSummary> SummaryView::NewerThan(
    const EncodedSummary& seen, std::shared_ptr<Waiter> waiter) {
  absl::MutexLock lock(&mutex_);
  if (!end_.ok()) return end_;
  if (newest_ != seen) return newest_;
  waiters_.insert(std::move(waiter));
  return EncodedSummary();
}

void SummaryView::StopWaiting(const std::shared_ptr<Waiter>& waiter) {
  absl::MutexLock lock(&mutex_);
  waiters_.erase(waiter);
}

void SummaryView::Publish(int64_t end_time, grpc::ByteBuffer encoded) {
  Waiters waiters;
  {
    absl::MutexLock lock(&mutex_);
    newest_ = std::make_shared<const grpc::ByteBuffer>(std::move(encoded));
    end_time_ = end_time;
    waiters.swap(waiters_);
  }
  for (const std::shared_ptr<Waiter>& waiter : waiters) waiter->OnSummary();
}

void SummaryView::End(absl::Status status) {
  Waiters waiters;
  {
    absl::MutexLock lock(&mutex_);
    end_ = std::move(status);
    waiters.swap(waiters_);
  }
  for (const std::shared_ptr<Waiter>& waiter : waiters) waiter->OnSummary();
}

int64_t SummaryView::end_time() const {
  absl::MutexLock lock(&mutex_);
  return end_time_;
}

}  // namespace happiness
