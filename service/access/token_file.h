// A file of tokens, read again when it changes.

#ifndef SERVICE_ACCESS_TOKEN_FILE_H_
#define SERVICE_ACCESS_TOKEN_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "files/watched_files.h"
#include "service/access/pass.h"
#include "service/access/token_table.h"

namespace happiness {

// Thread-safe. A thread of its own looks after the file.
class TokenFile {
 public:
  static constexpr size_t kMaxBytes = 16 << 20;

  // Reads the file. The error is one line for the person who started the
  // program.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(std::string path);

  // The pass of whose token it is, which holds for as long as the file gives
  // the token to the same name. UNAUTHENTICATED if it gives it to nobody.
  // `what` it is for is a constant, for messages.
  absl::StatusOr<Pass> Admit(std::string_view token, const char* what) const;

  // What the file says, or last said while it could be read: one that is gone
  // or at fault changes nothing, so that a slip of the pen locks nobody out,
  // and lets nobody in.
  std::shared_ptr<const TokenTable> table() const;

 private:
  explicit TokenFile(std::string path);

  absl::StatusOr<std::string> Take();

  const std::string path_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const TokenTable> table_ ABSL_GUARDED_BY(mutex_);

  files::WatchedFiles watched_;  // last, so that its thread ends first
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_TOKEN_FILE_H_
