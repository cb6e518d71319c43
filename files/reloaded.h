// What a file says, read again when it changes.

#ifndef FILES_RELOADED_H_
#define FILES_RELOADED_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "files/watched_files.h"

namespace files {

// A file of which `T`, immutable, is made. Thread-safe. A thread of its own
// looks after the file.
template <typename T>
class Reloaded {
 public:
  // The error says which rule the text breaks.
  using Parse = std::function<absl::StatusOr<T>(std::string_view text)>;

  // Reads the file. The error is one line for the person who started the
  // program. `things`, of which a T has size(), are for the log.
  static absl::StatusOr<std::unique_ptr<Reloaded>> Open(std::string path,
                                                        size_t max_bytes,
                                                        const char* things,
                                                        Parse parse) {
    std::unique_ptr<Reloaded> file(
        new Reloaded(std::move(path), max_bytes, things, std::move(parse)));
    absl::Status status = file->watched_.Start();
    if (!status.ok()) return status;
    return file;
  }

  // What the file says, or last said while it could be read: one that is gone
  // or at fault changes nothing, so that a slip of the pen locks nobody out,
  // and lets nobody in. Nor does one that became empty: somebody is writing it.
  // Where nothing is meant, a comment says so.
  std::shared_ptr<const T> value() const {
    absl::MutexLock lock(&mutex_);
    return value_;
  }

 private:
  Reloaded(std::string path, size_t max_bytes, const char* things, Parse parse)
      : path_(std::move(path)),
        max_bytes_(max_bytes),
        things_(things),
        parse_(std::move(parse)),
        watched_({path_}, [this] { return Take(); }) {}

  absl::StatusOr<std::string> Take() {
    auto text = ReadFile(path_, max_bytes_);
    if (!text.ok()) return text.status();
    if (value() != nullptr &&
        text->find_first_not_of(" \t\r\n") == text->npos) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": is empty"));
    }
    absl::StatusOr<T> parsed = parse_(*text);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ": ", parsed.status().message()));
    }
    const size_t size = parsed->size();
    auto value = std::make_shared<const T>(*std::move(parsed));
    absl::MutexLock lock(&mutex_);
    value_.swap(value);  // The old one ends after the lock does.
    return absl::StrCat(path_, ": read again, ", size, " ", things_);
  }

  const std::string path_;
  const size_t max_bytes_;
  const char* const things_;
  const Parse parse_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);

  WatchedFiles watched_;  // last, so that its thread ends first
};

}  // namespace files

#endif  // FILES_RELOADED_H_
