#include "service/access/jwt_keys.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/access/json_value.h"

namespace happiness {
namespace {

constexpr char kRs256[] = "RS256";
constexpr char kEs256[] = "ES256";
constexpr size_t kMinRsaBits = 2'048;

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using Jws = std::unique_ptr<cjose_jws_t, ReleaseJws>;

struct Free {
  void operator()(char* text) const { std::free(text); }
};
using Text = std::unique_ptr<char, Free>;

absl::Status BadSet(absl::string_view rule) {
  return absl::InvalidArgumentError(rule);
}

absl::Status BadToken(absl::string_view rule) {
  return absl::UnauthenticatedError(absl::StrCat("the JWT ", rule));
}

// The algorithm that a key of a set is for; null if for none of ours.
const char* AlgorithmOf(const json_t* key) {
  const std::string_view type = StringOf(key, "kty");
  const char* const algorithm = type == "RSA"  ? kRs256
                                : type == "EC" ? kEs256
                                               : nullptr;
  if (algorithm == nullptr) return nullptr;
  if (type == "EC" && StringOf(key, "crv") != "P-256") return nullptr;
  if (json_object_get(key, "use") && StringOf(key, "use") != "sig") {
    return nullptr;
  }
  if (json_object_get(key, "alg") && StringOf(key, "alg") != algorithm) {
    return nullptr;
  }
  return algorithm;
}

// RFC 7515, section 2: without padding, and nothing else. At some padding, such
// as "A=", cjose 0.6.2 aborts the process.
bool IsBase64Url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

// Whether all of a key that cjose decodes is.
bool IsBase64UrlKey(const json_t* key) {
  constexpr const char* kNumbers[] = {"n", "e",  "x",  "y", "p",
                                      "q", "dp", "dq", "qi"};
  return std::all_of(
      std::begin(kNumbers), std::end(kNumbers),
      [key](const char* name) { return IsBase64Url(StringOf(key, name)); });
}

bool IsBase64UrlToken(std::string_view token) {
  const absl::string_view text(token.data(), token.size());
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    if (!IsBase64Url({part.data(), part.size()})) return false;
  }
  return true;
}

bool IsSignedBy(cjose_jwk_t* key, cjose_jws_t* jws) {
  const bool is = cjose_jws_verify(jws, key, nullptr);
  // Or the next who uses TLS on this thread takes the error for its own.
  ERR_clear_error();
  return is;
}

}  // namespace

absl::StatusOr<JwtKeys::Key> JwtKeys::ParseKey(const std::string& json,
                                               const char* algorithm) {
  Key key;
  key.algorithm = algorithm;
  key.jwk.reset(cjose_jwk_import(json.data(), json.size(), nullptr));
  if (key.jwk == nullptr) return BadSet("is not valid");
  if (key.algorithm == kRs256 &&
      cjose_jwk_get_keysize(key.jwk.get(), nullptr) < kMinRsaBits) {
    return BadSet("of type RSA must have at least 2048 bits");
  }
  const Text id(cjose_jwk_to_json(key.jwk.get(), false, nullptr));
  if (id == nullptr) return BadSet("is not valid");
  key.id = id.get();
  const char* const kid = cjose_jwk_get_kid(key.jwk.get(), nullptr);
  if (kid != nullptr) key.kid = kid;
  return key;
}

absl::StatusOr<JwtKeys> JwtKeys::Parse(std::string_view text) {
  const Json set = ParseJson(text);
  const json_t* const keys = json_object_get(set.get(), "keys");
  if (!json_is_array(keys)) {
    return BadSet("must be a JWK set: {\"keys\": […]}");
  }
  JwtKeys parsed;
  for (size_t i = 0; i < json_array_size(keys); ++i) {
    const json_t* const object = json_array_get(keys, i);
    const char* const algorithm = AlgorithmOf(object);
    if (algorithm == nullptr) continue;
    const std::string name = absl::StrCat("key ", i + 1, " ");
    if (json_object_get(object, "d") != nullptr) {
      return BadSet(name + "must be without its private part");
    }
    if (!IsBase64UrlKey(object)) return BadSet(name + "is not valid");
    if (parsed.size() == kMaxKeys) {
      return BadSet("there may be 32 keys at most");
    }
    const Text json(json_dumps(object, JSON_COMPACT));
    absl::StatusOr<Key> key = ParseKey(json.get(), algorithm);
    if (!key.ok()) {
      return BadSet(name + std::string(key.status().message()));
    }
    parsed.keys_.push_back(*std::move(key));
  }
  if (parsed.keys_.empty()) {
    return BadSet("has no key for RS256 or ES256");
  }
  return parsed;
}

absl::StatusOr<JwtClaims> JwtKeys::Verify(std::string_view token,
                                          const std::string& audience,
                                          absl::Time now) const {
  if (token.size() > kMaxTokenBytes) return BadToken("is longer than 8 KiB");
  if (!IsBase64UrlToken(token)) return BadToken("is not well formed");
  const Jws jws(cjose_jws_import(token.data(), token.size(), nullptr));
  if (jws == nullptr) return BadToken("is not well formed");
  cjose_header_t* const header = cjose_jws_get_protected(jws.get());
  // RFC 7515, section 4.1.11: who does not understand it must refuse it.
  if (Text(cjose_header_get_raw(header, "crit", nullptr)) != nullptr) {
    return BadToken("has a header crit, of which none is known here");
  }
  const char* const algorithm =
      cjose_header_get(header, CJOSE_HDR_ALG, nullptr);
  if (algorithm == nullptr || (std::string_view(algorithm) != kRs256 &&
                               std::string_view(algorithm) != kEs256)) {
    return BadToken("must be signed by RS256 or ES256");
  }
  const char* const kid = cjose_header_get(header, CJOSE_HDR_KID, nullptr);
  for (const Key& key : keys_) {
    if (key.algorithm != algorithm) continue;
    if (kid != nullptr && !key.kid.empty() && key.kid != kid) continue;
    if (!IsSignedBy(key.jwk.get(), jws.get())) continue;
    uint8_t* payload = nullptr;  // the JWS's
    size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &payload, &size, nullptr)) break;
    auto claims = CheckJwtClaims({reinterpret_cast<const char*>(payload), size},
                                 audience, now);
    if (claims.ok()) claims->key = key.id;
    return claims;
  }
  return BadToken("is not signed by a key that is known here");
}

bool JwtKeys::Has(std::string_view key) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [key](const Key& one) { return one.id == key; });
}

}  // namespace happiness
