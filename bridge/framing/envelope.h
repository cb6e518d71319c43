// Messages in a row, each behind a prefix of five bytes, as gRPC-Web and
// Connect's streams have them: flags, and the length in big-endian order.

#ifndef BRIDGE_FRAMING_ENVELOPE_H_
#define BRIDGE_FRAMING_ENVELOPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace bridge {

inline constexpr size_t kPrefixBytes = 5;

// The bits of the flags.
inline constexpr uint8_t kCompressed = 0x01;
inline constexpr uint8_t kEndOfStream = 0x02;  // Connect's last
inline constexpr uint8_t kTrailers = 0x80;     // gRPC-Web's last

std::string Envelope(uint8_t flags, std::string_view payload);

// How a client writes its messages.
struct EnvelopeForm {
  bool base64 = false;  // all of them, in any number of padded pieces
  bool gzip = false;    // those whose flag says so
};

// A client's messages out of bytes that come in pieces. Holds at most one
// message, and what it is when inflated. Give it a piece with Add, then take
// messages with Next until there is none. Not thread-safe.
class EnvelopeReader {
 public:
  EnvelopeReader(EnvelopeForm form, size_t max_message_bytes)
      : form_(form), max_(max_message_bytes) {}

  // INVALID_ARGUMENT if it is to be base64 and is not.
  absl::Status Add(std::string_view piece);

  // The next whole message. INVALID_ARGUMENT if its prefix has flags that
  // nobody knows, or if it can't be inflated; RESOURCE_EXHAUSTED if it has more
  // than the limit, which the prefix tells: nothing is read then.
  absl::StatusOr<std::optional<std::string>> Next();

  // What is missing at the end of the input, if so: INVALID_ARGUMENT.
  absl::Status CheckEnd() const;

  // The bytes that it holds.
  size_t held() const { return bytes_.capacity(); }

 private:
  bool Decode();

  const EnvelopeForm form_;
  const size_t max_;
  std::string digits_;  // of base64, fewer than four between two calls
  std::string bytes_;   // from the next prefix on
};

}  // namespace bridge

#endif  // BRIDGE_FRAMING_ENVELOPE_H_
