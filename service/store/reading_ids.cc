#include "service/store/reading_ids.h"

#include <cstddef>

namespace happiness {
namespace {

constexpr size_t kUuidLength = 36;

bool IsHyphenAt(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

// The value of a lower case hexadecimal digit, or -1.
int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The bytes of `text` if it is a UUID in its usual form.
bool ParseUuid(std::string_view text, std::array<char, 16>* uuid) {
  if (text.size() != kUuidLength) return false;
  size_t nibbles = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsHyphenAt(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const int digit = DigitOf(text[i]);
    if (digit < 0) return false;
    char& byte = (*uuid)[nibbles / 2];
    byte = static_cast<char>(nibbles % 2 == 0 ? digit << 4 : byte | digit);
    ++nibbles;
  }
  return true;
}

}  // namespace

StoredId::StoredId(std::string_view id)
    : text_(id), is_uuid_(ParseUuid(id, &uuid_)) {}

void StoredId::BindTo(Query& query, int parameter) const {
  if (is_uuid_) {
    query.BindBlob(parameter, {uuid_.data(), uuid_.size()});
  } else {
    query.BindText(parameter, text_);
  }
}

}  // namespace happiness
