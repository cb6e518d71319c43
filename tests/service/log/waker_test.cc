#include "service/log/waker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"

namespace happiness {
namespace {

constexpr int kMany = 300;

class Counter : public ReadingLog::Waiter {
 public:
  void OnMore() override { ++calls; }
  std::atomic<int> calls = 0;
};

std::vector<std::shared_ptr<Counter>> AddCounters(Waker* waker, int count) {
  std::vector<std::shared_ptr<Counter>> counters;
  for (int i = 0; i < count; ++i) {
    counters.push_back(std::make_shared<Counter>());
    waker->Add(counters.back());
  }
  return counters;
}

TEST(WakerTest, CallsEachOnceHoweverManyThereAre) {
  for (const int count : {1, 16, 17, kMany}) {
    std::vector<std::shared_ptr<Counter>> counters;
    {
      Waker waker;
      counters = AddCounters(&waker, count);
      waker.WakeAll();
      waker.WakeAll();
    }  // when all are called
    for (const auto& counter : counters) EXPECT_EQ(counter->calls, 1);
  }
}

TEST(WakerTest, CallsNobodyBeforeItIsToldTo) {
  std::vector<std::shared_ptr<Counter>> counters;
  {
    Waker waker;
    counters = AddCounters(&waker, kMany);
  }
  for (const auto& counter : counters) EXPECT_EQ(counter->calls, 0);
}

TEST(WakerTest, ForgetsOneThatIsRemoved) {
  std::vector<std::shared_ptr<Counter>> counters;
  {
    Waker waker;
    counters = AddCounters(&waker, kMany);
    waker.Remove(counters[7]);
    waker.WakeAll();
  }
  for (const auto& counter : counters) {
    EXPECT_EQ(counter->calls, counter == counters[7] ? 0 : 1);
    EXPECT_EQ(counter.use_count(), 1);
  }
}

// Waits again each time, as a stream does, until it was called often enough.
class Again : public ReadingLog::Waiter,
              public std::enable_shared_from_this<Again> {
 public:
  static constexpr int kCalls = 50;

  Again(Waker* waker, absl::BlockingCounter* done)
      : waker_(waker), done_(done) {}

  void OnMore() override {
    if (++calls_ < kCalls) {
      waker_->Add(shared_from_this());
      waker_->WakeAll();
    } else {
      done_->DecrementCount();
    }
  }

 private:
  Waker* const waker_;
  absl::BlockingCounter* const done_;
  int calls_ = 0;
};

// Is called first, and returns when it is told to.
class Slow : public ReadingLog::Waiter {
 public:
  void OnMore() override {
    called.Notify();
    go_on.WaitForNotification();
  }

  absl::Notification called;
  absl::Notification go_on;
};

TEST(WakerTest, WhoHelpsCallsAFewOfThoseWhoAreLeft) {
  std::vector<std::shared_ptr<Counter>> counters;
  const auto calls = [&counters] {
    int sum = 0;
    for (const auto& counter : counters) sum += counter->calls;
    return sum;
  };
  const auto slow = std::make_shared<Slow>();
  {
    Waker waker;
    counters = AddCounters(&waker, kMany);
    waker.Help();
    EXPECT_EQ(calls(), 0);
    waker.Add(slow);
    waker.WakeAll();
    slow->called.WaitForNotification();
    const int before = calls();
    const int left = kMany - before;
    waker.Help();
    EXPECT_EQ(calls(), before + std::min(left, Waker::kHelp));
    while (calls() < kMany) waker.Help();
    waker.Help();
    slow->go_on.Notify();
  }
  for (const auto& counter : counters) EXPECT_EQ(counter->calls, 1);
}

TEST(WakerTest, MayBeCalledByThoseWhomItCalls) {
  Waker waker;
  absl::BlockingCounter done(kMany);
  for (int i = 0; i < kMany; ++i) {
    waker.Add(std::make_shared<Again>(&waker, &done));
  }
  waker.WakeAll();
  done.Wait();
}

}  // namespace
}  // namespace happiness
