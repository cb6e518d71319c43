#include "bridge/transcode/utf8.h"

namespace bridge {

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
  for (char byte : bytes) {
    if (!AddByte(static_cast<uint8_t>(byte))) return false;
  }
  return true;
}

bool IsValidUtf8(std::string_view text) {
  Utf8Validator validator;
  return validator.Add(text) && validator.complete();
}

}  // namespace bridge
