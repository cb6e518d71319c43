// Who may come in: tokens, known by their SHA-256 alone.

#ifndef SERVICE_ACCESS_TOKEN_TABLE_H_
#define SERVICE_ACCESS_TOKEN_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace happiness {

// Immutable, hence thread-safe.
class TokenTable {
 public:
  using Digest = std::array<uint8_t, 32>;  // a token's SHA-256

  static constexpr size_t kMaxTokens = 100'000;

  // What a file of tokens says. A line:
  //
  //   NAME SHA256    # the name, as in Reading.source, without a space; 64 hex
  //   digits
  //
  // Empty lines are fine, and so is what follows a "#". A name may have several
  // tokens; a token has one name. INVALID_ARGUMENT names the line and the rule.
  static absl::StatusOr<TokenTable> Parse(std::string_view text);

  // Whose token it is. Takes the same time for each that is not in the table:
  // what is compared is its digest, of which nobody can choose a part.
  std::optional<std::string> NameOf(const Digest& digest) const;
  std::optional<std::string> NameOf(std::string_view token) const {
    return NameOf(DigestOf(token));
  }

  static Digest DigestOf(std::string_view token);

  size_t size() const { return names_.size(); }

 private:
  absl::flat_hash_map<Digest, std::string> names_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_TOKEN_TABLE_H_
