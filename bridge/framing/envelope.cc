#include "bridge/framing/envelope.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "bridge/framing/gzip.h"

namespace bridge {
namespace {

constexpr size_t kDigits = 4;  // of base64, for three bytes

uint32_t LengthIn(std::string_view prefix) {
  uint32_t length = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) {
    length = length << 8 | static_cast<uint8_t>(prefix[i]);
  }
  return length;
}

bool IsDigit(char c) {
  return absl::ascii_isalnum(c) || c == '+' || c == '/' || c == '=';
}

absl::Status NotBase64() {
  return absl::InvalidArgumentError("the body is not valid base64");
}

}  // namespace

std::string Envelope(uint8_t flags, std::string_view payload) {
  std::string bytes;
  bytes.reserve(kPrefixBytes + payload.size());
  bytes.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(payload.size() >> shift));
  }
  return bytes.append(payload);
}

absl::Status EnvelopeReader::Add(std::string_view piece) {
  if (!form_.base64) {
    bytes_.append(piece);
    return absl::OkStatus();
  }
  for (const char digit : piece) {
    if (digit == '\r' || digit == '\n') continue;
    if (!IsDigit(digit)) return NotBase64();
    digits_.push_back(digit);
    // Padding ends a piece; what follows is one of its own.
    if (digit == '=' && digits_.size() % kDigits == 0 && !Decode()) {
      return NotBase64();
    }
  }
  return Decode() ? absl::OkStatus() : NotBase64();
}

// Moves whole groups of digits on, as bytes. False if they are none.
bool EnvelopeReader::Decode() {
  const size_t whole = digits_.size() / kDigits * kDigits;
  std::string plain;
  if (!absl::Base64Unescape(absl::string_view(digits_).substr(0, whole),
                            &plain)) {
    return false;
  }
  digits_.erase(0, whole);
  bytes_ += plain;
  return true;
}

absl::StatusOr<std::optional<std::string>> EnvelopeReader::Next() {
  if (bytes_.size() < kPrefixBytes) return std::nullopt;
  const auto flags = static_cast<uint8_t>(bytes_[0]);
  if ((flags & ~kCompressed) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a message's prefix begins with ", flags,
                     ": must be 0, or 1 for one that is compressed"));
  }
  const size_t size = LengthIn(bytes_);
  if (size > max_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a message's prefix announces ", size,
                     " bytes: must be at most ", max_));
  }
  if (bytes_.size() < kPrefixBytes + size) return std::nullopt;
  std::string message = bytes_.substr(kPrefixBytes, size);
  bytes_.erase(0, kPrefixBytes + size);
  if (flags == 0) return message;
  if (!form_.gzip) {
    return absl::InternalError(
        "a message's prefix says that it is compressed, and no header says "
        "how");
  }
  if (message.empty()) return message;
  auto plain = Gunzip(message, max_);
  if (!plain.ok()) return plain.status();
  return *std::move(plain);
}

absl::Status EnvelopeReader::CheckEnd() const {
  if (bytes_.empty() && digits_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("the body ends within a message");
}

}  // namespace bridge
