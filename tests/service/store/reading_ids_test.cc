#include "service/store/reading_ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "service/request/uuid.h"

namespace happiness {
namespace {

constexpr char kUuid[] = "01234567-89ab-7cde-8f01-23456789abcd";

class ReadingIdsTest : public ::testing::Test {
 protected:
  ReadingIdsTest() {
    EXPECT_TRUE(
        db_.Execute("CREATE TABLE ids (id PRIMARY KEY) WITHOUT ROWID").ok());
  }

  // What SQLite is given: its type, and its bytes in hexadecimal.
  std::string Stored(const std::string& id) {
    const StoredId stored(id);
    Query query(db_, "SELECT typeof(?1) || ' ' || hex(?1)");
    stored.BindTo(query, 1);
    EXPECT_TRUE(*query.Step());
    return std::string(query.Text(0));
  }

  // False if there is one that is the same by now.
  bool Insert(const std::string& id) {
    const StoredId stored(id);
    Query query(db_, "INSERT INTO ids VALUES (?)");
    stored.BindTo(query, 1);
    return query.Run().ok();
  }

  Database db_ = *Database::Open(":memory:", Database::Mode::kCreate);
};

TEST_F(ReadingIdsTest, AUuidIsItsBytes) {
  EXPECT_EQ(Stored(kUuid), "blob 0123456789AB7CDE8F0123456789ABCD");
  EXPECT_EQ(Stored("ffffffff-ffff-ffff-ffff-ffffffffffff"),
            "blob FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(Stored("00000000-0000-0000-0000-000000000000"),
            "blob 00000000000000000000000000000000");
}

TEST_F(ReadingIdsTest, EverythingElseIsTheTextThatItIs) {
  EXPECT_EQ(Stored("a"), "text 61");
  EXPECT_EQ(Stored("17"), "text 3137");
  EXPECT_EQ(Stored("é"), "text C3A9");
}

// Many ids that are nearly the same.
std::vector<std::string> Relatives(const std::string& uuid) {
  std::vector<std::string> ids = {
      absl::AsciiStrToUpper(uuid), "{" + uuid + "}", " " + uuid, uuid + " ",
      "urn:uuid:" + uuid,
  };
  std::string without_hyphens = uuid;
  without_hyphens.erase(
      std::remove(without_hyphens.begin(), without_hyphens.end(), '-'),
      without_hyphens.end());
  ids.push_back(without_hyphens);
  for (size_t i = 0; i < uuid.size(); ++i) {
    ids.push_back(std::string(uuid).erase(i, 1));
    for (const char c : {'g', 'F', '-', '/', ':', '`', '@', '_'}) {
      if (uuid[i] == c) continue;
      ids.push_back(uuid);
      ids.back()[i] = c;
    }
  }
  return ids;
}

TEST_F(ReadingIdsTest, WhatIsNotQuiteAUuidIsText) {
  for (const std::string& id : Relatives(kUuid)) {
    EXPECT_EQ(Stored(id).substr(0, 5), "text ") << id;
  }
}

TEST_F(ReadingIdsTest, NoTwoIdsAreTheSame) {
  std::vector<std::string> ids = Relatives(kUuid);
  ids.push_back(kUuid);
  // A text whose bytes are a UUID's, and that UUID.
  ids.push_back("0123456789abcdef");
  ids.push_back("30313233-3435-3637-3839-616263646566");
  ids.push_back("0");
  ids.push_back("0.0");
  ids.push_back("00");
  for (int i = 0; i < 100; ++i) ids.push_back(NewUuid());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::string& id : ids) EXPECT_TRUE(Insert(id)) << id;
  for (const std::string& id : ids) EXPECT_FALSE(Insert(id)) << id;
}

TEST_F(ReadingIdsTest, UuidsKeepTheirOrder) {
  const std::string first = Stored("0fffffff-ffff-7fff-bfff-ffffffffffff");
  const std::string second = Stored("10000000-0000-7000-8000-000000000000");
  EXPECT_LT(first, second);
}

}  // namespace
}  // namespace happiness
