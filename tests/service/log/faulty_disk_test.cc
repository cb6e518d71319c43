// A log whose disk is full, or broken, for a while.

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/log/stored_log.h"
#include "tests/service/support.h"
#include "tests/service/testing/audit.h"
#include "tests/service/testing/faulty_vfs.h"

namespace happiness {
namespace {

constexpr char kFull[] =
    "the disk is full: send it again later, with the same reading_id";
constexpr char kBroken[] =
    "the readings can't be written just now: send it again later, with the "
    "same reading_id";

// What is logged while it lives.
class LogLines {
 public:
  LogLines() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~LogLines() { spdlog::set_default_logger(before_); }

  int Count(const std::string& message) const {
    const std::string text = text_.str();
    int count = 0;
    for (size_t at = text.find(message); at != std::string::npos;
         at = text.find(message, at + 1)) {
      ++count;
    }
    return count;
  }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

class NotifyingWaiter : public ReadingLog::Waiter {
 public:
  void OnMore() override { more.Notify(); }
  absl::Notification more;
};

// Of which readers soon need the disk.
StoredLogOptions SmallRing() {
  StoredLogOptions options;
  options.ring = 2;
  return options;
}

class FaultyDiskTest : public ::testing::Test {
 protected:
  FaultyDiskTest() { Open(SmallRing()); }

  ~FaultyDiskTest() override {
    storage_.reset();
    auto store = Store::Open(folder_);
    EXPECT_TRUE(store.ok()) << store.status();
    auto db = (*store)->ConnectReader();
    Audit(*db);
  }

  void Open(const StoredLogOptions& options) {
    storage_.reset();
    auto storage = Storage::Open(folder_, options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
  }

  StoredLog* log() { return storage_->log(); }

  // With the time when it is recorded.
  static v1::Reading NewReading(const std::string& place,
                                const std::string& id) {
    v1::Reading reading = MakeReading(place, 5, id);
    reading.mutable_observe_time()->set_seconds(
        absl::ToUnixSeconds(absl::Now()));
    return reading;
  }

  absl::Status TryAppend(const std::string& id) {
    return Append(log(), {NewReading("Oslo", id)}).status();
  }

  // The sequences that are given now, whatever was tried before.
  void ExpectRecorded(const std::vector<std::string>& ids, int64_t first) {
    for (const std::string& id : ids) {
      const auto appended = Append(log(), {NewReading("Rome", id)});
      ASSERT_TRUE(appended.ok()) << appended.status();
      EXPECT_FALSE(appended->front().duplicate) << id;
      EXPECT_EQ(appended->front().entry->sequence, first++) << id;
    }
  }

  // Reads what is not in the ring.
  std::vector<int64_t> ReadStored(int64_t after) {
    std::vector<int64_t> sequences;
    absl::Notification done;
    log()->ReadStored(after, std::make_shared<ReadingLog::Search>(), 100,
                      [&](absl::StatusOr<Stretch> stretch) {
                        EXPECT_TRUE(stretch.ok()) << stretch.status();
                        for (const auto& one : stretch->readings) {
                          sequences.push_back(one.sequence);
                        }
                        done.Notify();
                      });
    done.WaitForNotification();
    return sequences;
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  FaultyVfs disk_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(FaultyDiskTest, AFullOneTakesReadingsAgainWhenItIsFreed) {
  ExpectRecorded({"a", "b"}, 1);
  disk_.SetFull(true);
  for (int i = 0; i < 3; ++i) {
    const absl::Status refused = TryAppend("c");
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(refused.message(), kFull);
  }
  EXPECT_EQ(log()->Extent().last, 2);
  disk_.SetFull(false);
  ExpectRecorded({"c", "d"}, 3);
}

TEST_F(FaultyDiskTest, ABrokenOneTakesReadingsAgainWhenItIsMended) {
  ExpectRecorded({"a", "b"}, 1);
  disk_.SetBroken(true);
  for (int i = 0; i < 3; ++i) {
    const absl::Status refused = TryAppend("c");
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(refused.message(), kBroken);
  }
  EXPECT_EQ(log()->Extent().last, 2);
  disk_.SetBroken(false);
  ExpectRecorded({"c", "d"}, 3);
}

TEST_F(FaultyDiskTest, FailsAllOfAGroupAndLeavesNothingOfIt) {
  ExpectRecorded({"a"}, 1);
  // The writer answers while the group gathers.
  absl::Notification answering;
  absl::Notification gathered;
  log()->Append({}, [&](auto) {
    answering.Notify();
    gathered.WaitForNotification();
  });
  answering.WaitForNotification();
  std::vector<absl::Status> refused(3);
  absl::Notification done;
  log()->Append({NewReading("Lima", "b"), NewReading("Lima", "a")},
                [&](auto result) { refused[0] = result.status(); });
  log()->Append({NewReading("Oslo", "c")},
                [&](auto result) { refused[1] = result.status(); });
  log()->Append({NewReading("Quito", "c")}, [&](auto result) {
    refused[2] = result.status();
    done.Notify();
  });
  disk_.SetFull(true);
  gathered.Notify();
  done.WaitForNotification();
  for (const absl::Status& status : refused) EXPECT_EQ(status.message(), kFull);
  EXPECT_EQ(log()->Extent().last, 1);
  disk_.SetFull(false);
  ExpectRecorded({"c", "b"}, 2);
  EXPECT_TRUE(Append(log(), {NewReading("Oslo", "a")})->front().duplicate);
}

TEST_F(FaultyDiskTest, StreamsLiveOn) {
  ExpectRecorded({"a", "b", "c", "d", "e"}, 1);
  auto waiter = std::make_shared<NotifyingWaiter>();
  EXPECT_TRUE(log()->Wait(5, waiter));
  for (const bool full : {true, false}) {
    disk_.SetFull(full);
    disk_.SetBroken(!full);
    EXPECT_FALSE(TryAppend("f").ok());
    EXPECT_EQ(ReadStored(1), (std::vector<int64_t>{2, 3, 4, 5}));
    EXPECT_EQ(log()->ReadAfter(4, 10)->size(), 1u);
  }
  EXPECT_FALSE(waiter->more.HasBeenNotified());
  disk_.SetBroken(false);
  EXPECT_TRUE(TryAppend("f").ok());
  waiter->more.WaitForNotification();
}

TEST_F(FaultyDiskTest, ABreakAtAnyInstantOfACommitLeavesNothingOfIt) {
  AppendReadings(log(), "Oslo", 100);
  int64_t last = log()->Extent().last;
  for (int before = 0; before < 100; ++before) {
    const std::string id = absl::StrCat("id", before);
    disk_.BreakAfter(before);
    const absl::Status status = TryAppend(id);
    disk_.SetBroken(false);
    if (status.ok()) {  // A commit has no more changes than that.
      EXPECT_GT(before, 10);
      return;
    }
    ExpectRecorded({id}, ++last);
  }
  ADD_FAILURE() << "a commit never ends";
}

TEST_F(FaultyDiskTest, IsSaidOnceAndOnceWhenItIsOver) {
  const LogLines lines;
  Open(Keeping(2));
  disk_.SetFull(true);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(TryAppend("a").ok());
  disk_.SetFull(false);
  ExpectRecorded({"a", "b"}, 1);
  EXPECT_EQ(lines.Count("readings can't be written, and are refused"), 1);
  EXPECT_EQ(lines.Count("RESOURCE_EXHAUSTED: database or disk is full"), 1);
  EXPECT_EQ(lines.Count("readings can be written again"), 1);
}

// Deletions need room as well.
TEST_F(FaultyDiskTest, OldReadingsAreLetGoLaterWithoutALineForEachAttempt) {
  const LogLines lines;
  Open(Keeping(1));
  absl::Notification full;
  log()->Append({NewReading("Oslo", "a"), NewReading("Oslo", "b")}, [&](auto) {
    disk_.SetFull(true);  // before the writer lets go of "a"
    full.Notify();
  });
  full.WaitForNotification();
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(TryAppend("c").ok());
  EXPECT_EQ(lines.Count("old readings can't be deleted"), 1);
  EXPECT_EQ(log()->Extent().first, 1);
  disk_.SetFull(false);
}

TEST_F(FaultyDiskTest, TheStoreOpensWhenThereIsRoomAndSaysWhyNotBefore) {
  ExpectRecorded({"a"}, 1);
  storage_.reset();
  disk_.SetFull(true);
  const auto refused = Storage::Open(folder_, {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.status().message(),
            absl::StrCat("--data_dir=", folder_, ": ", folder_,
                         "/readings.sqlite3 can't be used: database or disk "
                         "is full"));
  disk_.SetFull(false);
  Open({});
  ExpectRecorded({"b"}, 2);
}

// A hole in a copy would be one for good.
TEST_F(FaultyDiskTest, ACopyGoesOnFromWhatCouldBeWritten) {
  StoredLogOptions options = SmallRing();
  options.is_copy = true;
  Open(options);
  const auto apply = [this](int64_t sequence) {
    v1::Reading reading = NewReading("Oslo", std::to_string(sequence));
    reading.set_sequence(sequence);
    absl::Status result;
    absl::Notification done;
    log()->Apply(std::move(reading), absl::Now(), sequence - 1,
                 [&](auto applied) {
                   result = applied.status();
                   done.Notify();
                 });
    done.WaitForNotification();
    return result.code();
  };
  EXPECT_EQ(apply(1), absl::StatusCode::kOk);
  disk_.SetFull(true);
  EXPECT_EQ(apply(2), absl::StatusCode::kResourceExhausted);
  disk_.SetFull(false);
  EXPECT_EQ(apply(3), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(log()->applied(), 1);
  for (int64_t s = 2; s <= 5; ++s) EXPECT_EQ(apply(s), absl::StatusCode::kOk);
  EXPECT_EQ(ReadStored(0), (std::vector<int64_t>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace happiness
