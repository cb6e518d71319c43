// Text as the contract counts it: in characters (Unicode code points), of valid
// UTF-8 (RFC 3629), without control characters.

#ifndef SERVICE_REQUEST_TEXT_H_
#define SERVICE_REQUEST_TEXT_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace happiness {

// What the rules on text fields are about.
struct TextShape {
  size_t characters = 0;
  // C0 (U+0000 to U+001F), DEL (U+007F) and C1 (U+0080 to U+009F, the NEL of
  // U+0085 among them): what Unicode gives the category Cc.
  bool has_control = false;
};

// The shape of `text`, or nothing if it is not valid UTF-8.
std::optional<TextShape> ShapeOf(std::string_view text);

inline bool IsValidUtf8(std::string_view text) {
  return ShapeOf(text).has_value();
}

}  // namespace happiness

#endif  // SERVICE_REQUEST_TEXT_H_
