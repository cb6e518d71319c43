// A file of keys that sign tokens, read again when it changes.

#ifndef SERVICE_ACCESS_JWT_FILE_H_
#define SERVICE_ACCESS_JWT_FILE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "files/reloaded.h"
#include "service/access/authority.h"
#include "service/access/jwt_keys.h"

namespace happiness {

// Thread-safe.
class JwtFile final : public Authority {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;

  // Reads the file. Tokens must be for `audience`. The error is one line for
  // the person who started the program.
  static absl::StatusOr<std::unique_ptr<JwtFile>> Open(std::string path,
                                                       std::string audience);

  // The pass holds until the token expires, while the key that signed it is in
  // the file.
  absl::StatusOr<Pass> Admit(std::string_view token,
                             const char* what) const override;

  std::shared_ptr<const JwtKeys> keys() const { return file_->value(); }

 private:
  using File = files::Reloaded<JwtKeys>;

  JwtFile(std::unique_ptr<File> file, std::string audience)
      : file_(std::move(file)), audience_(std::move(audience)) {}

  const std::unique_ptr<File> file_;
  const std::string audience_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_JWT_FILE_H_
