#include "service/access/jwt_claims.h"

#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "service/access/json_value.h"
#include "service/request/text.h"
#include "service/request/validation.h"

namespace happiness {
namespace {

// The end of the year 9999: who writes more means milliseconds.
constexpr double kLastSecond = 253'402'300'799;

absl::Status BadClaim(const char* claim, const char* rule) {
  return absl::UnauthenticatedError(
      absl::StrCat("the JWT's claim ", claim, " ", rule));
}

// None if it is no number of seconds since 1970.
std::optional<absl::Time> TimeOf(const json_t* value) {
  if (!json_is_number(value)) return std::nullopt;
  const double seconds = json_number_value(value);
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kLastSecond) {
    return std::nullopt;
  }
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool IsString(const json_t* value, const std::string& text) {
  return json_is_string(value) &&
         std::string_view(json_string_value(value),
                          json_string_length(value)) == text;
}

// One string, or several of which one is ours.
bool IsFor(const json_t* value, const std::string& audience) {
  if (!json_is_array(value)) return IsString(value, audience);
  bool ours = false;
  for (size_t i = 0; i < json_array_size(value); ++i) {
    const json_t* one = json_array_get(value, i);
    if (!json_is_string(one)) return false;
    ours = ours || IsString(one, audience);
  }
  return ours;
}

// It becomes a reading's source: what that may not be it may not be.
absl::Status CheckSubject(std::string_view subject) {
  if (subject.empty()) return BadClaim("sub", "must be a string, not empty");
  const std::optional<TextShape> shape = ShapeOf(subject);
  if (!shape.has_value() || shape->has_control ||
      shape->characters > kMaxSourceCharacters) {
    return BadClaim("sub",
                    "must have at most 64 characters, none of them a control "
                    "character");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JwtClaims> CheckJwtClaims(std::string_view payload,
                                         const std::string& audience,
                                         absl::Time now) {
  const Json claims = ParseJson(payload);
  if (!json_is_object(claims.get())) {
    return absl::UnauthenticatedError("the JWT's claims are no JSON object");
  }
  const auto expiry = TimeOf(json_object_get(claims.get(), "exp"));
  if (!expiry.has_value()) {
    return BadClaim("exp", "must be there, in seconds since 1970");
  }
  if (now >= *expiry + kJwtLeeway) return BadClaim("exp", "is over");
  if (const json_t* value = json_object_get(claims.get(), "nbf")) {
    const auto from = TimeOf(value);
    if (!from.has_value()) {
      return BadClaim("nbf", "must be in seconds since 1970");
    }
    if (now < *from - kJwtLeeway) return BadClaim("nbf", "is still to come");
  }
  if (!IsFor(json_object_get(claims.get(), "aud"), audience)) {
    return BadClaim("aud", "must name this service's --jwt_audience");
  }
  const std::string_view subject = StringOf(claims.get(), "sub");
  if (absl::Status status = CheckSubject(subject); !status.ok()) return status;
  return JwtClaims{std::string(subject), *expiry + kJwtLeeway, ""};
}

}  // namespace happiness
