#include "service/access/open_access.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/access/jwt_file.h"
#include "service/access/token_file.h"

namespace happiness {
namespace {

absl::Status NameFlag(const char* flag, const absl::Status& error) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", error.message()));
}

absl::StatusOr<std::unique_ptr<TokenFile>> OpenTokens(const char* flag,
                                                      const std::string& path) {
  if (path.empty()) return nullptr;
  auto file = TokenFile::Open(path);
  if (!file.ok()) return NameFlag(flag, file.status());
  return file;
}

absl::StatusOr<std::unique_ptr<JwtFile>> OpenJwtKeys(
    const AccessOptions& options) {
  if (options.jwt_keys.empty()) return nullptr;
  auto file = JwtFile::Open(options.jwt_keys, options.jwt_audience);
  if (!file.ok()) return NameFlag("jwt_keys", file.status());
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Access>> OpenAccess(
    const AccessOptions& options) {
  auto record = OpenTokens("record_tokens", options.record_tokens);
  if (!record.ok()) return record.status();
  auto read = OpenTokens("read_tokens", options.read_tokens);
  if (!read.ok()) return read.status();
  auto jwt = OpenJwtKeys(options);
  if (!jwt.ok()) return jwt.status();
  return std::make_unique<Access>(
      Access::Authorities{*std::move(record), *std::move(read), *std::move(jwt),
                          options.jwt_records, options.jwt_reads});
}

}  // namespace happiness
