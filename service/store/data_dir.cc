#include "service/store/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

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

// What a crash of the machine must not undo: that the folder is there.
void SyncFolderAbove(const std::filesystem::path& path) {
  const std::filesystem::path above = path.parent_path();
  const int fd =
      open(above.empty() ? "." : above.c_str(), O_RDONLY | O_DIRECTORY);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

absl::StatusOr<DataDir> DataDir::Open(const std::string& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return Unusable("can't be made", error.value());
  if (made) SyncFolderAbove(path);
  const int fd = open(absl::StrCat(path, "/lock").c_str(),
                      O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Unusable("can't be written", errno);
  DataDir dir(path, fd);
  if (absl::Status status = TakeLock(fd); !status.ok()) return status;
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
