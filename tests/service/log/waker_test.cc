#include "service/log/waker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

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

// Holds up the thread that calls it.
class Slow : public ReadingLog::Waiter {
 public:
  void OnMore() override {
    called.Notify();
    go_on.WaitForNotification();
  }

  absl::Notification called;
  absl::Notification go_on;
};

int CallsOf(const std::vector<std::shared_ptr<Counter>>& counters) {
  int calls = 0;
  for (const auto& counter : counters) calls += counter->calls;
  return calls;
}

TEST(WakerTest, WhoHelpsCallsOneOfThoseWhoAreLeft) {
  std::vector<std::shared_ptr<Counter>> counters;
  const auto slow = std::make_shared<Slow>();
  Waker waker;
  const absl::Cleanup let_go = [&slow] { slow->go_on.Notify(); };
  counters = AddCounters(&waker, kMany);
  waker.Help();
  EXPECT_EQ(CallsOf(counters), 0) << "before it is told to";
  waker.Add(slow);
  waker.WakeAll();
  slow->called.WaitForNotification();
  for (int left = kMany - CallsOf(counters); left > 0; --left) {
    waker.Help();
    ASSERT_EQ(CallsOf(counters), kMany - left + 1);
  }
  waker.Help();  // Nobody is left.
  for (const auto& counter : counters) EXPECT_EQ(counter->calls, 1);
}

TEST(WakerTest, CallsEachOnceWhileManyHelp) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<Counter>> counters;
    Waker waker;
    counters = AddCounters(&waker, kMany);
    std::atomic<bool> all_called = false;
    std::vector<std::thread> helpers;
    for (int i = 0; i < 3; ++i) {
      helpers.emplace_back([&] {
        while (!all_called) waker.Help();
      });
    }
    waker.WakeAll();
    while (CallsOf(counters) < kMany) absl::SleepFor(absl::Milliseconds(1));
    all_called = true;
    for (std::thread& helper : helpers) helper.join();
    for (const auto& counter : counters) EXPECT_EQ(counter->calls, 1);
  }
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
