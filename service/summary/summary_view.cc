#include "service/summary/summary_view.h"

namespace happiness {

absl::StatusOr<EncodedSummary> SummaryView::NewerThan(
    const EncodedSummary& seen, std::shared_ptr<Waiter> waiter) {
  absl::MutexLock lock(&mutex_);
  GiveBack(waiter);
  if (!end_.ok()) return end_;
  if (newest_ == seen) {
    waiters_.insert(std::move(waiter));
    return EncodedSummary();
  }
  holds_[waiter.get()] = version_;
  Held& held = held_[version_];
  held.bytes = newest_->Length();
  held.by.insert(std::move(waiter));
  return newest_;
}

void SummaryView::StopWaiting(const std::shared_ptr<Waiter>& waiter) {
  absl::MutexLock lock(&mutex_);
  waiters_.erase(waiter);
  GiveBack(waiter);
}

void SummaryView::GiveBack(const std::shared_ptr<Waiter>& waiter) {
  const auto version = holds_.find(waiter.get());
  if (version == holds_.end()) return;
  const auto held = held_.find(version->second);
  held->second.by.erase(waiter);
  if (held->second.by.empty()) held_.erase(held);
  holds_.erase(version);
}

SummaryView::Waiters SummaryView::TakeTooSlow() {
  Waiters too_slow;
  size_t bytes = 0;
  // From the newest of the old ones on; who is one behind is not slow.
  for (auto held = held_.lower_bound(version_ - 1); held != held_.begin();) {
    --held;
    bytes += held->second.bytes;
    if (bytes <= kMaxHeldBytes) continue;
    for (const std::shared_ptr<Waiter>& waiter : held->second.by) {
      holds_.erase(waiter.get());
    }
    too_slow.merge(held->second.by);
    held = held_.erase(held);
  }
  return too_slow;
}

void SummaryView::Publish(int64_t end_time, grpc::ByteBuffer encoded) {
  Waiters waiters;
  Waiters too_slow;
  {
    absl::MutexLock lock(&mutex_);
    newest_ = std::make_shared<const grpc::ByteBuffer>(std::move(encoded));
    ++version_;
    end_time_ = end_time;
    waiters.swap(waiters_);
    too_slow = TakeTooSlow();
  }
  for (const std::shared_ptr<Waiter>& waiter : waiters) waiter->OnSummary();
  for (const std::shared_ptr<Waiter>& waiter : too_slow) waiter->OnTooSlow();
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
