#include "bridge/upstream/metadata.h"

#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

// gRPC's own rules, for it is gRPC that aborts.
bool IsLegalName(const std::string& name) {
  return grpc_header_key_is_legal(
      grpc_slice_from_static_buffer(name.data(), name.size()));
}

bool IsLegalValue(const std::string& name, const std::string& value) {
  return absl::EndsWith(name, "-bin") ||
         grpc_header_nonbin_value_is_legal(
             grpc_slice_from_static_buffer(value.data(), value.size()));
}

}  // namespace

bool IsPrintable(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

absl::Status CheckMetadata(const Metadata& metadata) {
  for (const auto& [name, value] : metadata) {
    if (!IsLegalName(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "metadata \"", absl::CHexEscape(name), "\": is no name in gRPC"));
    }
    if (!IsLegalValue(name, value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("metadata ", name, ": must be printable ASCII"));
    }
  }
  return absl::OkStatus();
}

}  // namespace bridge
