// The tokens by which a list goes on where its last page ended (AIP-158).

#ifndef SERVICE_REQUEST_PAGE_TOKEN_H_
#define SERVICE_REQUEST_PAGE_TOKEN_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace happiness {

// Where a reading stands in lists, or where one would stand: lists are in the
// order of these, or its reverse.
struct ListPosition {
  int64_t observe_time = 0;  // microseconds since 1970-01-01T00:00:00Z
  int64_t sequence = 0;

  friend auto operator<=>(const ListPosition&, const ListPosition&) = default;
};

// Opaque to clients; those of an earlier service may be refused.
struct PageToken {
  uint64_t request = 0;  // FingerprintOf the request without its page
  ListPosition after;    // the page before ended there

  // base64url, without padding.
  std::string ToString() const;

  // None if `text` is nothing that ToString gives.
  static std::optional<PageToken> FromString(std::string_view text);
};

// FNV-1a of 64 bits: the same in every process.
uint64_t FingerprintOf(std::string_view bytes);

}  // namespace happiness

#endif  // SERVICE_REQUEST_PAGE_TOKEN_H_
