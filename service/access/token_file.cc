#include "service/access/token_file.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(std::string path) {
  std::unique_ptr<TokenFile> file(new TokenFile(std::move(path)));
  if (absl::Status status = file->watched_.Start(); !status.ok()) return status;
  return file;
}

TokenFile::TokenFile(std::string path)
    : path_(std::move(path)), watched_({path_}, [this] { return Take(); }) {}

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

std::shared_ptr<const TokenTable> TokenFile::table() const {
  absl::MutexLock lock(&mutex_);
  return table_;
}

absl::StatusOr<std::string> TokenFile::Take() {
  auto text = files::ReadFile(path_, kMaxBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<TokenTable> table = TokenTable::Parse(*text);
  if (!table.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": ", table.status().message()));
  }
  const size_t size = table->size();
  absl::MutexLock lock(&mutex_);
  table_ = std::make_shared<const TokenTable>(*std::move(table));
  return absl::StrCat(path_, ": read again, ", size, " tokens");
}

}  // namespace happiness
