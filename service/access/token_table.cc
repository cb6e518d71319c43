#include "service/access/token_table.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/request/text.h"
#include "service/request/validation.h"

namespace happiness {
namespace {

absl::Status BadLine(size_t number, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", rule));
}

// A name becomes a reading's source: what that may not be it may not be.
absl::Status CheckName(size_t number, absl::string_view name) {
  const std::optional<TextShape> shape = ShapeOf({name.data(), name.size()});
  if (!shape.has_value() || shape->has_control) {
    return BadLine(number,
                   "the name must be valid UTF-8 without control characters");
  }
  if (shape->characters > kMaxSourceCharacters) {
    return BadLine(number, "the name must not be longer than 64 characters");
  }
  return absl::OkStatus();
}

bool IsHexDigest(absl::string_view text) {
  return text.size() == 2 * SHA256_DIGEST_LENGTH &&
         std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

}  // namespace

absl::StatusOr<TokenTable> TokenTable::Parse(std::string_view text) {
  TokenTable table;
  size_t number = 0;
  const absl::string_view all(text.data(), text.size());
  for (absl::string_view line : absl::StrSplit(all, '\n')) {
    ++number;
    line = line.substr(0, line.find('#'));
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) continue;
    if (words.size() != 2) {
      return BadLine(number, "must be a name and the SHA-256 of its token");
    }
    if (absl::Status status = CheckName(number, words[0]); !status.ok()) {
      return status;
    }
    if (!IsHexDigest(words[1])) {
      return BadLine(number, "the SHA-256 must be 64 hexadecimal digits");
    }
    if (table.size() == kMaxTokens) {
      return BadLine(number, "there may be 100000 tokens at most");
    }
    const std::string bytes = absl::HexStringToBytes(words[1]);
    Digest digest;
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    if (!table.names_.emplace(digest, words[0]).second) {
      return BadLine(number, "the token is there already");
    }
  }
  return table;
}

TokenTable::Digest TokenTable::DigestOf(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(),
         digest.data());
  return digest;
}

std::optional<std::string> TokenTable::NameOf(const Digest& digest) const {
  const auto found = names_.find(digest);
  if (found == names_.end() ||
      CRYPTO_memcmp(found->first.data(), digest.data(), digest.size()) != 0) {
    return std::nullopt;
  }
  return found->second;
}

}  // namespace happiness
