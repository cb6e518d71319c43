#include "service/log/waker.h"

#include <utility>

#include "absl/synchronization/mutex.h"

namespace happiness {

Waker::Waker() : thread_(&Waker::Work, this) {}

Waker::~Waker() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Waker::Add(WaiterPtr waiter) {
  absl::MutexLock lock(&mutex_);
  waiting_.insert(std::move(waiter));
}

void Waker::Remove(const WaiterPtr& waiter) {
  absl::MutexLock lock(&mutex_);
  waiting_.erase(waiter);
  to_wake_.erase(waiter);
}

void Waker::WakeAll() {
  absl::MutexLock lock(&mutex_);
  if (to_wake_.empty()) {
    to_wake_.swap(waiting_);
  } else {
    to_wake_.insert(waiting_.begin(), waiting_.end());
    waiting_.clear();
  }
}

void Waker::Help() {
  if (in_round_.load(std::memory_order_relaxed)) CallOne();
}

bool Waker::CallOne() {
  WaiterPtr waiter;
  {
    absl::MutexLock lock(&mutex_);
    if (round_.empty()) return false;
    waiter = std::move(round_.back());
    round_.pop_back();
    in_round_.store(!round_.empty(), std::memory_order_relaxed);
  }
  waiter->OnMore();
  return true;
}

void Waker::Work() {
  while (BeginRound()) {
    while (CallOne()) {
    }
  }
}

bool Waker::BeginRound() {
  Waiters woken;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Waker::HasWork));
    woken.swap(to_wake_);
  }
  // In an order, so that one after another can be taken.
  std::vector<WaiterPtr> round(woken.begin(), woken.end());
  woken.clear();
  absl::MutexLock lock(&mutex_);
  round_ = std::move(round);
  in_round_.store(!round_.empty(), std::memory_order_relaxed);
  return !round_.empty();
}

}  // namespace happiness
