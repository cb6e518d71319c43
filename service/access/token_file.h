// A file of tokens, read again when it changes.

#ifndef SERVICE_ACCESS_TOKEN_FILE_H_
#define SERVICE_ACCESS_TOKEN_FILE_H_

#include <sys/stat.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "service/access/token_table.h"

namespace happiness {

// Thread-safe. A thread of its own looks after the file.
class TokenFile {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);
  static constexpr off_t kMaxBytes = 16 << 20;

  // Reads the file. The error is one line for the person who started the
  // program.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(std::string path);
  ~TokenFile();

  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  // What the file says, or last said while it could be read: one that is gone
  // or at fault changes nothing, so that a slip of the pen locks nobody out,
  // and lets nobody in.
  std::shared_ptr<const TokenTable> table() const;

 private:
  explicit TokenFile(std::string path) : path_(std::move(path)) {}

  // Reads the file that Changed has seen.
  absl::Status Read();
  bool Changed();
  void Watch();

  const std::string path_;
  absl::Notification stopping_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const TokenTable> table_ ABSL_GUARDED_BY(mutex_);

  // The thread's alone, once there is one.
  struct stat seen_ = {};
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_TOKEN_FILE_H_
