#include "service/log/waker.h"

#include <grpcpp/alarm.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace happiness {
namespace {

// Waiters are streams, and what they do is to start a write. Where one of
// gRPC's own threads starts it, it also ends there; elsewhere another thread
// must be woken for the end, which for many streams costs a fifth of everything
// (tests/bench/fan_out). For a few, that is not worth the way to those threads.
constexpr size_t kFew = 16;
constexpr size_t kThreads = 2;

// Waiters that some threads call, each of them once.
class Round {
 public:
  explicit Round(std::vector<Waker::WaiterPtr> waiters) {
    absl::MutexLock lock(&mutex_);
    waiters_ = std::move(waiters);
  }

  // For each of the threads.
  void Run() {
    for (Waker::WaiterPtr waiter = Take(); waiter != nullptr; waiter = Take()) {
      waiter->OnMore();
    }
    absl::MutexLock lock(&mutex_);
    --running_;
  }

  void WaitUntilDone() {
    const auto done = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return running_ == 0;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&done));
  }

 private:
  Waker::WaiterPtr Take() {
    absl::MutexLock lock(&mutex_);
    if (waiters_.empty()) return nullptr;
    Waker::WaiterPtr waiter = std::move(waiters_.back());
    waiters_.pop_back();
    return waiter;
  }

  absl::Mutex mutex_;
  std::vector<Waker::WaiterPtr> waiters_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = kThreads;
};

void Call(std::vector<Waker::WaiterPtr> waiters) {
  if (waiters.size() <= kFew) {
    for (const Waker::WaiterPtr& waiter : waiters) waiter->OnMore();
    return;
  }
  Round round(std::move(waiters));
  std::array<grpc::Alarm, kThreads> alarms;
  for (grpc::Alarm& alarm : alarms) {
    alarm.Set(std::chrono::system_clock::now(),
              [&round](bool) { round.Run(); });
  }
  round.WaitUntilDone();
}

}  // namespace

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

void Waker::Work() {
  for (;;) {
    std::vector<WaiterPtr> waiters;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Waker::HasWork));
      waiters.assign(to_wake_.begin(), to_wake_.end());
      to_wake_.clear();
    }
    if (waiters.empty()) return;  // It is to stop, and all have been woken.
    Call(std::move(waiters));
  }
}

}  // namespace happiness
