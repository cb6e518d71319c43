#include "tests/service/testing/faulty_vfs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

constexpr int kSeeds = 50;

// A connection, with little of SQLite's caution about its errors.
class Connection {
 public:
  explicit Connection(const std::string& path) {
    opened_ = sqlite3_open(path.c_str(), &db_);
    sqlite3_busy_timeout(db_, 10'000);
  }
  ~Connection() { EXPECT_EQ(sqlite3_close(db_), SQLITE_OK); }

  int opened() const { return opened_; }

  int Run(const std::string& sql) {
    return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  }

  // The first column of the first row, or the error.
  std::string Query(const std::string& sql) {
    std::string result;
    auto keep = [](void* to, int, char** columns, char**) {
      *static_cast<std::string*>(to) = columns[0];
      return 1;
    };
    const int code = sqlite3_exec(db_, sql.c_str(), keep, &result, nullptr);
    return code == SQLITE_ABORT ? result : sqlite3_errmsg(db_);
  }

 private:
  sqlite3* db_ = nullptr;
  int opened_;
};

class FaultyVfsTest : public ::testing::Test {
 protected:
  FaultyVfsTest() { std::filesystem::create_directories(folder_); }
  ~FaultyVfsTest() override { std::filesystem::remove_all(folder_); }

  // A small cache and a small WAL: pages are written and checkpoints made all
  // the time.
  static void SetUpTable(Connection* db, const std::string& synchronous) {
    db->Run("PRAGMA synchronous = " + synchronous);
    db->Run("PRAGMA journal_mode = WAL");
    db->Run("PRAGMA wal_autocheckpoint = 8");
    db->Run("PRAGMA cache_size = 4");
    db->Run("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, text)");
    db->Run("PRAGMA wal_checkpoint");
  }

  static int Insert(Connection* db, int id) {
    return db->Run(absl::StrCat("INSERT INTO t VALUES (", id,
                                ", printf('%0*d', ", id * 7919 % 1500, ", ", id,
                                "))"));
  }

  // What is left of `committed` rows.
  struct Outcome {
    int committed = 0;
    int found = 0;
    bool intact = false;
  };

  // Inserts rows until the power goes at some instant.
  Outcome InsertUntilPowerLoss(const std::string& synchronous, int seed) {
    const std::string path = absl::StrCat(folder_, "/", synchronous, seed);
    Outcome outcome;
    {
      Connection db(path);
      SetUpTable(&db, synchronous);
      disk_.LosePowerAfter(seed * 37 % 1'000, static_cast<uint64_t>(seed));
      while (Insert(&db, outcome.committed + 1) == SQLITE_OK) {
        ++outcome.committed;
      }
      EXPECT_FALSE(disk_.has_power());
    }
    disk_.RestorePower();
    Connection db(path);
    outcome.intact = db.Query("PRAGMA integrity_check") == "ok" &&
                     db.Query(
                         "SELECT count(*) = ifnull(max(id), 0) AND "
                         "total(text != id) = 0 FROM t") == "1";
    EXPECT_TRUE(
        absl::SimpleAtoi(db.Query("SELECT count(*) FROM t"), &outcome.found) ||
        !outcome.intact);
    return outcome;
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  FaultyVfs disk_;
};

TEST_F(FaultyVfsTest, LosesNoCommitThatWasSynced) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Outcome outcome = InsertUntilPowerLoss("FULL", seed);
    EXPECT_TRUE(outcome.intact) << seed;
    // The last one may be there without having been acknowledged.
    EXPECT_GE(outcome.found, outcome.committed) << seed;
    EXPECT_LE(outcome.found, outcome.committed + 1) << seed;
  }
}

TEST_F(FaultyVfsTest, LosesCommitsThatWereNotSynced) {
  int lost = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Outcome outcome = InsertUntilPowerLoss("NORMAL", seed);
    // SQLite syncs before and after it writes to the database itself.
    EXPECT_TRUE(outcome.intact) << seed;
    if (outcome.found < outcome.committed) ++lost;
  }
  EXPECT_GE(lost, kSeeds / 4);
}

TEST_F(FaultyVfsTest, RuinsADatabaseThatWasNeverSynced) {
  int ruined = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    if (!InsertUntilPowerLoss("OFF", seed).intact) ++ruined;
  }
  EXPECT_GE(ruined, kSeeds / 4);
}

TEST_F(FaultyVfsTest, LosesNoCommitOfSeveralThreads) {
  constexpr int kThreads = 4;
  const std::string path = folder_ + "/shared";
  for (int seed = 0; seed < 10; ++seed) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::vector<std::vector<int>> committed(kThreads);
    {
      Connection first(path);
      SetUpTable(&first, "FULL");
      disk_.LosePowerAfter(500 + seed * 10, static_cast<uint64_t>(seed));
      std::vector<std::thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          Connection db(path);
          SetUpTable(&db, "FULL");
          for (int id = i; Insert(&db, id) == SQLITE_OK; id += kThreads) {
            committed[static_cast<size_t>(i)].push_back(id);
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    disk_.RestorePower();
    Connection db(path);
    EXPECT_EQ(db.Query("PRAGMA integrity_check"), "ok") << seed;
    for (const std::vector<int>& ids : committed) {
      for (const int id : ids) {
        EXPECT_EQ(
            db.Query(absl::StrCat("SELECT text = id FROM t WHERE id = ", id)),
            "1")
            << seed;
      }
    }
  }
}

TEST_F(FaultyVfsTest, LosesADatabaseThatWasNeverSynced) {
  int gone = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const std::string path = absl::StrCat(folder_, "/", seed);
    {
      Connection db(path);
      SetUpTable(&db, "OFF");
      disk_.LosePower(static_cast<uint64_t>(seed));
    }
    disk_.RestorePower();
    if (!std::filesystem::exists(path)) ++gone;
  }
  EXPECT_GE(gone, 1);
  EXPECT_LT(gone, kSeeds);
}

TEST_F(FaultyVfsTest, DoesNothingWithoutPower) {
  const std::string path = folder_ + "/db";
  {
    Connection db(path);
    SetUpTable(&db, "FULL");
    db.Run("PRAGMA mmap_size = 1000000");
    for (int id = 1; id <= 20; ++id) Insert(&db, id);
    Connection reader(path);
    EXPECT_EQ(reader.Query("SELECT count(*) FROM t"), "20");
    disk_.LosePower(1);
    EXPECT_EQ(reader.Query("SELECT sum(length(text)) FROM t"),
              "disk I/O error");
    EXPECT_EQ(Insert(&db, 21), SQLITE_IOERR);
    EXPECT_EQ(db.Run("PRAGMA wal_checkpoint"), SQLITE_IOERR);
    Connection late(path);
    EXPECT_NE(late.Run("SELECT * FROM t"), SQLITE_OK);
  }
  EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
  disk_.RestorePower();
  EXPECT_EQ(Connection(path).Query("SELECT count(*) FROM t"), "20");
}

TEST_F(FaultyVfsTest, RefusesToGrowWhileFull) {
  Connection db(folder_ + "/db");
  SetUpTable(&db, "FULL");
  disk_.SetFull(true);
  // There is some room left in the WAL and in the database.
  int id = 1;
  int result = SQLITE_OK;
  while ((result = Insert(&db, id)) == SQLITE_OK) ++id;
  EXPECT_EQ(result, SQLITE_FULL);
  EXPECT_EQ(db.Query("SELECT count(*) FROM t"), absl::StrCat(id - 1));
  disk_.SetFull(false);
  EXPECT_EQ(Insert(&db, id), SQLITE_OK);
  EXPECT_EQ(db.Query("PRAGMA integrity_check"), "ok");
}

TEST_F(FaultyVfsTest, RefusesToWriteWhileBroken) {
  Connection db(folder_ + "/db");
  SetUpTable(&db, "FULL");
  EXPECT_EQ(Insert(&db, 1), SQLITE_OK);
  disk_.SetBroken(true);
  EXPECT_EQ(Insert(&db, 2), SQLITE_IOERR);
  EXPECT_EQ(db.Query("SELECT count(*) FROM t"), "1");
  disk_.SetBroken(false);
  EXPECT_EQ(Insert(&db, 2), SQLITE_OK);
  EXPECT_EQ(db.Query("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace happiness
