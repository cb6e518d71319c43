// Files that are read again when they change.

#ifndef FILES_WATCHED_FILES_H_
#define FILES_WATCHED_FILES_H_

#include <sys/stat.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "waiting/bell.h"

namespace files {

// What is in a file. The error is one line for the person who started the
// program: NOT_FOUND if it can't be read, INVALID_ARGUMENT if it has more than
// `max_bytes` or is no file.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// Looks after some files on a thread of its own, once a second.
class WatchedFiles {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);

  // Takes in what the files say, and gives what to write into the log about it.
  // After an error what they said before must stay: a slip of the pen locks
  // nobody out, and lets nobody in.
  using Take = std::function<absl::StatusOr<std::string>()>;

  WatchedFiles(std::vector<std::string> paths, Take take);
  ~WatchedFiles();

  WatchedFiles(const WatchedFiles&) = delete;
  WatchedFiles& operator=(const WatchedFiles&) = delete;

  // Takes them in for the first time; if that went well, again whenever one of
  // them changes, on the thread. To be called once.
  absl::Status Start();

 private:
  bool Changed();
  void Watch();

  const std::vector<std::string> paths_;
  const Take take_;
  waiting::Bell stopping_;

  // The thread's alone, once there is one.
  std::vector<struct stat> seen_;
  std::thread thread_;
};

}  // namespace files

#endif  // FILES_WATCHED_FILES_H_
