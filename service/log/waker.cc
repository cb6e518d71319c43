#include "service/log/waker.h"

#include <grpcpp/alarm.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"

namespace happiness {
namespace {

// Waiters are streams, and what they do is to start a write. Where one of
// gRPC's own threads starts it, it also ends there; elsewhere another thread
// must be woken for the end, which for many streams costs a fifth of everything
// (tests/bench/fan_out). For a few, that is not worth the way to those threads.
constexpr size_t kFew = 16;
constexpr size_t kParts = 2;

void Call(const std::vector<Waker::WaiterPtr>& waiters) {
  if (waiters.size() <= kFew) {
    for (const Waker::WaiterPtr& waiter : waiters) waiter->OnMore();
    return;
  }
  absl::BlockingCounter left(kParts);
  std::array<grpc::Alarm, kParts> alarms;
  for (size_t part = 0; part < kParts; ++part) {
    alarms[part].Set(std::chrono::system_clock::now(), [&, part](bool) {
      for (size_t i = part; i < waiters.size(); i += kParts) {
        waiters[i]->OnMore();
      }
      left.DecrementCount();
    });
  }
  left.Wait();
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
    Call(waiters);
  }
}

}  // namespace happiness
