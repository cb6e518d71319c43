#include "service/store/read_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace happiness {
namespace {

class ReadPoolTest : public ::testing::Test {
 protected:
  void Start(size_t threads, size_t max_waiting) {
    auto pool = ReadPool::Start(*store_, threads, max_waiting);
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = *std::move(pool);
  }

  // Keeps one thread busy until `go_on` is notified. Returns when it is.
  void Occupy(absl::Notification* go_on) {
    absl::Notification busy;
    EXPECT_TRUE(pool_
                    ->Run([&busy, go_on](Database&) {
                      busy.Notify();
                      go_on->WaitForNotification();
                    })
                    .ok());
    busy.WaitForNotification();
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  std::unique_ptr<ReadPool> pool_;
};

TEST_F(ReadPoolTest, RunsJobsInTheOrderInWhichTheyCame) {
  Start(1, 101);
  std::vector<int> ran;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pool_->Run([&ran, i](Database&) { ran.push_back(i); }).ok());
  }
  absl::Notification done;
  ASSERT_TRUE(pool_->Run([&](Database&) { done.Notify(); }).ok());
  done.WaitForNotification();
  ASSERT_EQ(ran.size(), 100u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST_F(ReadPoolTest, RunsAsManyAtATimeAsItHasThreadsEachWithItsConnection) {
  constexpr int kThreads = 3;
  Start(kThreads, 100);
  absl::Barrier all(kThreads);  // Nobody passes unless all run at a time.
  absl::Mutex mutex;
  std::set<sqlite3*> connections;
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool_
                    ->Run([&](Database& db) {
                      all.Block();
                      absl::MutexLock lock(&mutex);
                      connections.insert(db.handle());
                    })
                    .ok());
  }
  pool_.reset();
  EXPECT_EQ(connections.size(), size_t{kThreads});
}

TEST_F(ReadPoolTest, ReadsTheStoreAndWritesNothing) {
  Start(1, 10);
  ASSERT_TRUE(pool_
                  ->Run([](Database& db) {
                    EXPECT_TRUE(db.Execute("SELECT * FROM readings").ok());
                    EXPECT_FALSE(db.Execute("DELETE FROM readings").ok());
                  })
                  .ok());
  pool_.reset();
}

TEST_F(ReadPoolTest, RefusesAndDropsAJobWhenTooManyWait) {
  Start(1, 2);
  absl::Notification go_on;
  Occupy(&go_on);
  int ran = 0;
  const auto job = [&ran](Database&) { ++ran; };
  EXPECT_TRUE(pool_->Run(job).ok());
  EXPECT_TRUE(pool_->Run(job).ok());
  const auto held = std::make_shared<int>();
  const absl::Status refused =
      pool_->Run([&ran, held](Database&) { ran += 100; });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(), "the limit of 2 waiting reads is reached");
  EXPECT_EQ(held.use_count(), 1);
  go_on.Notify();
  pool_.reset();
  EXPECT_EQ(ran, 2);
}

TEST_F(ReadPoolTest, TakesNoMoreWhenItEnds) {
  Start(1, 10);
  absl::Notification go_on;
  Occupy(&go_on);
  absl::Status refused;
  ReadPool* const pool = pool_.get();  // while pool_ lets go of it
  ASSERT_TRUE(pool->Run([&](Database&) {
                    do {
                      refused = pool->Run([](Database&) {});
                    } while (!absl::IsUnavailable(refused));
                  })
                  .ok());
  go_on.Notify();
  pool_.reset();
  EXPECT_EQ(refused.message(), "the store is being closed");
}

}  // namespace
}  // namespace happiness
