// The power goes at any instant, again and again, under a log on a disk that
// loses, or tears, what was not synced.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "service/log/stored_log.h"
#include "service/store/readings.h"
#include "tests/service/support.h"
#include "tests/service/testing/audit.h"
#include "tests/service/testing/faulty_vfs.h"

namespace happiness {
namespace {

constexpr int kRounds = 100;
constexpr int kWriters = 3;
constexpr int kMostAtATime = 20;

// Which reading has which sequence, as clients have heard. Thread-safe.
class Heard {
 public:
  void Add(const std::string& id, int64_t sequence) {
    absl::MutexLock lock(&mutex_);
    const auto [known, is_new] = heard_.emplace(id, sequence);
    EXPECT_TRUE(is_new || known->second == sequence) << id;
  }

  // `ids` are those that are there, the first of them with sequence `first`.
  void ExpectKept(const std::vector<std::string>& ids, int64_t first) {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, sequence] : heard_) {
      if (sequence < first) continue;
      const auto i = static_cast<size_t>(sequence - first);
      ASSERT_LT(i, ids.size()) << id << " is lost";
      ASSERT_EQ(ids[i], id);
    }
  }

  size_t size() {
    absl::MutexLock lock(&mutex_);
    return heard_.size();
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, int64_t> heard_ ABSL_GUARDED_BY(mutex_);
};

// Appends until that fails; begins, next time, with what had failed.
class Writer {
 public:
  Writer(int number, Heard* heard)
      : number_(number),
        heard_(heard),
        random_(static_cast<unsigned>(number)) {}

  void RunUntilItFails(ReadingLog* log) {
    for (;;) {
      if (unanswered_.empty()) unanswered_ = NewReadings();
      const auto appended = Append(log, unanswered_);
      if (!appended.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(appended.status()))
            << appended.status();
        return;
      }
      EXPECT_EQ(appended->size(), unanswered_.size());
      for (size_t i = 0; i < unanswered_.size(); ++i) {
        heard_->Add(unanswered_[i].reading_id(),
                    (*appended)[i].entry->sequence);
      }
      unanswered_.clear();
    }
  }

 private:
  int Below(int end) {
    return std::uniform_int_distribution<int>(0, end - 1)(random_);
  }

  std::vector<v1::Reading> NewReadings() {
    std::vector<v1::Reading> readings;
    for (int count = 1 + Below(kMostAtATime); count > 0; --count) {
      readings.push_back(MakeReading(absl::StrCat("place ", Below(5)),
                                     Below(41) / 4.,
                                     absl::StrCat(number_, "-", ++last_)));
      readings.back().set_source(absl::StrCat("source ", Below(4)));
      readings.back().mutable_observe_time()->set_seconds(Below(10'000));
    }
    return readings;
  }

  const int number_;
  Heard* const heard_;
  std::mt19937 random_;
  int last_ = 0;
  std::vector<v1::Reading> unanswered_;
};

// Hears, from the live end, what may be read.
class Follower : public ReadingLog::Waiter,
                 public std::enable_shared_from_this<Follower> {
 public:
  Follower(ReadingLog* log, Heard* heard)
      : log_(log), heard_(heard), position_(log->Extent().last) {}

  void OnMore() override {
    do {
      const auto entries = log_->ReadAfter(position_, 64);
      if (absl::IsOutOfRange(entries.status())) {
        // On a busy machine readings may be let go before it is its turn.
        const int64_t first = log_->Extent().first;
        ASSERT_GT(first, position_ + 1) << entries.status();
        position_ = first - 1;
        continue;
      }
      ASSERT_TRUE(entries.ok()) << entries.status();
      for (const EntryPtr& entry : *entries) {
        ASSERT_EQ(entry->sequence, ++position_);
        heard_->Add(Decode(entry->encoded).reading_id(), position_);
      }
    } while (!log_->Wait(position_, shared_from_this()));
  }

 private:
  ReadingLog* const log_;
  Heard* const heard_;
  int64_t position_;  // ordered by the log: one wait, one call
};

class PowerLossTest : public ::testing::Test {
 protected:
  PowerLossTest() {
    for (int i = 0; i < kWriters; ++i) writers_.emplace_back(i, &heard_);
  }

  // Everything that is done while there is power. The store may not even open.
  void Run(const StoredLogOptions& options) {
    const auto storage = Storage::Open(folder_, options);
    if (!storage.ok()) {
      EXPECT_FALSE(disk_.has_power()) << storage.status();
      return;
    }
    StoredLog* log = (*storage)->log();
    auto follower = std::make_shared<Follower>(log, &heard_);
    follower->OnMore();
    std::vector<std::thread> threads;
    for (Writer& writer : writers_) {
      threads.emplace_back([&] { writer.RunUntilItFails(log); });
    }
    for (std::thread& thread : threads) thread.join();
    log->StopWaiting(follower);
  }

  void ExpectAllIsThere() {
    const auto store = Store::Open(folder_);
    ASSERT_TRUE(store.ok()) << store.status();
    auto db = (*store)->ConnectReader();
    ASSERT_TRUE(db.ok()) << db.status();
    heard_.ExpectKept(Audit(*db), *ReadHorizon(*db) + 1);
  }

  void LosePowerAgainAndAgain(StoredLogOptions options) {
    // The readings are of 1970.
    options.retention.history = absl::Hours(24 * 365 * 200);
    std::mt19937 random(1);
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      SCOPED_TRACE(absl::StrCat("round ", round));
      // Now and then there is time for the WAL to be moved into the database.
      const int longest = round % 10 == 9 ? 8'000 : 600;
      disk_.LosePowerAfter(
          std::uniform_int_distribution<int>(0, longest)(random), random());
      Run(options);
      disk_.RestorePower();
      // The one who looks closes the store well, so the next round finds no
      // WAL.
      if (round % 3 != 1) ExpectAllIsThere();
    }
    EXPECT_GT(heard_.size(), size_t{10 * kRounds});
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  FaultyVfs disk_;
  Heard heard_;
  std::vector<Writer> writers_;
};

TEST_F(PowerLossTest, TakesNothingThatWasAcknowledgedOrSeen) {
  LosePowerAgainAndAgain({});
}

TEST_F(PowerLossTest, TakesNothingWhileOldReadingsAreLetGo) {
  LosePowerAgainAndAgain(Keeping(500));
}

}  // namespace
}  // namespace happiness
