#include "service/request/page_token.h"

#include <cstddef>

#include "absl/strings/escaping.h"

namespace happiness {
namespace {

constexpr char kVersion = 1;
constexpr size_t kSize = 1 + 3 * sizeof(uint64_t);

// Little endian, whatever the machine.
void Put(uint64_t value, std::string* bytes) {
  for (int shift = 0; shift < 64; shift += 8) {
    *bytes += static_cast<char>(value >> shift & 0xFF);
  }
}

uint64_t Take(std::string_view* bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) {
    value |= uint64_t{static_cast<uint8_t>((*bytes)[i])} << (8 * i);
  }
  bytes->remove_prefix(sizeof(value));
  return value;
}

}  // namespace

std::string PageToken::ToString() const {
  std::string bytes(1, kVersion);
  Put(request, &bytes);
  Put(static_cast<uint64_t>(after.observe_time), &bytes);
  Put(static_cast<uint64_t>(after.sequence), &bytes);
  return absl::WebSafeBase64Escape(bytes);
}

std::optional<PageToken> PageToken::FromString(std::string_view text) {
  std::string decoded;
  if (!absl::WebSafeBase64Unescape({text.data(), text.size()}, &decoded) ||
      decoded.size() != kSize || decoded[0] != kVersion) {
    return std::nullopt;
  }
  std::string_view bytes = decoded;
  bytes.remove_prefix(1);
  PageToken token;
  token.request = Take(&bytes);
  token.after.observe_time = static_cast<int64_t>(Take(&bytes));
  token.after.sequence = static_cast<int64_t>(Take(&bytes));
  // The decoder lets pass what was not written that way: spaces, padding.
  if (token.ToString() != text) return std::nullopt;
  return token;
}

uint64_t FingerprintOf(std::string_view bytes) {
  uint64_t hash = 14'695'981'039'346'656'037u;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 1'099'511'628'211;
  }
  return hash;
}

}  // namespace happiness
