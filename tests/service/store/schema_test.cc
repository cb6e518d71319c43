#include "service/store/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

class SchemaTest : public ::testing::Test {
 protected:
  std::string Get(const char* sql) {
    Query query(db_, sql);
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status().ToString();
    return *row ? std::string(query.Text(0)) : "no row";
  }

  std::string Version() { return Get("PRAGMA user_version"); }

  // All that a database says of itself.
  std::string Schema() {
    return Get("SELECT group_concat(sql) FROM sqlite_schema");
  }

  Database db_ = *Database::Open(":memory:", Database::Mode::kCreate);
};

const std::vector<std::string>& TwoSteps() {
  static const auto& steps = *new std::vector<std::string>{
      "CREATE TABLE moods (mood TEXT);",
      "ALTER TABLE moods ADD COLUMN cause TEXT;"
      "UPDATE moods SET cause = 'unknown';",
  };
  return steps;
}

TEST_F(SchemaTest, MakesTheTablesWhereThereAreNone) {
  ASSERT_TRUE(Migrate(db_).ok());
  EXPECT_EQ(Version(), absl::StrCat(Migrations().size()));
  EXPECT_EQ(Get("SELECT sequence FROM horizon"), "0");
  const std::string schema = Schema();
  ASSERT_TRUE(Migrate(db_).ok());
  EXPECT_EQ(Schema(), schema);
}

TEST_F(SchemaTest, TakesAStoreThroughTheStepsThatItLacks) {
  ASSERT_TRUE(Migrate(db_, {TwoSteps()[0]}).ok());
  EXPECT_EQ(Version(), "1");
  ASSERT_TRUE(db_.Execute("INSERT INTO moods VALUES ('glad')").ok());
  ASSERT_TRUE(Migrate(db_, TwoSteps()).ok());
  EXPECT_EQ(Version(), "2");
  EXPECT_EQ(Get("SELECT mood || ', ' || cause FROM moods"), "glad, unknown");
  ASSERT_TRUE(db_.Execute("UPDATE moods SET cause = 'sun'").ok());
  ASSERT_TRUE(Migrate(db_, TwoSteps()).ok());
  EXPECT_EQ(Get("SELECT mood || ', ' || cause FROM moods"), "glad, sun");
}

TEST_F(SchemaTest, TakesANewStoreThroughAllSteps) {
  ASSERT_TRUE(Migrate(db_, TwoSteps()).ok());
  EXPECT_EQ(Version(), "2");
  EXPECT_EQ(Get("SELECT count(cause) FROM moods"), "0");
}

TEST_F(SchemaTest, SumsOfAnOlderStoreBecomeMillionths) {
  const std::vector<std::string> older(Migrations().begin(),
                                       Migrations().begin() + 2);
  ASSERT_TRUE(Migrate(db_, older).ok());
  for (const char* table : {"minutes", "hours"}) {
    const bool minutes = table[0] == 'm';
    ASSERT_TRUE(
        db_.Execute(absl::StrCat("INSERT INTO ", table, " VALUES (1, 2, 3, ",
                                 "7.1 + 7.1 + 7.1, 7.1, 7.1, x''",
                                 minutes ? ", 9)" : ")"))
            .ok());
  }
  ASSERT_TRUE(Migrate(db_).ok());
  for (const char* table : {"minutes", "hours"}) {
    EXPECT_EQ(Get(absl::StrCat("SELECT count || ' ' || sum || ' ' || max || ' '"
                               " || typeof(sum) FROM ",
                               table)
                      .c_str()),
              "3 21300000 7.1 integer");
  }
}

TEST_F(SchemaTest, AStepThatFailsLeavesTheStoreAsItWasBefore) {
  ASSERT_TRUE(Migrate(db_, {TwoSteps()[0]}).ok());
  ASSERT_TRUE(db_.Execute("INSERT INTO moods VALUES ('glad')").ok());
  const std::string schema = Schema();
  const absl::Status status = Migrate(
      db_, {TwoSteps()[0], TwoSteps()[1] + "INSERT INTO nowhere VALUES (1);"});
  EXPECT_EQ(status.message(), "no such table: nowhere");
  EXPECT_EQ(Version(), "1");
  EXPECT_EQ(Schema(), schema);
  EXPECT_EQ(Get("SELECT mood FROM moods"), "glad");
  EXPECT_TRUE(Migrate(db_, TwoSteps()).ok());
}

TEST_F(SchemaTest, RefusesAStoreOfALaterVersion) {
  ASSERT_TRUE(Migrate(db_, TwoSteps()).ok());
  const std::string schema = Schema();
  const absl::Status status = Migrate(db_, {TwoSteps()[0]});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "a newer service wrote it: its version is 2, and this service "
            "knows those up to 1");
  EXPECT_EQ(Version(), "2");
  EXPECT_EQ(Schema(), schema);
}

TEST_F(SchemaTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_TRUE(db_.Execute("CREATE TABLE theirs (x)").ok());
  const absl::Status status = Migrate(db_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "it is the database of another program");
  EXPECT_EQ(Schema(), "CREATE TABLE theirs (x)");
  EXPECT_EQ(Version(), "0");
}

TEST_F(SchemaTest, RefusesTheEmptyDatabaseOfAnotherProgram) {
  ASSERT_TRUE(db_.Execute("PRAGMA application_id = 1").ok());
  EXPECT_EQ(Migrate(db_).message(), "it is the database of another program");
  EXPECT_EQ(Get("PRAGMA application_id"), "1");
}

}  // namespace
}  // namespace happiness
