// A copy of the store by SQLite's own means, as OPERATIONS.md says, while the
// service writes; and a service that goes on from the copy.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/storage.h"
#include "service/store/store.h"
#include "tests/service/support.h"
#include "tests/service/testing/audit.h"

namespace happiness {
namespace {

// What `sqlite3 FROM ".backup TO"` does.
void Backup(const std::string& from, const std::string& to) {
  sqlite3* source = nullptr;
  sqlite3* copy = nullptr;
  ASSERT_EQ(
      sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READONLY, nullptr),
      SQLITE_OK);
  ASSERT_EQ(sqlite3_open(to.c_str(), &copy), SQLITE_OK);
  sqlite3_backup* const backup =
      sqlite3_backup_init(copy, "main", source, "main");
  ASSERT_NE(backup, nullptr) << sqlite3_errmsg(copy);
  EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
  EXPECT_EQ(sqlite3_close(copy), SQLITE_OK);
  EXPECT_EQ(sqlite3_close(source), SQLITE_OK);
}

TEST(BackupTest, HasAllThatWasAcknowledgedBeforeAndGoesOnFromThere) {
  const std::string folder = testing::TempDir() + "backup_test";
  const std::string copied = folder + "_copy";
  std::filesystem::create_directories(copied);
  {
    auto storage = Storage::Open(folder, {});
    ASSERT_TRUE(storage.ok()) << storage.status();
    AppendReadings((*storage)->log(), "before", 500);
    std::atomic<bool> done = false;
    std::thread writer([&] {
      for (int i = 0; !done; ++i) {
        AppendReadings((*storage)->log(), absl::StrCat("meanwhile ", i), 5);
      }
    });
    Backup(folder + "/readings.sqlite3", copied + "/readings.sqlite3");
    done = true;
    writer.join();
  }
  {
    const auto store = Store::Open(copied);
    ASSERT_TRUE(store.ok()) << store.status();
    auto db = (*store)->ConnectReader();
    ASSERT_TRUE(db.ok()) << db.status();
    EXPECT_GE(Audit(*db).size(), 500u);
  }
  auto storage = Storage::Open(copied, {});
  ASSERT_TRUE(storage.ok()) << storage.status();
  const int64_t last = (*storage)->log()->Extent().last;
  EXPECT_EQ(AppendReadings((*storage)->log(), "after", 1).front()->sequence,
            last + 1);
}

}  // namespace
}  // namespace happiness
