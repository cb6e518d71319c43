// How a store opens, whatever it finds there.

#include "service/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/service/support.h"
#include "tests/service/testing/faulty_vfs.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kPage = 4'096;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { std::filesystem::create_directories(folder_); }
  ~StoreTest() override { std::filesystem::remove_all(folder_); }

  std::string Content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void Rewrite(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
  }

  // Makes a store, closes it, and returns its file.
  std::string MakeStore(int readings) const {
    AppendReadings((*Storage::Open(folder_, {}))->log(), "Oslo", readings);
    return Content();
  }

  // All that is in the folder.
  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      names.insert(file.path().filename().string());
    }
    return names;
  }

  // Opening fails, and changes nothing. Returns what is said, without the names
  // of the folder and the file, which must stand before it.
  std::string Refusal(absl::StatusCode code) const {
    const std::string before = Content();
    const absl::Status status = Storage::Open(folder_, {}).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(Content(), before);
    EXPECT_THAT(Files(), ElementsAre("lock", "readings.sqlite3"));
    const std::string names =
        absl::StrCat("--data_dir=", folder_, ": ", path_, " ");
    const std::string message(status.message());
    EXPECT_THAT(message, StartsWith(names));
    return message.substr(std::min(names.size(), message.size()));
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ + "/readings.sqlite3";
};

TEST_F(StoreTest, OpensAFileOfNothing) {
  Rewrite("");
  EXPECT_GT(MakeStore(1).size(), 0u);
}

TEST_F(StoreTest, KeepsWhatIsWritten) {
  MakeStore(3);
  EXPECT_EQ((*Storage::Open(folder_, {}))->log()->Extent().last, 3);
}

// What SQLite puts beside the database, too.
TEST_F(StoreTest, ItsFilesAreForItsOwnerAlone) {
  const auto storage = Storage::Open(folder_, {});
  ASSERT_TRUE(storage.ok()) << storage.status();
  AppendReadings((*storage)->log(), "Oslo", 1);
  EXPECT_EQ(Files().count("readings.sqlite3-wal"), 1);
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(file.status().permissions() & std::filesystem::perms::mask,
              std::filesystem::perms::owner_read |
                  std::filesystem::perms::owner_write)
        << file.path();
  }
}

TEST_F(StoreTest, IsHeldByOneAtATime) {
  const auto store = Store::Open(folder_);
  ASSERT_TRUE(store.ok());
  const absl::Status status = Store::Open(folder_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      status.message(),
      absl::StrCat("--data_dir=", folder_,
                   ": is in use by another process (process ", getpid(), ")"));
}

TEST_F(StoreTest, SaysThatAFolderCannotBeMade) {
  Rewrite("a file");
  EXPECT_EQ(Store::Open(path_ + "/below").status().message(),
            absl::StrCat("--data_dir=", path_,
                         "/below: can't be made: Not a directory"));
}

TEST_F(StoreTest, RefusesWhatIsNoDatabase) {
  Rewrite(std::string(3 * kPage, 'x'));
  EXPECT_EQ(Refusal(absl::StatusCode::kDataLoss),
            "is damaged, or not a database; it is left as it is: file is not "
            "a database");
}

TEST_F(StoreTest, RefusesAFileThatIsCut) {
  const std::string whole = MakeStore(1'000);
  for (const size_t size : {whole.size() - kPage, whole.size() / 2, kPage}) {
    Rewrite(whole.substr(0, size));
    EXPECT_EQ(Refusal(absl::StatusCode::kDataLoss),
              "is damaged, or not a database; it is left as it is: database "
              "disk image is malformed");
  }
}

TEST_F(StoreTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_TRUE(Database::Open(path_, Database::Mode::kCreate)
                  ->Execute("CREATE TABLE theirs (x)")
                  .ok());
  EXPECT_EQ(Refusal(absl::StatusCode::kFailedPrecondition),
            "can't be used: it is the database of another program");
}

TEST_F(StoreTest, RefusesAStoreOfANewerService) {
  MakeStore(1);
  ASSERT_TRUE(Database::Open(path_, Database::Mode::kCreate)
                  ->Execute("PRAGMA user_version = 99")
                  .ok());
  EXPECT_THAT(Refusal(absl::StatusCode::kFailedPrecondition),
              HasSubstr("can't be used: a newer service wrote it: its version "
                        "is 99, and this service knows those up to "));
}

// Reads all there is, in order; stops at what can't be read.
absl::Status ReadAll(StoredLog* log) {
  for (int64_t position = 0; position < log->Extent().last;) {
    absl::StatusOr<Stretch> stretch;
    absl::Notification done;
    log->ReadStored(position, std::make_shared<ReadingLog::Search>(), 128,
                    [&](auto result) {
                      stretch = std::move(result);
                      done.Notify();
                    });
    done.WaitForNotification();
    if (!stretch.ok()) return stretch.status();
    for (const auto& one : stretch->readings) {
      if (one.sequence != ++position) return absl::DataLossError("a hole");
    }
    if (stretch->end != position) return absl::DataLossError("a hole");
  }
  return absl::OkStatus();
}

// Whichever page is lost: what is wrong is said, at the start or to those who
// need the page; nobody else notices, and nothing else is lost by it.
TEST_F(StoreTest, SaysThatAPageIsDamagedWhenItIsNeeded) {
  const std::string whole = MakeStore(500);
  int refused = 0;
  int unreadable = 0;
  int unwritable = 0;
  for (size_t at = 0; at < whole.size(); at += kPage) {
    Rewrite(std::string(whole).replace(at, kPage, kPage, '\xAA'));
    if (!Storage::Open(folder_, {}).ok()) {
      EXPECT_THAT(Refusal(absl::StatusCode::kDataLoss),
                  StartsWith("is damaged, or not a database; "));
      ++refused;
      continue;
    }
    const auto storage = Storage::Open(folder_, {});
    StoredLog* log = (*storage)->log();
    EXPECT_EQ(log->Extent().last, 500);
    const absl::Status read = ReadAll(log);
    EXPECT_TRUE(read.ok() || absl::IsDataLoss(read)) << read;
    if (!read.ok()) ++unreadable;
    const absl::Status written =
        Append(log, {MakeReading("Lima", 5, "new")}).status();
    EXPECT_TRUE(written.ok() || absl::IsDataLoss(written)) << written;
    if (!written.ok()) ++unwritable;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(unreadable, 0);
  EXPECT_GT(unwritable, 0);
}

TEST_F(StoreTest, AMakingThatIsInterruptedIsMadeUpFor) {
  FaultyVfs disk;
  bool made = false;
  for (int changes = 0; !made; ++changes) {
    const std::string folder = absl::StrCat(folder_, "/", changes);
    const auto seed = static_cast<uint64_t>(changes);
    disk.LosePowerAfter(changes, seed);
    made = Store::Open(folder).ok() && disk.has_power();
    disk.LosePower(seed);  // at the latest
    disk.RestorePower();
    const auto again = Storage::Open(folder, {});
    ASSERT_TRUE(again.ok()) << again.status();
    AppendReadings((*again)->log(), "Oslo", 1);
    ASSERT_LT(changes, 1'000);
  }
}

TEST_F(StoreTest, StoresInMemoryShareNothing) {
  TestLog one;
  TestLog other;
  AppendReadings(&one.log, "Oslo", 3);
  EXPECT_EQ(AppendReadings(&other.log, "Oslo", 1).front()->sequence, 1);
}

// As in a file: whoever reads sees all of a transaction, or nothing of it.
TEST_F(StoreTest, ReadersInMemorySeeWholeTransactions) {
  const auto store = Store::InMemory();
  auto writer = store->ConnectWriter();
  ASSERT_TRUE(
      writer->Execute("INSERT INTO places VALUES (1, 'a'), (2, 'a0')").ok());
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      auto db = store->ConnectReader();
      while (!done) {
        const Snapshot snapshot(*db);
        Query query(*db,
                    "SELECT (SELECT name FROM places WHERE place = 1) || 0 ="
                    " (SELECT name FROM places WHERE place = 2),"
                    " (SELECT count(*) FROM places)");
        const absl::StatusOr<bool> row = query.Step();
        ASSERT_TRUE(row.ok()) << row.status();
        ASSERT_EQ(query.Int(0), 1);
      }
    });
  }
  for (int i = 0; i < 2'000; ++i) {
    const std::string name(static_cast<size_t>(i % 7 * 1'000 + 1), 'b');
    const absl::Status status = writer->Execute(
        absl::StrCat("BEGIN IMMEDIATE; UPDATE places SET name = '", name,
                     "' WHERE place = 1; UPDATE places SET name = '", name,
                     "0' WHERE place = 2; COMMIT"));
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) break;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(StoreTest, APlaceOfWhichNothingIsLeftMakesRoomForAnother) {
  StoredLogOptions options;
  options.max_places = 2;
  {
    const auto storage = *Storage::Open(folder_, options);
    AppendAt(storage->log(), "Lima", 0);
    AppendAt(storage->log(), "Oslo", 0);
    EXPECT_FALSE(Append(storage->log(), {MakeReading("Rome", 5, "a")}).ok());
  }
  options.retention.age = absl::ZeroDuration();
  const auto storage = *Storage::Open(folder_, options);
  // Between this and what follows it lets go.
  ASSERT_TRUE(Append(storage->log(), {}).ok());
  EXPECT_TRUE(Append(storage->log(), {MakeReading("Rome", 5, "a")}).ok());
  EXPECT_FALSE(Append(storage->log(), {MakeReading("Kyiv", 5, "b")}).ok());
}

}  // namespace
}  // namespace happiness
