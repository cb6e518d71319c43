#include "service/access/access.h"

#include <optional>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

// RFC 6750, section 2.1. None if there is no such header, or another scheme.
std::optional<std::string_view> BearerToken(
    const grpc::CallbackServerContext& context) {
  constexpr absl::string_view kScheme = "Bearer ";
  const auto& metadata = context.client_metadata();
  const auto header = metadata.find("authorization");
  if (header == metadata.end()) return std::nullopt;
  const absl::string_view value(header->second.data(), header->second.size());
  if (!absl::StartsWithIgnoreCase(value, kScheme)) return std::nullopt;
  return std::string_view(value.data() + kScheme.size(),
                          value.size() - kScheme.size());
}

absl::StatusOr<Pass> Check(const TokenFile* file, const char* what,
                           const grpc::CallbackServerContext& context) {
  if (file == nullptr) return Pass();
  const std::optional<std::string_view> token = BearerToken(context);
  if (!token.has_value()) {
    return absl::UnauthenticatedError(
        absl::StrCat(what,
                     " needs a token: send the header \"authorization: Bearer "
                     "TOKEN\""));
  }
  return file->Admit(*token, what);
}

}  // namespace

absl::StatusOr<Pass> Access::ToRecord(
    const grpc::CallbackServerContext& context) const {
  return Check(record_.get(), "recording", context);
}

absl::StatusOr<Pass> Access::ToRead(
    const grpc::CallbackServerContext& context) const {
  return Check(read_.get(), "reading", context);
}

}  // namespace happiness
