// What names one request, in all logs.

#ifndef BRIDGE_REQUEST_ID_H_
#define BRIDGE_REQUEST_ID_H_

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "absl/strings/ascii.h"

namespace bridge {

// The header over HTTP, and the metadata to the upstream.
inline constexpr char kRequestId[] = "x-request-id";

// Whether it is a good one, that can't pass for more of a line of a log: 1 to
// 64 letters, digits, '-', '_' and '.'.
inline bool IsRequestId(std::string_view text) {
  constexpr size_t kMaxBytes = 64;
  return !text.empty() && text.size() <= kMaxBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace bridge

#endif  // BRIDGE_REQUEST_ID_H_
