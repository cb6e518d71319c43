#include "service/access/access.h"

#include <algorithm>
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

// Three parts, of which the first begins with {".
bool LooksLikeJwt(std::string_view token) {
  return token.substr(0, 3) == "eyJ" &&
         std::count(token.begin(), token.end(), '.') == 2;
}

}  // namespace

Access::Asked Access::Recorders() const {
  return {"recording", authorities_.record.get(),
          authorities_.jwt_records ? authorities_.jwt.get() : nullptr};
}

Access::Asked Access::Readers() const {
  return {"reading", authorities_.read.get(),
          authorities_.jwt_reads ? authorities_.jwt.get() : nullptr};
}

absl::StatusOr<Pass> Access::Ask(const Asked& asked,
                                 const grpc::CallbackServerContext& context) {
  if (Open(asked)) return Pass();
  const std::optional<std::string_view> token = BearerToken(context);
  if (!token.has_value()) {
    return absl::UnauthenticatedError(
        absl::StrCat(asked.what,
                     " needs a token: send the header \"authorization: Bearer "
                     "TOKEN\""));
  }
  const bool jwt =
      asked.jwt != nullptr && (asked.tokens == nullptr || LooksLikeJwt(*token));
  return (jwt ? asked.jwt : asked.tokens)->Admit(*token, asked.what);
}

absl::StatusOr<Pass> Access::ToRecord(
    const grpc::CallbackServerContext& context) const {
  return Ask(Recorders(), context);
}

absl::StatusOr<Pass> Access::ToRead(
    const grpc::CallbackServerContext& context) const {
  return Ask(Readers(), context);
}

}  // namespace happiness
