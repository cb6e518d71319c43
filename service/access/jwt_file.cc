#include "service/access/jwt_file.h"

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace happiness {

absl::StatusOr<std::unique_ptr<JwtFile>> JwtFile::Open(std::string path,
                                                       std::string audience) {
  auto file = File::Open(std::move(path), kMaxBytes, "keys", &JwtKeys::Parse);
  if (!file.ok()) return file.status();
  return std::unique_ptr<JwtFile>(
      new JwtFile(*std::move(file), std::move(audience)));
}

absl::StatusOr<Pass> JwtFile::Admit(std::string_view token,
                                    const char* /*what*/) const {
  absl::StatusOr<JwtClaims> claims =
      keys()->Verify(token, audience_, absl::Now());
  if (!claims.ok()) return claims.status();
  return Pass{claims->subject,
              [this, expiry = claims->expiry, key = claims->key] {
                if (absl::Now() >= expiry) {
                  return absl::UnauthenticatedError(
                      "the JWT that opened this stream has expired");
                }
                if (keys()->Has(key)) return absl::OkStatus();
                return absl::UnauthenticatedError(
                    "the key that signed the JWT that opened this stream is no "
                    "longer known");
              }};
}

}  // namespace happiness
