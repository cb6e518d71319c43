// What is read of a log's storage while the log is written and lets go.

#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/log/stored_log.h"
#include "tests/service/support.h"
#include "tests/service/testing/faulty_vfs.h"

namespace happiness {
namespace {

std::string Folder() {
  return testing::TempDir() +
         testing::UnitTest::GetInstance()->current_test_info()->name();
}

std::unique_ptr<Storage> OpenStorage(const StoredLogOptions& options) {
  auto storage = Storage::Open(Folder(), options);
  EXPECT_TRUE(storage.ok()) << storage.status();
  return *std::move(storage);
}

absl::StatusOr<Stretch> Read(StoredLog* log, int64_t after,
                             std::shared_ptr<const ReadingLog::Search> search =
                                 std::make_shared<ReadingLog::Search>()) {
  absl::StatusOr<Stretch> stretch;
  absl::Notification done;
  log->ReadStored(after, std::move(search), 128, [&](auto result) {
    stretch = std::move(result);
    done.Notify();
  });
  done.WaitForNotification();
  return stretch;
}

std::shared_ptr<ReadingLog::Search> For(const std::string& place) {
  auto search = std::make_shared<ReadingLog::Search>();
  search->places.insert(place);
  return search;
}

// Returns when the log, too, knows that it has let go of the reading at
// `sequence`; a read of the storage knows it a moment earlier.
void AwaitLetGo(const StoredLog& log, int64_t sequence) {
  const absl::Time deadline = absl::Now() + kTestDeadline;
  while (log.Extent().first <= sequence) {
    ASSERT_LT(absl::Now(), deadline) << sequence << " is kept";
    absl::SleepFor(absl::Milliseconds(1));
  }
}

// Reads what there is, again and again, in the face of retention. Every reading
// that it gets follows the one before, or it is told that it was too slow.
void ReadUntil(StoredLog* log, const std::atomic<bool>& done,
               std::atomic<int>* reads) {
  int64_t position = 0;
  while (!done) {
    const absl::StatusOr<Stretch> stretch = Read(log, position);
    if (absl::IsOutOfRange(stretch.status())) {
      AwaitLetGo(*log, position + 1);
      // Far enough from the oldest to be in time.
      const LogExtent extent = log->Extent();
      position = (extent.first + extent.last) / 2;
      continue;
    }
    ASSERT_TRUE(stretch.ok()) << stretch.status();
    ASSERT_EQ(stretch->start, position);
    for (const auto& one : stretch->readings) {
      ASSERT_EQ(one.sequence, ++position);
      ASSERT_EQ(Decode(one.reading).sequence(), position);
    }
    ASSERT_EQ(stretch->end, position);
    // From near the oldest on, where readings vanish.
    if (++*reads % 10 == 0) position = log->Extent().first - 1;
  }
}

void ExpectReadersAndRetentionAgree(StoredLog* log) {
  AppendReadings(log, "Oslo", 1'000);
  std::atomic<bool> done = false;
  std::vector<std::atomic<int>> reads(3);
  std::vector<std::thread> readers;
  for (std::atomic<int>& count : reads) {
    readers.emplace_back([&] { ReadUntil(log, done, &count); });
  }
  for (const std::atomic<int>& count : reads) {
    while (count < 100 && !testing::Test::HasFailure()) {
      AppendReadings(log, "Oslo", 50);
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(log->Extent().first, 1);
}

TEST(StoredReadsTest, SeeNoHoleWhileOldReadingsAreLetGoInAFile) {
  FaultyVfs disk;  // whose syncs cost nothing
  const auto storage = OpenStorage(Keeping(1'000));
  ExpectReadersAndRetentionAgree(storage->log());
}

TEST(StoredReadsTest, SeeNoHoleWhileOldReadingsAreLetGoInMemory) {
  TestLog test(Keeping(1'000));
  ExpectReadersAndRetentionAgree(&test.log);
}

TEST(StoredReadsTest, SayWhatIsAvailableWhenTheyAreTooLate) {
  TestLog test(Keeping(3));
  AppendReadings(&test.log, "Oslo", 5);
  Settle(&test.log);
  const absl::Status status = Read(&test.log, 1, For("Lima")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(),
            "the readings after sequence 1 are gone: readings 3 to 5 are "
            "available");
}

TEST(StoredReadsTest, EndWithTheLastThatIsPublished) {
  TestLog test;
  AppendReadings(&test.log, "Oslo", 5);
  EXPECT_EQ(Read(&test.log, 0, For("Lima"))->end, 5);
  EXPECT_EQ(Read(&test.log, 5)->end, 5);
}

// Holds up whoever logs that readings can be written again: the writer, between
// a commit and its publication.
class Gate : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level != spdlog::level::info) return;
    committed.Notify();
    go_on.WaitForNotification();
  }
  void flush_() override {}

  absl::Notification committed;
  absl::Notification go_on;
};

TEST(StoredReadsTest, AStartIsNeverAheadOfWhatIsPublished) {
  FaultyVfs disk;
  const auto gate = std::make_shared<Gate>();
  const auto logger_before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("", gate));
  const auto storage = OpenStorage({});
  StoredLog* log = storage->log();
  AppendReadings(log, "Oslo", 1);
  disk.SetBroken(true);
  EXPECT_FALSE(Append(log, {MakeReading("Oslo", 5, "a")}).ok());
  disk.SetBroken(false);
  std::thread writer(
      [&] { EXPECT_TRUE(Append(log, {MakeReading("Oslo", 5, "a")}).ok()); });
  gate->committed.WaitForNotification();
  ReadingLog::Start start;
  start.time = absl::Now() + absl::Hours(1);
  absl::Notification located;
  const auto search = std::make_shared<ReadingLog::Search>();
  log->Locate(start, search, [&](absl::StatusOr<int64_t> position) {
    EXPECT_EQ(*position, 2);
    EXPECT_EQ(log->Extent().last, 2);
    located.Notify();
  });
  EXPECT_EQ(Read(log, 0)->end, 1);  // By now the other was tried once.
  gate->go_on.Notify();
  located.WaitForNotification();
  writer.join();
  spdlog::set_default_logger(logger_before);
}

TEST(StoredReadsTest, WhatNobodyWaitsForIsNotRead) {
  TestLog test;
  AppendReadings(&test.log, "Oslo", 1);
  ReadingLog::Start start;
  start.backlog = 2;
  start.last = 1;
  const auto search = For("Oslo");
  search->abandoned = true;
  EXPECT_TRUE(absl::IsCancelled(Read(&test.log, 0, search).status()));
  absl::Notification ended;
  test.log.Locate(start, search, [&](absl::StatusOr<int64_t> position) {
    EXPECT_TRUE(absl::IsCancelled(position.status()));
    ended.Notify();
  });
  ended.WaitForNotification();
}

TEST(StoredReadsTest, DeletionsAloneDoNotMakeTheWriteAheadLogGrow) {
  constexpr int kReadings = 150'000;
  FaultyVfs disk;
  AppendReadings(OpenStorage({})->log(), "Oslo", kReadings);
  const auto storage = OpenStorage(Keeping(1));
  uintmax_t longest = 0;
  while (storage->log()->Extent().first < kReadings) {
    absl::SleepFor(absl::Milliseconds(1));
    longest = std::max(longest, std::filesystem::file_size(
                                    Folder() + "/readings.sqlite3-wal"));
  }
  EXPECT_GT(longest, 0u);
  EXPECT_LT(longest, uintmax_t{32} << 20);  // It would be 55 MB.
}

}  // namespace
}  // namespace happiness
