#include "service/store/database.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/service/testing/faulty_vfs.h"

namespace happiness {
namespace {

using Mode = Database::Mode;

class DatabaseTest : public ::testing::Test {
 protected:
  // What a query without parameters gives first.
  static std::string First(Database& db, const char* sql) {
    Query query(db, sql);
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status().ToString();
    return *row ? std::string(query.Text(0)) : "no row";
  }

  static int Statements(const Database& db) {
    int count = 0;
    for (sqlite3_stmt* statement = nullptr;
         (statement = sqlite3_next_stmt(db.handle(), statement)) != nullptr;) {
      ++count;
    }
    return count;
  }

  const std::string path_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  Database db_ = *Database::Open(path_, Mode::kCreate);
};

TEST_F(DatabaseTest, SaysWhatEachErrorOfSqliteMeansToUs) {
  const std::pair<int, absl::StatusCode> kMeanings[] = {
      {SQLITE_FULL, absl::StatusCode::kResourceExhausted},
      {SQLITE_NOMEM, absl::StatusCode::kResourceExhausted},
      {SQLITE_BUSY, absl::StatusCode::kUnavailable},
      {SQLITE_BUSY_SNAPSHOT, absl::StatusCode::kUnavailable},
      {SQLITE_CANTOPEN_ISDIR, absl::StatusCode::kUnavailable},
      {SQLITE_IOERR_FSYNC, absl::StatusCode::kUnavailable},
      {SQLITE_LOCKED, absl::StatusCode::kUnavailable},
      {SQLITE_PERM, absl::StatusCode::kUnavailable},
      {SQLITE_READONLY, absl::StatusCode::kUnavailable},
      {SQLITE_CORRUPT_INDEX, absl::StatusCode::kDataLoss},
      {SQLITE_NOTADB, absl::StatusCode::kDataLoss},
      {SQLITE_ERROR, absl::StatusCode::kInternal},
      {SQLITE_CONSTRAINT_UNIQUE, absl::StatusCode::kInternal},
      {SQLITE_MISUSE, absl::StatusCode::kInternal},
  };
  for (const auto& [code, meaning] : kMeanings) {
    const absl::Status status = FromSqlite(code, "why");
    EXPECT_EQ(status.code(), meaning) << sqlite3_errstr(code);
    EXPECT_EQ(status.message(), "why");
  }
}

TEST_F(DatabaseTest, AReaderMakesNoFile) {
  const auto reader = Database::Open(path_ + "-missing", Mode::kRead);
  EXPECT_TRUE(absl::IsUnavailable(reader.status())) << reader.status();
}

TEST_F(DatabaseTest, AReaderChangesNothing) {
  ASSERT_TRUE(db_.Execute("CREATE TABLE t (x)").ok());
  auto reader = Database::Open(path_, Mode::kRead);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(absl::IsUnavailable(reader->Execute("INSERT INTO t VALUES (1)")));
  EXPECT_EQ(First(*reader, "SELECT count(*) FROM t"), "0");
}

TEST_F(DatabaseTest, CountsTheRowsThatTheLastStatementChanged) {
  ASSERT_TRUE(db_.Execute("CREATE TABLE t (x PRIMARY KEY)").ok());
  ASSERT_TRUE(db_.Execute("INSERT INTO t VALUES (1), (2)").ok());
  EXPECT_EQ(db_.changes(), 2);
  ASSERT_TRUE(
      db_.Execute("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING").ok());
  EXPECT_EQ(db_.changes(), 0);
}

TEST_F(DatabaseTest, AQueryThatIsWrongSaysSoWhenItIsRun) {
  Query query(db_, "SELECT x FROM nowhere WHERE x = ?");
  query.Bind(1, 1);
  const absl::StatusOr<bool> row = query.Step();
  EXPECT_TRUE(absl::IsInternal(row.status()));
  EXPECT_EQ(row.status().message(), "no such table: nowhere");
  EXPECT_EQ(query.Run(), row.status());
}

TEST_F(DatabaseTest, AQueryThatWasWrongMayBecomeRight) {
  EXPECT_NE(First(db_, "SELECT count(*) FROM t"), "0");
  ASSERT_TRUE(db_.Execute("CREATE TABLE t (x)").ok());
  EXPECT_EQ(First(db_, "SELECT count(*) FROM t"), "0");
}

TEST_F(DatabaseTest, PreparesEachTextOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(First(db_, "SELECT 'a'"), "a");
  EXPECT_EQ(Statements(db_), 1);
  EXPECT_EQ(First(db_, "SELECT 'b'"), "b");
  EXPECT_EQ(Statements(db_), 2);
}

TEST_F(DatabaseTest, TakesItsStatementsAlongWhenItIsMoved) {
  EXPECT_EQ(First(db_, "SELECT 'a'"), "a");
  Database moved = std::move(db_);
  EXPECT_EQ(First(moved, "SELECT 'a'"), "a");
  EXPECT_EQ(Statements(moved), 1);
}

TEST_F(DatabaseTest, AQueryBeginsAnewWithoutTheParametersOfTheLast) {
  constexpr char kSql[] = "SELECT coalesce(?, 'unset') UNION ALL SELECT 'end'";
  {
    Query query(db_, kSql);
    query.BindText(1, "set");
    EXPECT_TRUE(*query.Step());
    EXPECT_EQ(query.Text(0), "set");
  }
  Query query(db_, kSql);
  EXPECT_TRUE(*query.Step());
  EXPECT_EQ(query.Text(0), "unset");
}

TEST_F(DatabaseTest, AQueryThatIsResetRunsAgainWithItsParameters) {
  Query query(db_, "SELECT ?1 UNION ALL SELECT ?1 + ?2");
  query.Bind(1, 1);
  query.Bind(2, 10);
  EXPECT_TRUE(*query.Step());
  EXPECT_TRUE(*query.Step());
  EXPECT_EQ(query.Int(0), 11);
  EXPECT_FALSE(*query.Step());
  query.Reset();
  query.Bind(1, 2);
  EXPECT_TRUE(*query.Step());
  EXPECT_EQ(query.Int(0), 2);
  EXPECT_TRUE(*query.Step());
  EXPECT_EQ(query.Int(0), 12);
}

TEST_F(DatabaseTest, KeepsValuesAsTheyAre) {
  const std::string zeros("\0a\0", 3);
  Query query(db_, "SELECT ?, ?, ?, ?, ?");
  query.BindText(1, zeros);
  query.BindBlob(2, zeros);
  query.BindBlob(3, "");
  query.BindReal(4, 0.1);
  query.Bind(5, INT64_MIN);
  ASSERT_TRUE(*query.Step());
  EXPECT_EQ(query.Text(0), zeros);
  EXPECT_EQ(query.Blob(1), zeros);
  EXPECT_EQ(query.Blob(2), "");
  EXPECT_EQ(query.Real(3), 0.1);
  EXPECT_EQ(query.Int(4), INT64_MIN);
}

TEST_F(DatabaseTest, ASnapshotIsOfOneMoment) {
  ASSERT_TRUE(db_.Execute("PRAGMA journal_mode = WAL").ok());
  ASSERT_TRUE(db_.Execute("CREATE TABLE t (x)").ok());
  auto reader = Database::Open(path_, Mode::kRead);
  ASSERT_TRUE(reader.ok());
  {
    const Snapshot snapshot(*reader);
    EXPECT_EQ(First(*reader, "SELECT count(*) FROM t"), "0");
    ASSERT_TRUE(db_.Execute("INSERT INTO t VALUES (1)").ok());
    EXPECT_EQ(First(*reader, "SELECT count(*) FROM t"), "0");
  }
  EXPECT_EQ(First(*reader, "SELECT count(*) FROM t"), "1");
}

TEST(FullDatabaseTest, AMistakeAfterAFullDiskIsStillAMistake) {
  const std::string path = testing::TempDir() + "full";
  FaultyVfs disk;
  ASSERT_TRUE(Database::Open(path, Mode::kCreate)
                  ->Execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
                  .ok());
  disk.SetFull(true);
  Database db = *Database::Open(path, Mode::kCreate);
  const absl::Status full = db.Execute("SELECT * FROM t");
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(full.message(), "database or disk is full");
  disk.SetFull(false);
  EXPECT_TRUE(absl::IsInternal(db.Execute("no SQL")));
  EXPECT_TRUE(db.Execute("SELECT * FROM t").ok());
}

}  // namespace
}  // namespace happiness
