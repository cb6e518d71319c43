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

// What `sqlite3 FROM "VACUUM INTO 'TO'"` does.
void Backup(const std::string& from, const std::string& to) {
  sqlite3* source = nullptr;
  ASSERT_EQ(
      sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READWRITE, nullptr),
      SQLITE_OK);
  const std::string command = absl::StrCat("VACUUM INTO '", to, "'");
  EXPECT_EQ(sqlite3_exec(source, command.c_str(), nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(source);
  EXPECT_EQ(sqlite3_close(source), SQLITE_OK);
}

TEST(BackupTest, HasAllThatWasAcknowledgedBeforeAndGoesOnFromThere) {
  const std::string folder = testing::TempDir() + "backup_test";
  const std::string copied = folder + "_copy";
  std::filesystem::create_directories(copied);
  {
    auto storage = Storage::Open(folder, {});
    ASSERT_TRUE(storage.ok()) << storage.status();
    // More pages than a step of SQLite's copying by steps, which begins anew
    // whenever somebody writes.
    AppendReadings((*storage)->log(), "before", 20'000);
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
    EXPECT_GE(Audit(*db).size(), 20'000u);
  }
  auto storage = Storage::Open(copied, {});
  ASSERT_TRUE(storage.ok()) << storage.status();
  const int64_t last = (*storage)->log()->Extent().last;
  EXPECT_EQ(AppendReadings((*storage)->log(), "after", 1).front()->sequence,
            last + 1);
}

}  // namespace
}  // namespace happiness
