// The one compression that bridge and clients have in common.

#ifndef BRIDGE_FRAMING_GZIP_H_
#define BRIDGE_FRAMING_GZIP_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace bridge {

// Of less than this gzip makes more.
inline constexpr size_t kWorthGzip = 1024;

// RFC 1952: one member.
std::string Gzip(std::string_view plain);

// Who sends little may not have much made of it: so many times a member's size,
// but this always.
inline constexpr size_t kMostInflation = 50;
inline constexpr size_t kSmallInflation = 16 << 10;

// What one member holds. INVALID_ARGUMENT if it is none, cut off, or followed
// by something; RESOURCE_EXHAUSTED if it holds more than `max_bytes`, or more
// for its size than is usual, of which no more are made.
absl::StatusOr<std::string> Gunzip(std::string_view member, size_t max_bytes);

}  // namespace bridge

#endif  // BRIDGE_FRAMING_GZIP_H_
