// Who may go on among those that all could at once.

#ifndef BRIDGE_FEED_TURNS_H_
#define BRIDGE_FEED_TURNS_H_

#include <deque>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace bridge {

// Some turns, and a queue of those who wait for one, first come first served.
//
// Private feeds read in turns: each is a stream of stored messages that comes
// as fast as it is read, and a thousand of them would leave shared feeds, whose
// messages come one by one, a thousandth of the upstream's and our time.
//
// Thread-safe. Its lock is taken last.
class Turns {
 public:
  class Taker {
   public:
    virtual ~Taker() = default;
    // It has a turn, which it must give back. Must only post.
    virtual void OnTurn() = 0;
  };

  explicit Turns(int count) : free_(count) {}

  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // OnTurn comes once there is a turn; unless `taker` is gone by then.
  void Await(const std::shared_ptr<Taker>& taker) {
    {
      const absl::MutexLock lock(&mutex_);
      if (free_ == 0) {
        waiting_.push_back(taker);
        return;
      }
      --free_;
    }
    taker->OnTurn();
  }

  // Gives a turn back.
  void Give() {
    if (const std::shared_ptr<Taker> next = NextOrFree()) next->OnTurn();
  }

 private:
  std::shared_ptr<Taker> NextOrFree() {
    const absl::MutexLock lock(&mutex_);
    while (!waiting_.empty()) {
      std::shared_ptr<Taker> next = waiting_.front().lock();
      waiting_.pop_front();
      if (next != nullptr) return next;
    }
    ++free_;
    return nullptr;
  }

  absl::Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::weak_ptr<Taker>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace bridge

#endif  // BRIDGE_FEED_TURNS_H_
