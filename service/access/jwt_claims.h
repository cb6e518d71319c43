// What a JSON Web Token must say.

#ifndef SERVICE_ACCESS_JWT_CLAIMS_H_
#define SERVICE_ACCESS_JWT_CLAIMS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace happiness {

// What a token says that a key has signed.
struct JwtClaims {
  std::string subject;  // valid as a reading's source
  absl::Time expiry;    // allows for the leeway already
  std::string key;      // names the key, for JwtKeys::Has
};

// By how much the clocks of who signs and of this machine may differ.
inline constexpr absl::Duration kJwtLeeway = absl::Seconds(30);

// The claims in `payload`, whose signature has been verified, but for the key.
// UNAUTHENTICATED says which claim breaks which rule, and never what is in it.
absl::StatusOr<JwtClaims> CheckJwtClaims(std::string_view payload,
                                         const std::string& audience,
                                         absl::Time now);

}  // namespace happiness

#endif  // SERVICE_ACCESS_JWT_CLAIMS_H_
