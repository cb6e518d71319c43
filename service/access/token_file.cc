#include "service/access/token_file.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(std::string path) {
  std::unique_ptr<TokenFile> file(new TokenFile(std::move(path)));
  file->Changed();
  if (absl::Status status = file->Read(); !status.ok()) return status;
  file->thread_ = std::thread(&TokenFile::Watch, file.get());
  return file;
}

TokenFile::~TokenFile() {
  stopping_.Notify();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const TokenTable> TokenFile::table() const {
  absl::MutexLock lock(&mutex_);
  return table_;
}

absl::Status TokenFile::Read() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) {
    return absl::NotFoundError(
        absl::StrCat(path_, ": can't be read: ", std::strerror(errno)));
  }
  if (!S_ISREG(seen_.st_mode) || seen_.st_size > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        path_, ": must be a file of at most ", kMaxBytes >> 20, " MiB"));
  }
  // No more than that, should it grow meanwhile: then it has changed again.
  std::string text(static_cast<size_t>(seen_.st_size), '\0');
  in.read(text.data(), seen_.st_size);
  text.resize(static_cast<size_t>(in.gcount()));
  absl::StatusOr<TokenTable> table = TokenTable::Parse(text);
  if (!table.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": ", table.status().message()));
  }
  absl::MutexLock lock(&mutex_);
  table_ = std::make_shared<const TokenTable>(*std::move(table));
  return absl::OkStatus();
}

// Also true when it has been replaced by another file.
bool TokenFile::Changed() {
  struct stat now = {};
  if (stat(path_.c_str(), &now) != 0) now = {};
  const auto same = [](const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
  };
  const bool changed =
      now.st_ino != seen_.st_ino || now.st_size != seen_.st_size ||
      !same(now.st_mtim, seen_.st_mtim) || !same(now.st_ctim, seen_.st_ctim);
  seen_ = now;
  return changed;
}

void TokenFile::Watch() {
  absl::Status last;
  while (!stopping_.WaitForNotificationWithTimeout(kInterval)) {
    // One that could not be read may be read next time as it is.
    if (!Changed() && last.ok()) continue;
    const absl::Status status = Read();
    if (status.ok()) {
      spdlog::info("{}: read again, {} tokens", path_, table()->size());
    } else if (status != last) {
      spdlog::error("{}; what it said before stays",
                    std::string(status.message()));
    }
    last = status;
  }
}

}  // namespace happiness
