#include "bridge/framing/grpc_web.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "bridge/framing/envelope.h"

namespace bridge {
namespace {

std::string InText(std::string bytes, bool text) {
  return text ? absl::Base64Escape(bytes) : bytes;
}

// gRPC's Percent-Encoded: printable ASCII but for the percent sign stays.
std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%",
                      absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
    }
  }
  return encoded;
}

// Binary metadata goes without padding.
std::string Unpadded(std::string_view bytes) {
  std::string digits =
      absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  while (digits.ends_with('=')) digits.pop_back();
  return digits;
}

}  // namespace

std::string GrpcWebMessage(std::string_view message, bool text) {
  return InText(Envelope(0, message), text);
}

std::string GrpcWebTrailers(const Ending& ending, bool text) {
  std::string block;
  for (const auto& [name, value] : GrpcStatus(ending)) {
    absl::StrAppend(&block, name, ": ", value, "\r\n");
  }
  return InText(Envelope(kTrailers, block), text);
}

std::vector<std::pair<std::string, std::string>> GrpcStatus(
    const Ending& ending) {
  std::vector<std::pair<std::string, std::string>> status = {
      {"grpc-status", absl::StrCat(static_cast<int>(ending.code))}};
  if (!ending.ok()) {
    status.emplace_back("grpc-message", PercentEncode(ending.message));
  }
  if (!ending.details.empty()) {
    status.emplace_back("grpc-status-details-bin", Unpadded(ending.details));
  }
  return status;
}

}  // namespace bridge
