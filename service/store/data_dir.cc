#include "service/store/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

constexpr mode_t kOwnersAlone = 0600;

absl::Status Unusable(std::string_view problem, int error) {
  return absl::UnavailableError(absl::StrCat(
      std::string(problem), ": ", std::string(std::strerror(error))));
}

// Who holds the lock, as it has written there.
std::string Holder(int lock) {
  char pid[32];
  const ssize_t size = pread(lock, pid, sizeof(pid), 0);
  return size > 0
             ? " (process " + std::string(pid, static_cast<size_t>(size)) + ")"
             : "";
}

absl::Status TakeLock(int lock) {
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Unusable("can't be locked", errno);
    return absl::FailedPreconditionError(
        absl::StrCat("is in use by another process", Holder(lock)));
  }
  const std::string pid = absl::StrCat(getpid());
  // For people alone. A folder that can't be written is found out soon enough.
  static_cast<void>(ftruncate(lock, 0) == 0 &&
                    pwrite(lock, pid.data(), pid.size(), 0) > 0);
  return absl::OkStatus();
}

// Makes `path` and the folders above it, as far as they are missing. A crash of
// the machine must not undo that. What it makes last is for its owner alone.
std::error_code MakeFolders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path made = std::filesystem::absolute(path, error);
  std::vector<std::filesystem::path> grown;
  for (; !std::filesystem::exists(made, error) && made.has_relative_path();
       made = made.parent_path()) {
    grown.push_back(made.parent_path());
  }
  if (std::filesystem::create_directories(path, error)) {
    chmod(path.c_str(), 0700);
  }
  for (const std::filesystem::path& folder : grown) {
    const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) continue;
    fsync(fd);
    close(fd);
  }
  return error;
}

}  // namespace

absl::StatusOr<DataDir> DataDir::Open(const std::string& path) {
  if (const std::error_code error = MakeFolders(path)) {
    return Unusable("can't be made", error.value());
  }
  const int fd = open(absl::StrCat(path, "/lock").c_str(),
                      O_RDWR | O_CREAT | O_CLOEXEC, kOwnersAlone);
  if (fd < 0) return Unusable("can't be written", errno);
  DataDir dir(path, fd);
  if (absl::Status status = TakeLock(fd); !status.ok()) return status;
  // SQLite would let everybody read what it makes; what it makes beside the
  // database is like that.
  const int database = open(dir.DatabasePath().c_str(),
                            O_RDWR | O_CREAT | O_CLOEXEC, kOwnersAlone);
  if (database >= 0) close(database);  // SQLite says best what is wrong
  return dir;
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDir::~DataDir() {
  if (lock_ >= 0) close(lock_);
}

std::string DataDir::DatabasePath() const {
  return absl::StrCat(path_, "/readings.sqlite3");
}

}  // namespace happiness
