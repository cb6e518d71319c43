#include "bridge/http/forwarded_headers.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bridge/upstream/metadata.h"

namespace bridge {
namespace {

constexpr size_t kMaxNameBytes = 64;

// Those of the connection and the body (RFC 9110, section 7.6.1, and what is
// hop by hop in practice); those that mean something to the bridge or to gRPC;
// and cookies, which a browser sends for pages that the user never meant.
constexpr std::string_view kOthers[] = {
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "last-event-id",
    "origin",
    "te",
    "trailer",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-request-id",
};
constexpr const char* kOtherFamilies[] = {
    "access-control-", "bridge-", "grpc-", "proxy-", "sec-", "x-forwarded-"};

// RFC 9110, section 5.6.2, of what gRPC takes for a key.
bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

bool IsReserved(const std::string& name) {
  return std::find(std::begin(kOthers), std::end(kOthers), name) !=
             std::end(kOthers) ||
         absl::EndsWith(name, "-bin") ||
         std::any_of(std::begin(kOtherFamilies), std::end(kOtherFamilies),
                     [&](const char* family) {
                       return absl::StartsWith(name, family);
                     });
}

bool IsValue(const std::string& value) {
  return value.size() <= ForwardedHeaders::kMaxValueBytes && IsPrintable(value);
}

}  // namespace

absl::StatusOr<ForwardedHeaders> ForwardedHeaders::Parse(
    std::vector<std::string> names) {
  if (names.size() > kMaxNames) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be at most ", kMaxNames, " names"));
  }
  for (std::string& name : names) {
    absl::AsciiStrToLower(&name);
    if (!IsName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name,
                       ": must be a header's name: letters, digits, '-', "
                       "'_' and '.', at most ",
                       kMaxNameBytes));
    }
    if (IsReserved(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": is not for the upstream, or not as a header"));
    }
  }
  // In one order, and once: they are a part of what distinguishes feeds.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  ForwardedHeaders headers;
  headers.names_ = std::move(names);
  return headers;
}

absl::StatusOr<Metadata> ForwardedHeaders::Of(
    const RequestHeader& header) const {
  Metadata metadata;
  for (const std::string& name : names_) {
    std::string value = AllOf(header, name);
    if (value.empty()) continue;
    if (!IsValue(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("header ", name, ": must be printable ASCII of at most ",
                       kMaxValueBytes, " bytes"));
    }
    metadata.emplace_back(name, std::move(value));
  }
  return metadata;
}

}  // namespace bridge
