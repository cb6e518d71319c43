#include "files/watched_files.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace files {
namespace {

// Also true when it has been replaced by another file.
bool Differ(const struct stat& a, const struct stat& b) {
  const auto same = [](const timespec& one, const timespec& other) {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
  };
  return a.st_ino != b.st_ino || a.st_size != b.st_size ||
         !same(a.st_mtim, b.st_mtim) || !same(a.st_ctim, b.st_ctim);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     size_t max_bytes) {
  struct stat about = {};
  std::ifstream in(path, std::ios::binary);
  if (!in || stat(path.c_str(), &about) != 0) {
    return absl::NotFoundError(
        absl::StrCat(path, ": can't be read: ", std::strerror(errno)));
  }
  const auto size = static_cast<size_t>(about.st_size);
  if (!S_ISREG(about.st_mode) || size > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": must be a file of at most ", max_bytes >> 20, " MiB"));
  }
  // No more than that, should it grow meanwhile: then it has changed again.
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

WatchedFiles::WatchedFiles(std::vector<std::string> paths, Take take)
    : paths_(std::move(paths)), take_(std::move(take)), seen_(paths_.size()) {}

WatchedFiles::~WatchedFiles() {
  stopping_.Ring();
  if (thread_.joinable()) thread_.join();
}

absl::Status WatchedFiles::Start() {
  Changed();
  if (auto taken = take_(); !taken.ok()) return taken.status();
  thread_ = std::thread(&WatchedFiles::Watch, this);
  return absl::OkStatus();
}

bool WatchedFiles::Changed() {
  bool changed = false;
  for (size_t i = 0; i < paths_.size(); ++i) {
    struct stat now = {};
    if (stat(paths_[i].c_str(), &now) != 0) now = {};
    changed = changed || Differ(now, seen_[i]);
    seen_[i] = now;
  }
  return changed;
}

void WatchedFiles::Watch() {
  absl::Status last;
  while (!stopping_.WaitFor(kInterval)) {
    // What could not be read may be read next time as it is.
    if (!Changed() && last.ok()) continue;
    const absl::StatusOr<std::string> taken = take_();
    if (taken.ok()) {
      spdlog::info("{}", *taken);
    } else if (taken.status() != last) {
      spdlog::error("{}; what it said before stays",
                    std::string(taken.status().message()));
    }
    last = taken.status();
  }
}

}  // namespace files
