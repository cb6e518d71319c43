// What stands in an HTTP request's target.

#ifndef BRIDGE_TRANSCODE_URL_H_
#define BRIDGE_TRANSCODE_URL_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace bridge {

// A name and a value from a query or a path, percent-decoded.
using Parameter = std::pair<std::string, std::string>;

// Resolves %XX. Other bytes stay. INVALID_ARGUMENT if a % is not followed by
// two hex digits. With `plus_is_space`, as in a query, + is a space.
absl::StatusOr<std::string> PercentDecode(std::string_view text,
                                          bool plus_is_space = false);

// "a=1&b=%20" to its parameters in their order. A name without = has an empty
// value. INVALID_ARGUMENT names the parameter which is not well-formed UTF-8,
// or says that there are more than kMaxParameters.
inline constexpr size_t kMaxParameters = 128;
absl::StatusOr<std::vector<Parameter>> ParseQuery(std::string_view query);

// "/path?query" in two, the query without its question mark. So too the form
// that RFC 9112 calls absolute, "http://host/path?query".
std::pair<std::string_view, std::string_view> SplitTarget(
    std::string_view target);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_URL_H_
