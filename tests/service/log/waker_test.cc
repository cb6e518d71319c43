#include "service/log/waker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/synchronization/blocking_counter.h"

namespace happiness {
namespace {

// More than are called on the waker's own thread.
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
