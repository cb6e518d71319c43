// JSON text by hand, for the few places that build some without a message.

#ifndef BRIDGE_TRANSCODE_JSON_TEXT_H_
#define BRIDGE_TRANSCODE_JSON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridge {

// `text` as a JSON string, in quotes. Bytes that are not UTF-8 become U+FFFD.
std::string JsonString(std::string_view text);

// How deep objects and lists of a JSON text are within each other, read as
// leniently as protobuf's parser does. Of what is no JSON, some number. Looks
// no further once it is `enough`.
size_t JsonDepth(std::string_view json, size_t enough = SIZE_MAX);

// What is quoted of a client's text, at the most.
inline constexpr size_t kMaxQuoteBytes = 100;

// `text`, or its first `max_bytes` without half a character, and "…".
std::string Shortened(std::string_view text, size_t max_bytes = kMaxQuoteBytes);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_JSON_TEXT_H_
