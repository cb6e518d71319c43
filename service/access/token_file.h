// A file of tokens, read again when it changes.

#ifndef SERVICE_ACCESS_TOKEN_FILE_H_
#define SERVICE_ACCESS_TOKEN_FILE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "files/reloaded.h"
#include "service/access/authority.h"
#include "service/access/token_table.h"

namespace happiness {

// Thread-safe.
class TokenFile final : public Authority {
 public:
  static constexpr size_t kMaxBytes = 16 << 20;

  // Reads the file. The error is one line for the person who started the
  // program.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(std::string path);

  // The pass holds for as long as the file gives the token to the same name.
  absl::StatusOr<Pass> Admit(std::string_view token,
                             const char* what) const override;

  std::shared_ptr<const TokenTable> table() const { return file_->value(); }

 private:
  using File = files::Reloaded<TokenTable>;

  explicit TokenFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  const std::unique_ptr<File> file_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_TOKEN_FILE_H_
