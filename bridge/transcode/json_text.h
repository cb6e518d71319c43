// JSON text by hand, for the few places that build some without a message.

#ifndef BRIDGE_TRANSCODE_JSON_TEXT_H_
#define BRIDGE_TRANSCODE_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace bridge {

// `text` as a JSON string, in quotes. Bytes that are not UTF-8 become U+FFFD.
std::string JsonString(std::string_view text);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_JSON_TEXT_H_
