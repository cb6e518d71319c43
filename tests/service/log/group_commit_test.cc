// What waits while the log writes is written together.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "service/log/stored_log.h"
#include "tests/service/support.h"
#include "tests/service/testing/faulty_vfs.h"

namespace happiness {
namespace {

class GroupCommitTest : public ::testing::Test {
 protected:
  GroupCommitTest() { Open({}); }

  ~GroupCommitTest() override { Release(); }

  void Open(const StoredLogOptions& options) {
    storage_.reset();
    auto storage = Storage::Open(folder_, options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
  }

  StoredLog* log() { return storage_->log(); }

  // Keeps the writer from writing until Release. Returns when it stands still.
  void HoldUp() {
    absl::Notification held_up;
    go_on_ = std::make_unique<absl::Notification>();
    log()->Append({}, [&held_up, go_on = go_on_.get()](auto) {
      held_up.Notify();
      go_on->WaitForNotification();
    });
    held_up.WaitForNotification();
  }

  void Release() {
    if (go_on_ != nullptr && !go_on_->HasBeenNotified()) go_on_->Notify();
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  FaultyVfs disk_;
  std::unique_ptr<absl::Notification> go_on_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(GroupCommitTest, SyncsTheDiskOnceForAllWhoWait) {
  constexpr int kAppends = 1'000;
  AppendReadings(log(), "Oslo", 1);
  HoldUp();
  absl::BlockingCounter answers(kAppends);
  for (int i = 0; i < kAppends; ++i) {
    log()->Append({MakeReading("Oslo", 5, absl::StrCat("id", i))},
                  [&](auto result) {
                    EXPECT_TRUE(result.ok()) << result.status();
                    answers.DecrementCount();
                  });
  }
  const int before = disk_.syncs();
  Release();
  answers.Wait();
  EXPECT_EQ(disk_.syncs() - before, 1);
  EXPECT_EQ(log()->Extent().last, kAppends + 1);
}

TEST_F(GroupCommitTest, MakesNoGroupLargerThanOneAppendMayBe) {
  constexpr int kReadings = ReadingLog::kMaxAppend;
  HoldUp();
  absl::BlockingCounter answers(3);
  const int before = disk_.syncs();
  for (const char* place : {"Oslo", "Lima", "Rome"}) {
    std::vector<v1::Reading> readings;
    for (int i = 0; i < kReadings; ++i) {
      readings.push_back(MakeReading(place, 5, absl::StrCat(place, i)));
    }
    log()->Append(std::move(readings), [&](auto) { answers.DecrementCount(); });
  }
  Release();
  answers.Wait();
  EXPECT_GE(disk_.syncs() - before, 3);
  EXPECT_EQ(log()->Extent().last, 3 * kReadings);
}

TEST_F(GroupCommitTest, ManyConcurrentWritersShareCommits) {
  constexpr int kWriters = 32;
  constexpr int kAppends = 50;
  const int before = disk_.syncs();
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([this, w] {
      for (int i = 0; i < kAppends; ++i) {
        EXPECT_TRUE(
            Append(log(), {MakeReading("Oslo", 5, absl::StrCat(w, "-", i))})
                .ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_LT(disk_.syncs() - before, kWriters * kAppends / 2);
  EXPECT_EQ(log()->Extent().last, kWriters * kAppends);
}

TEST_F(GroupCommitTest, RefusesAppendsWhenTooManyReadingsWait) {
  StoredLogOptions options;
  options.max_waiting = 10;
  Open(options);
  HoldUp();
  std::vector<absl::Status> answers(4);
  const auto append = [&](size_t i, int count) {
    std::vector<v1::Reading> readings;
    for (int r = 0; r < count; ++r) {
      readings.push_back(MakeReading("Oslo", 5, absl::StrCat(i, "-", r)));
    }
    answers[i] = absl::UnknownError("no answer");
    log()->Append(std::move(readings),
                  [&, i](auto result) { answers[i] = result.status(); });
  };
  append(0, 8);
  append(1, 3);  // more than there is room for
  EXPECT_EQ(answers[1].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(answers[1].message(),
            "the limit of 10 readings that wait to be recorded is reached: "
            "send it again later");
  append(2, 2);
  append(3, 1);
  EXPECT_EQ(answers[3].code(), absl::StatusCode::kResourceExhausted);
  Release();
  EXPECT_TRUE(Append(log(), {}).ok());
  EXPECT_TRUE(answers[0].ok()) << answers[0];
  EXPECT_TRUE(answers[2].ok()) << answers[2];
  EXPECT_EQ(log()->Extent().last, 10);
  EXPECT_TRUE(Append(log(), {MakeReading("Oslo", 5, "room again")}).ok());
  // Those that were refused at once took no time, and would hide what the
  // others took: the four that were not, and HoldUp's.
  const std::vector<uint64_t> took = log()->stats().append.Counts();
  EXPECT_EQ(std::accumulate(took.begin(), took.end(), uint64_t{0}), 5u);
}

TEST_F(GroupCommitTest, RefusesTheOneWithTooManyPlacesAlone) {
  StoredLogOptions options;
  options.max_places = 2;
  Open(options);
  HoldUp();
  std::vector<absl::Status> answers(3);
  absl::BlockingCounter answered(3);
  const auto append = [&](size_t i, std::vector<v1::Reading> readings) {
    log()->Append(std::move(readings), [&, i](auto result) {
      answers[i] = result.status();
      answered.DecrementCount();
    });
  };
  append(0, {MakeReading("Oslo", 5, "a")});
  append(1, {MakeReading("Oslo", 5, "b"), MakeReading("Lima", 5, "c"),
             MakeReading("Rome", 5, "d")});
  append(2, {MakeReading("Lima", 5, "c")});
  Release();
  answered.Wait();
  EXPECT_TRUE(answers[0].ok()) << answers[0];
  EXPECT_EQ(answers[1].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(answers[2].ok()) << answers[2];
  EXPECT_EQ(log()->Extent().last, 2);
}

TEST_F(GroupCommitTest, AnswersAllWhoWaitBeforeItEnds) {
  constexpr int kAppends = 100;
  HoldUp();
  int answers = 0;
  for (int i = 0; i < kAppends; ++i) {
    log()->Append({MakeReading("Oslo", 5, absl::StrCat(i))}, [&](auto result) {
      EXPECT_TRUE(result.ok()) << result.status();
      ++answers;
    });
  }
  std::thread end([this] { storage_.reset(); });
  Release();
  end.join();
  EXPECT_EQ(answers, kAppends);
  Open({});
  EXPECT_EQ(log()->Extent().last, kAppends);
}

}  // namespace
}  // namespace happiness
