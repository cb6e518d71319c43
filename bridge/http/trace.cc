#include "bridge/http/trace.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "bridge/request_id.h"
#include "bridge/upstream/metadata.h"

namespace bridge {
namespace {

// https://www.w3.org/TR/trace-context/: what must be passed on at least.
constexpr size_t kMaxStateBytes = 512;

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == text.npos;
}

// version "-" trace-id "-" parent-id "-" trace-flags, of which later versions
// may have more: anything, but gRPC has to carry it.
bool IsTraceparent(std::string_view text) {
  constexpr size_t kSize = 55;
  if (text.size() < kSize || text.size() > kMaxStateBytes ||
      !IsPrintable(text)) {
    return false;
  }
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  const std::string_view flags = text.substr(53, 2);
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  if (!IsLowerHex(version) || !IsLowerHex(trace) || !IsLowerHex(parent) ||
      !IsLowerHex(flags) || version == "ff" || IsZero(trace) ||
      IsZero(parent)) {
    return false;
  }
  return version == "00" ? text.size() == kSize
                         : text.size() == kSize || text[kSize] == '-';
}

bool IsTracestate(std::string_view text) {
  return !text.empty() && text.size() <= kMaxStateBytes && IsPrintable(text);
}

std::string NewId() {
  thread_local absl::BitGen random;
  const auto part = [] { return absl::Uniform<uint64_t>(random); };
  return absl::StrCat(absl::Hex(part(), absl::kZeroPad16),
                      absl::Hex(part(), absl::kZeroPad16));
}

}  // namespace

Trace Trace::Of(const RequestHeader& header) {
  Trace trace;
  const std::string_view id = FieldOf(header, kRequestId);
  trace.request_id = IsRequestId(id) ? std::string(id) : NewId();
  const std::string parent = AllOf(header, "traceparent");
  if (!IsTraceparent(parent)) return trace;
  trace.context.emplace_back("traceparent", parent);
  std::string state = AllOf(header, "tracestate");
  if (IsTracestate(state)) {
    trace.context.emplace_back("tracestate", std::move(state));
  }
  return trace;
}

Metadata Trace::ToMetadata() const {
  Metadata metadata = context;
  metadata.emplace_back(kRequestId, request_id);
  return metadata;
}

}  // namespace bridge
