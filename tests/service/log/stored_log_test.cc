#include "service/log/stored_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::UnorderedElementsAre;

// The clients' view of an append that can't fail.
std::vector<Appended> Record(ReadingLog* log,
                             std::vector<v1::Reading> readings) {
  auto appended = Append(log, std::move(readings));
  EXPECT_TRUE(appended.ok()) << appended.status();
  return *std::move(appended);
}

class CountingWaiter : public ReadingLog::Waiter {
 public:
  void OnMore() override {
    absl::MutexLock lock(&mutex_);
    ++calls_;
  }
  int calls() {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }
  void WaitForCall() {
    const auto called = [this] { return calls_ > 0; };
    absl::MutexLock lock(&mutex_, absl::Condition(&called));
  }

 private:
  absl::Mutex mutex_;
  int calls_ = 0;
};

// Returns when all have been woken who waited for what is in the log.
void SettleWaiters(ReadingLog* log) {
  auto last = std::make_shared<CountingWaiter>();
  ASSERT_TRUE(log->Wait(log->Extent().last, last));
  AppendReadings(log, "Settled", 1);
  last->WaitForCall();
}

TEST(StoredLogTest, NumbersReadingsFromOneWithoutHoles) {
  TestLog test;
  StoredLog& log = test.log;
  const auto first =
      Record(&log, {MakeReading("Oslo", 1, "a"), MakeReading("Lima", 2, "b")});
  const auto second = Record(&log, {MakeReading("Oslo", 3, "c")});
  EXPECT_EQ(first[0].entry->sequence, 1);
  EXPECT_EQ(first[1].entry->sequence, 2);
  EXPECT_EQ(second[0].entry->sequence, 3);
  EXPECT_EQ(second[0].entry->place, "Oslo");
  const v1::Reading decoded = Decode(second[0].entry->encoded);
  EXPECT_EQ(decoded.sequence(), 3);
  EXPECT_EQ(decoded.reading_id(), "c");
  EXPECT_EQ(decoded.happiness(), 3);
}

TEST(StoredLogTest, AnswersTheFirstReadingForAnIdSeenBefore) {
  TestLog test;
  StoredLog& log = test.log;
  Record(&log, {MakeReading("Oslo", 1, "a")});
  const auto again = Record(&log, {MakeReading("Lima", 9, "a")});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].duplicate);
  EXPECT_EQ(again[0].entry->sequence, 1);
  EXPECT_EQ(again[0].entry->place, "Oslo");
  EXPECT_EQ(log.Extent().last, 1);
}

TEST(StoredLogTest, FindsDuplicatesWithinOneAppend) {
  TestLog test;
  StoredLog& log = test.log;
  const auto appended =
      Record(&log, {MakeReading("Oslo", 1, "a"), MakeReading("Oslo", 2, "a"),
                    MakeReading("Oslo", 3, "b")});
  EXPECT_FALSE(appended[0].duplicate);
  EXPECT_TRUE(appended[1].duplicate);
  EXPECT_EQ(appended[1].entry, appended[0].entry);
  EXPECT_EQ(appended[2].entry->sequence, 2);
}

TEST(StoredLogTest, ForgetsAnIdWithItsReading) {
  TestLog test(Keeping(2));
  StoredLog& log = test.log;
  Record(&log, {MakeReading("Oslo", 1, "a"), MakeReading("Oslo", 2, "b")});
  Settle(&log);
  EXPECT_TRUE(Record(&log, {MakeReading("Oslo", 3, "a")})[0].duplicate);
  Record(&log, {MakeReading("Oslo", 4, "c")});  // pushes out "a"
  Settle(&log);
  const auto again = Record(&log, {MakeReading("Oslo", 5, "a")});
  EXPECT_FALSE(again[0].duplicate);
  EXPECT_EQ(again[0].entry->sequence, 4);
  Settle(&log);
  EXPECT_EQ(log.Extent().first, 3);
}

TEST(StoredLogTest, KeepsABatchLargerThanItselfInPart) {
  TestLog test(Keeping(3));
  StoredLog& log = test.log;
  EXPECT_EQ(AppendReadings(&log, "Oslo", 10).size(), 10u);
  Settle(&log);
  EXPECT_EQ(log.Extent().first, 8);
  EXPECT_EQ(log.Extent().last, 10);
}

TEST(StoredLogTest, WakesAWaiterOnceWhenThereIsMore) {
  TestLog test;
  StoredLog& log = test.log;
  auto waiter = std::make_shared<CountingWaiter>();
  EXPECT_TRUE(log.Wait(0, waiter));
  EXPECT_EQ(waiter->calls(), 0);
  AppendReadings(&log, "Oslo", 3);
  waiter->WaitForCall();
  AppendReadings(&log, "Oslo", 1);
  SettleWaiters(&log);
  EXPECT_EQ(waiter->calls(), 1);
}

TEST(StoredLogTest, DoesNotWakeForADuplicate) {
  auto waiter = std::make_shared<CountingWaiter>();
  {
    TestLog test;
    Record(&test.log, {MakeReading("Oslo", 1, "a")});
    EXPECT_TRUE(test.log.Wait(1, waiter));
    Record(&test.log, {MakeReading("Oslo", 1, "a")});
  }  // Nobody is still to be woken after this.
  EXPECT_EQ(waiter->calls(), 0);
}

TEST(StoredLogTest, WakesAllBeforeItEnds) {
  auto waiter = std::make_shared<CountingWaiter>();
  {
    TestLog test;
    EXPECT_TRUE(test.log.Wait(0, waiter));
    Record(&test.log, {MakeReading("Oslo", 1, "a")});
  }
  EXPECT_EQ(waiter->calls(), 1);
}

TEST(StoredLogTest, RefusesToWaitForWhatIsThere) {
  TestLog test;
  StoredLog& log = test.log;
  AppendReadings(&log, "Oslo", 2);
  auto waiter = std::make_shared<CountingWaiter>();
  EXPECT_FALSE(log.Wait(1, waiter));
  AppendReadings(&log, "Oslo", 1);
  SettleWaiters(&log);
  EXPECT_EQ(waiter->calls(), 0);
}

TEST(StoredLogTest, ForgetsAWaiterThatStopsWaiting) {
  TestLog test;
  StoredLog& log = test.log;
  auto waiter = std::make_shared<CountingWaiter>();
  EXPECT_TRUE(log.Wait(0, waiter));
  log.StopWaiting(waiter);
  EXPECT_EQ(waiter.use_count(), 1);
  AppendReadings(&log, "Oslo", 1);
  SettleWaiters(&log);
  EXPECT_EQ(waiter->calls(), 0);
}

// As AppendReadings, but without waiting.
void AppendLater(ReadingLog* log, const std::string& place,
                 absl::Notification* done) {
  v1::Reading reading = MakeReading(place, 5, place);
  log->Append({reading}, [done](auto) { done->Notify(); });
}

TEST(StoredLogTest, MayBeCalledFromAWaiterAndFromTheCallback) {
  class Appender : public ReadingLog::Waiter {
   public:
    explicit Appender(ReadingLog* log) : log_(log) {}
    void OnMore() override { AppendLater(log_, "Lima", &done); }
    absl::Notification done;

   private:
    ReadingLog* const log_;
  };
  TestLog test;
  StoredLog& log = test.log;
  auto waiter = std::make_shared<Appender>(&log);
  EXPECT_TRUE(log.Wait(0, waiter));
  absl::Notification rome;
  log.Append({MakeReading("Oslo", 1, "a")},
             [&](auto) { AppendLater(&log, "Rome", &rome); });
  waiter->done.WaitForNotification();
  rome.WaitForNotification();
  std::vector<std::string> places;
  const auto entries = log.ReadAfter(0, 10);
  for (const EntryPtr& entry : *entries) places.push_back(entry->place);
  EXPECT_THAT(places, UnorderedElementsAre("Oslo", "Rome", "Lima"));
  EXPECT_EQ(places.front(), "Oslo");
}

// A reader as streams are: it reads all there is, then waits.
class Reader : public ReadingLog::Waiter,
               public std::enable_shared_from_this<Reader> {
 public:
  Reader(ReadingLog* log, int64_t until) : log_(log), until_(until) {}

  void OnMore() override {
    do {
      const auto entries = log_->ReadAfter(position_, 7);
      ASSERT_TRUE(entries.ok()) << entries.status();
      for (const EntryPtr& entry : *entries) {
        ASSERT_EQ(entry->sequence, position_ + 1);
        position_ = entry->sequence;
      }
      if (position_ == until_) return done_.Notify();
    } while (!log_->Wait(position_, shared_from_this()));
  }

  void WaitUntilDone() { done_.WaitForNotification(); }

 private:
  ReadingLog* const log_;
  const int64_t until_;
  int64_t position_ = 0;  // ordered by the log: one wait, one call
  absl::Notification done_;
};

TEST(StoredLogTest, ConcurrentReadersSeeAllOfConcurrentAppendsInOrder) {
  constexpr int kWriters = 4;
  constexpr int kAppends = 500;
  TestLog test;
  StoredLog& log = test.log;
  std::vector<std::shared_ptr<Reader>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(std::make_shared<Reader>(&log, kWriters * kAppends));
    readers.back()->OnMore();
  }
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&log, w] {
      for (int i = 0; i < kAppends; ++i) {
        Record(&log, {MakeReading("Oslo", 5, absl::StrCat(w, "-", i))});
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (const auto& reader : readers) reader->WaitUntilDone();
  EXPECT_EQ(log.Extent().last, kWriters * kAppends);
}

TEST(StoredLogTest, ConcurrentAppendsOfOneIdRecordItOnce) {
  TestLog test;
  StoredLog& log = test.log;
  std::atomic<int> recorded = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&log, &recorded] {
      for (int i = 0; i < 200; ++i) {
        const auto appended =
            Record(&log, {MakeReading("Oslo", 5, absl::StrCat(i))});
        if (!appended[0].duplicate) ++recorded;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(recorded, 200);
  EXPECT_EQ(log.Extent().last, 200);
}

}  // namespace
}  // namespace happiness
