#include "bridge/transcode/utf8.h"

#include <cstddef>
#include <cstring>

namespace bridge {
namespace {

// How many bytes at the start of `bytes` are ASCII, or a few less: they are
// looked at eight at a time.
size_t AsciiPrefix(std::string_view bytes) {
  size_t size = 0;
  for (uint64_t eight; size + sizeof(eight) <= bytes.size();
       size += sizeof(eight)) {
    std::memcpy(&eight, bytes.data() + size, sizeof(eight));
    if ((eight & 0x8080808080808080) != 0) break;
  }
  return size;
}

}  // namespace

bool Utf8Validator::AddByte(uint8_t byte) {
  if (pending_ > 0) {
    if (byte < low_ || byte > high_) return false;
    --pending_;
    low_ = 0x80;
    high_ = 0xBF;
    return true;
  }
  if (byte < 0x80) return true;
  if (byte < 0xC2 || byte > 0xF4) return false;
  pending_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  // The second byte's range rules out overlong forms, surrogates, and what is
  // above U+10FFFF.
  if (byte == 0xE0) low_ = 0xA0;
  if (byte == 0xED) high_ = 0x9F;
  if (byte == 0xF0) low_ = 0x90;
  if (byte == 0xF4) high_ = 0x8F;
  return true;
}

bool Utf8Validator::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (complete()) bytes.remove_prefix(AsciiPrefix(bytes));
    // To the next character, or the end.
    do {
      if (bytes.empty()) break;
      if (!AddByte(static_cast<uint8_t>(bytes.front()))) return false;
      bytes.remove_prefix(1);
    } while (!complete());
  }
  return true;
}

bool IsValidUtf8(std::string_view text) {
  Utf8Validator validator;
  return validator.Add(text) && validator.complete();
}

}  // namespace bridge
