#include "service/request/text.h"

#include <cstdint>

namespace happiness {
namespace {

// What a leading byte says about its character. Overlong forms, surrogates and
// code points above U+10FFFF are shut out by the smallest code point that a
// length may carry and by what IsScalarValue refuses.
struct Lead {
  int continuation_bytes;
  char32_t bits;
  char32_t smallest;
};

std::optional<Lead> ReadLead(uint8_t byte) {
  if (byte < 0x80) return Lead{0, byte, 0};
  if (byte >= 0xC0 && byte < 0xE0) return Lead{1, byte & 0x1Fu, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return Lead{2, byte & 0x0Fu, 0x800};
  if (byte >= 0xF0 && byte < 0xF8) return Lead{3, byte & 0x07u, 0x10000};
  return std::nullopt;
}

bool IsScalarValue(char32_t c) {
  return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

// Takes the first character off `text`, which must not be empty.
std::optional<char32_t> TakeCharacter(std::string_view& text) {
  const std::optional<Lead> lead = ReadLead(static_cast<uint8_t>(text[0]));
  if (!lead) return std::nullopt;
  text.remove_prefix(1);
  char32_t c = lead->bits;
  for (int i = 0; i < lead->continuation_bytes; ++i) {
    if (text.empty()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(text[0]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    c = (c << 6) | (byte & 0x3Fu);
    text.remove_prefix(1);
  }
  if (c < lead->smallest || !IsScalarValue(c)) return std::nullopt;
  return c;
}

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace

std::optional<TextShape> ShapeOf(std::string_view text) {
  TextShape shape;
  while (!text.empty()) {
    const std::optional<char32_t> c = TakeCharacter(text);
    if (!c) return std::nullopt;
    ++shape.characters;
    if (IsControl(*c)) shape.has_control = true;
  }
  return shape;
}

}  // namespace happiness
