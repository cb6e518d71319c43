// UTF-8 (RFC 3629), checked as it arrives.

#ifndef BRIDGE_TRANSCODE_UTF8_H_
#define BRIDGE_TRANSCODE_UTF8_H_

#include <cstdint>
#include <string_view>

namespace bridge {

// Checks a text that comes in pieces, which may split a character anywhere.
// Four bytes of state. Not thread-safe.
class Utf8Validator {
 public:
  // False as soon as the text so far can't be the start of valid UTF-8. After
  // that the object may only be assigned to or destroyed.
  bool Add(std::string_view bytes);

  // True between two characters: where a text may end.
  bool complete() const { return pending_ == 0; }

 private:
  bool AddByte(uint8_t byte);

  uint8_t pending_ = 0;  // continuation bytes that must follow
  uint8_t low_ = 0x80;   // the range of the next one
  uint8_t high_ = 0xBF;
};

bool IsValidUtf8(std::string_view text);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_UTF8_H_
