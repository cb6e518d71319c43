#include "service/access/token_file.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(std::string path) {
  auto file =
      File::Open(std::move(path), kMaxBytes, "tokens", &TokenTable::Parse);
  if (!file.ok()) return file.status();
  return std::unique_ptr<TokenFile>(new TokenFile(*std::move(file)));
}

absl::StatusOr<Pass> TokenFile::Admit(std::string_view token,
                                      const char* what) const {
  const TokenTable::Digest digest = TokenTable::DigestOf(token);
  std::optional<std::string> name = table()->NameOf(digest);
  if (!name.has_value()) {
    return absl::UnauthenticatedError(
        absl::StrCat("this token is not known for ", what));
  }
  return Pass{
      *name, [this, digest, what, name] {
        if (table()->NameOf(digest) == name) return absl::OkStatus();
        return absl::UnauthenticatedError(absl::StrCat(
            "the token that opened this stream is no longer valid for ", what));
      }};
}

}  // namespace happiness
