#include "service/store/store.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/store/schema.h"

namespace happiness {
namespace {

// WAL: readers see the last commit while the next is written. FULL: a commit is
// on the disk. The Checkpointer moves the WAL into the database, so that no
// commit has to; what is left of the WAL after a burst is cut.
constexpr char kWriterPragmas[] =
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -16384;";  // KiB
constexpr char kReaderPragmas[] =
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -4096;";

// A database that all connections of this process share, and no other process.
std::string NewMemoryPath() {
  static std::atomic<int> count = 0;
  return absl::StrCat("file:/happiness-", ++count, "?vfs=memdb");
}

absl::StatusOr<Database> Connect(const std::string& path, Database::Mode mode,
                                 const char* pragmas) {
  absl::StatusOr<Database> db = Database::Open(path, mode);
  if (!db.ok()) return db.status();
  if (absl::Status status = db->Execute(pragmas); !status.ok()) return status;
  return db;
}

absl::Status Named(const std::string& data_dir, const absl::Status& status) {
  return {status.code(), absl::StrCat("--data_dir=", data_dir, ": ",
                                      std::string(status.message()))};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(
    const std::string& data_dir) {
  std::unique_ptr<Store> store(new Store());
  if (data_dir.empty()) {
    store->path_ = NewMemoryPath();
    if (absl::Status status = store->SetUp(); !status.ok()) return status;
    return store;
  }
  absl::StatusOr<DataDir> dir = DataDir::Open(data_dir);
  if (!dir.ok()) return Named(data_dir, dir.status());
  store->dir_.emplace(*std::move(dir));
  store->data_dir_ = data_dir;
  store->path_ = store->dir_->DatabasePath();
  if (absl::Status status = store->SetUp(); !status.ok()) {
    return store->Explain(status);
  }
  return store;
}

std::unique_ptr<Store> Store::InMemory() {
  absl::StatusOr<std::unique_ptr<Store>> store = Open("");
  if (store.ok()) return *std::move(store);
  spdlog::critical("no store in memory: {}", store.status().ToString());
  std::abort();
}

absl::Status Store::SetUp() {
  absl::StatusOr<Database> db =
      Connect(path_, Database::Mode::kCreate, kWriterPragmas);
  if (!db.ok()) return db.status();
  // First, since it does not touch a database that is not ours.
  absl::Status status = Migrate(*db);
  // Remembered by the file; in memory there is no such mode.
  if (status.ok() && !in_memory()) {
    status = db->Execute("PRAGMA journal_mode = WAL");
  }
  // SQLite opens it all the same, and only writing fails.
  if (status.ok() && db->is_read_only()) {
    status = absl::PermissionDeniedError("this user may not write it");
  }
  if (!status.ok()) return status;
  if (in_memory()) first_ = *std::move(db);
  return absl::OkStatus();
}

absl::Status Store::Explain(const absl::Status& status) const {
  if (status.ok() || in_memory()) return status;
  const char* what = absl::IsDataLoss(status)
                         ? " is damaged, or not a database; it is left as it is"
                         : " can't be used";
  return Named(data_dir_,
               {status.code(), absl::StrCat(dir_->DatabasePath(), what, ": ",
                                            std::string(status.message()))});
}

absl::StatusOr<Database> Store::ConnectWriter() const {
  return Connect(path_, Database::Mode::kCreate, kWriterPragmas);
}

absl::StatusOr<Database> Store::ConnectReader() const {
  return Connect(path_, Database::Mode::kRead, kReaderPragmas);
}

}  // namespace happiness
