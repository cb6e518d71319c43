#include "service/store/checkpointer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/store/store.h"

namespace happiness {
namespace {

constexpr int64_t kPage = 4'096;
constexpr int kPagesOfACommit = 100;

// More than the log has when readers are waited for, and what is committed
// meanwhile.
constexpr int64_t kMaxLog = 80 << 20;
static_assert(kMaxLog > 2 * Checkpointer::kMaxPages * kPage);

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    // The test's own disk is not tested.
    EXPECT_TRUE(writer_.Execute("PRAGMA synchronous = OFF").ok());
    EXPECT_TRUE(writer_
                    .Execute(absl::StrCat(
                        "CREATE TABLE t (page INTEGER PRIMARY KEY, text);"
                        "WITH RECURSIVE p (n) AS (VALUES (1) UNION ALL"
                        " SELECT n + 1 FROM p WHERE n < ",
                        kPagesOfACommit,
                        ") INSERT INTO t SELECT n, zeroblob(3500) FROM p"))
                    .ok());
    checkpointer_ =
        std::make_unique<Checkpointer>(*store_->ConnectWriter(), writer_);
  }

  // Changes all pages of the table, so many times that a log which never begins
  // anew would be longer than kMaxLog. Returns how long it was at most.
  int64_t Commit() {
    int64_t longest = 0;
    for (int64_t written = 0; written < 2 * kMaxLog;
         written += kPagesOfACommit * kPage) {
      EXPECT_TRUE(writer_.Execute("UPDATE t SET text = randomblob(3500)").ok());
      checkpointer_->OnCommit();
      longest = std::max(longest, LogSize());
    }
    return longest;
  }

  int64_t LogSize() const {
    return static_cast<int64_t>(
        std::filesystem::file_size(folder_ + "/readings.sqlite3-wal"));
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::unique_ptr<Store> store_ = *Store::Open(folder_);
  Database writer_ = *store_->ConnectWriter();
  std::unique_ptr<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, KeepsTheLogShort) { EXPECT_LT(Commit(), kMaxLog); }

// Reads, again and again, until it is destroyed.
class Reader {
 public:
  explicit Reader(Database db)
      : db_(std::move(db)), thread_(&Reader::ReadUntilStopped, this) {
    while (reads_ == 0) std::this_thread::yield();
  }
  ~Reader() {
    stopping_ = true;
    thread_.join();
  }

  int reads() const { return reads_; }

 private:
  void ReadUntilStopped() {
    while (!stopping_) {
      const Snapshot snapshot(db_);
      EXPECT_TRUE(db_.Execute("SELECT sum(length(text)) FROM t").ok());
      ++reads_;
    }
  }

  Database db_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> reads_ = 0;
  std::thread thread_;
};

TEST_F(CheckpointerTest, KeepsTheLogShortWhileThereIsAlwaysSomebodyWhoReads) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<Reader>(*store_->ConnectReader()));
  }
  EXPECT_LT(Commit(), kMaxLog);
}

TEST_F(CheckpointerTest, DoesNotWaitForALongRead) {
  Database reader = *store_->ConnectReader();
  {
    const Snapshot snapshot(reader);
    ASSERT_TRUE(reader.Execute("SELECT count(*) FROM t").ok());
    EXPECT_GT(Commit(), kMaxLog);  // Nothing can be moved.
  }
  Commit();
  EXPECT_LT(LogSize(), kMaxLog);  // It was cut when it began anew.
}

TEST_F(CheckpointerTest, EndsWhateverItIsAtAndLeavesTheWriterUsable) {
  for (int i = 0; i < 2 * Checkpointer::kPages / kPagesOfACommit; ++i) {
    ASSERT_TRUE(writer_.Execute("UPDATE t SET text = randomblob(3500)").ok());
    checkpointer_->OnCommit();
  }
  checkpointer_.reset();
  EXPECT_TRUE(writer_.Execute("UPDATE t SET text = randomblob(3500)").ok());
}

}  // namespace
}  // namespace happiness
