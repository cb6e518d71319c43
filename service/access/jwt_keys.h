// Who may come in: who shows a JSON Web Token (RFC 7519) that a known key has
// signed.

#ifndef SERVICE_ACCESS_JWT_KEYS_H_
#define SERVICE_ACCESS_JWT_KEYS_H_

#include <cjose/cjose.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/access/jwt_claims.h"

namespace happiness {

// A set of public keys. Immutable, hence thread-safe.
//
// A token is verified by a key of the type for the token's algorithm, so that a
// public key is never taken for a secret one: RS256 by an RSA key of at least
// 2048 bits, ES256 by one of the curve P-256, no other by any. Where the token
// or the key has no "kid", all keys of the type are tried.
class JwtKeys {
 public:
  static constexpr size_t kMaxKeys = 32;
  static constexpr size_t kMaxTokenBytes = 8 << 10;

  // What a file with a JWK set (RFC 7517, section 5) says. Keys that are not
  // for signatures, or of other types, are left out. INVALID_ARGUMENT names the
  // key and the rule.
  static absl::StatusOr<JwtKeys> Parse(std::string_view text);

  // What `token` says, if it is signed, is for `audience`, and is valid `now`.
  // UNAUTHENTICATED otherwise: see CheckJwtClaims.
  absl::StatusOr<JwtClaims> Verify(std::string_view token,
                                   const std::string& audience,
                                   absl::Time now) const;

  // Whether it has the key that JwtClaims names.
  bool Has(std::string_view key) const;

  size_t size() const { return keys_.size(); }

 private:
  struct Release {
    void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
  };
  struct Key {
    std::unique_ptr<cjose_jwk_t, Release> jwk;
    std::string id;         // its public part, as JSON
    std::string kid;        // may be empty
    std::string algorithm;  // that it is for
  };

  // `algorithm` is the one that the key's type is for.
  static absl::StatusOr<Key> ParseKey(const std::string& json,
                                      const char* algorithm);

  std::vector<Key> keys_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_JWT_KEYS_H_
