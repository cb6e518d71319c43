#include "bridge/transcode/json_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

// The length of the character at the start of `text`, or 0 if it is not UTF-8.
size_t CharacterLength(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size());
       ++length) {
    if (IsValidUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    size_t length = CharacterLength(text);
    auto byte = static_cast<uint8_t>(text[0]);
    if (length == 0) {
      json += "\uFFFD";
      length = 1;
    } else if (byte == '"' || byte == '\\') {
      json += {'\\', text[0]};
    } else if (byte < 0x20 || byte == 0x7F) {
      json += absl::StrFormat("\\u%04x", byte);
    } else {
      json += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return json + "\"";
}

size_t JsonDepth(std::string_view json, size_t enough) {
  size_t depth = 0;
  size_t deepest = 0;
  char quote = 0;  // of the string that is open
  for (size_t i = 0; i < json.size() && deepest < enough; ++i) {
    const char c = json[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::string Shortened(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  size_t end = max_bytes;
  // Back to where a character starts.
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append("…");
}

}  // namespace bridge
