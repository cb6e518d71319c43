// Whatever somebody shows as a JSON Web Token: nobody comes in with what no key
// has signed, or with claims that break a rule; and whatever a file of keys
// holds. The first byte chooses which of them the rest is.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/access/jwt_claims.h"
#include "service/access/jwt_keys.h"
#include "service/request/validation.h"
#include "tests/fuzz/require.h"
#include "tests/service/access/jwt_signer.h"

namespace happiness {
namespace {

using fuzz::Require;

constexpr char kAudience[] = "happiness";

// Public keys. Nobody has their private parts any more: they have signed what
// is in corpus/jwt/, and nothing else.
constexpr char kKeys[] =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"sa9wi1kPeqr3kK4qZeYMyOnnlAAQZU)"
    R"(Cq0G47xLZgb1U","y":"Rd8nMRJNaaBYhxL3jHyx_0WQwV36CNA1_gRdz4ldv-k"},{"kt)"
    R"(y":"RSA","e":"AQAB","n":"wLC5eWzBaTXRwl0tFT5lLp26bGIrlXmHQwHeZNISzY_oS)"
    R"(LFRHuCU5zBTO86mCyErlIni5fIxVHi6I1bQ4kROC-aMFqh6lGUoXeQjhpnZwSzfPF4o7oP)"
    R"(5JaLUKVIO_Wk9W7oir26vEGzJnERI3R9rreW2l5K0ZRE3rRTCsjRKenMfvodkz83KGlrsU)"
    R"(N9rWbpNTPh4OCwKNY28hEFpDPIDmBW0VkFEWUb_UmZASY6sYbljU0nEe0OzL7guai7Kzhm)"
    R"(Bn2pVzlhwqUy2A2KFigPPwKZRtv7mfGvEoxIXlN0NJjxvQE1tDUDbLjeshvjqCHEfwuE4k)"
    R"(o4bOz3Nwor9Pz-sfQ"}]})";

// Of the tokens there that are good, what was signed: header and payload.
constexpr std::string_view kSigned[] = {
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJlYyIsImF1ZCI6ImhhcHBpbmVzcyIsImV4cCI6MTgwM"
    "DAwMDAwMH0",
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEga2lkIn0.eyJzdWIiOiJlYyIsImF1ZCI6WyJvdGhlci"
    "IsImhhcHBpbmVzcyJdLCJleHAiOjE4MDAwMDAwMDAuNSwibmJmIjoxfQ",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyc2EiLCJhdWQiOiJoYXBwaW5lc3MiLCJleHAiOjE4M"
    "DAwMDAwMDB9",
};

// Signed by the first key, which has no kid.
constexpr char kToken[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJlYyIsImF1ZCI6ImhhcHBpbmVzcyIsImV4cCI6MTgwM"
    "DAwMDAwMH0._vTt5J_1Rhui43ozt3PQrwk-ufdpGnyFFjb6ViaJlwCz0C9DCxOFGc8htwLZDj_"
    "MDQsX_BsR3FixInjGLXDnyA";

absl::Time Now() { return absl::FromUnixSeconds(1'700'000'000); }

JwtKeys KeysOf(std::string_view set) {
  absl::StatusOr<JwtKeys> keys = JwtKeys::Parse(set);
  Require(keys.ok(), "the fuzzer's own keys are good");
  return *std::move(keys);
}

void CheckRefusal(const absl::Status& status) {
  Require(absl::IsUnauthenticated(status), "the code says what is wrong");
  const std::string_view message(status.message().data(),
                                 status.message().size());
  Require(message.starts_with("the JWT") && message.size() < 200,
          "a message is about the token");
  for (const char c : message) {
    Require(absl::ascii_isprint(static_cast<unsigned char>(c)),
            "a message is plain text");
  }
}

void CheckClaims(const JwtClaims& claims) {
  v1::Reading reading;
  reading.set_place("Lima");
  reading.set_happiness(5);
  reading.set_source(claims.subject);
  Require(!claims.subject.empty() &&
              ValidateReading(reading, absl::UnixEpoch()).ok(),
          "a token's subject may be a reading's source");
  Require(claims.expiry > Now(), "a token that has expired lets nobody in");
}

void FuzzToken(std::string_view token) {
  static const auto* const keys = new JwtKeys(KeysOf(kKeys));
  const absl::StatusOr<JwtClaims> claims =
      keys->Verify(token, kAudience, Now());
  if (!claims.ok()) return CheckRefusal(claims.status());
  CheckClaims(*claims);
  Require(keys->Has(claims->key), "a key that is known has signed it");
  const std::string_view was_signed = token.substr(0, token.rfind('.'));
  Require(std::find(std::begin(kSigned), std::end(kSigned), was_signed) !=
              std::end(kSigned),
          "it is what the key has signed");
}

void FuzzClaims(std::string_view payload) {
  static const auto* const signer = new JwtSigner(JwtSigner::Ec());
  static const auto* const keys =
      new JwtKeys(KeysOf("{\"keys\":[" + signer->Jwk() + "]}"));
  const absl::StatusOr<JwtClaims> claims =
      CheckJwtClaims(payload, kAudience, Now());
  if (claims.ok()) {
    CheckClaims(*claims);
  } else {
    CheckRefusal(claims.status());
  }
  const std::string token = signer->Sign(std::string(payload), "ES256");
  if (token.size() > JwtKeys::kMaxTokenBytes) return;
  const absl::StatusOr<JwtClaims> same = keys->Verify(token, kAudience, Now());
  Require(same.status() == claims.status(), "a signature changes no rule");
  if (!same.ok()) return;
  Require(same->subject == claims->subject && same->expiry == claims->expiry &&
              keys->Has(same->key),
          "what is signed says the same");
}

void FuzzKeys(std::string_view text) {
  const absl::StatusOr<JwtKeys> keys = JwtKeys::Parse(text);
  if (!keys.ok()) {
    Require(absl::IsInvalidArgument(keys.status()) &&
                !keys.status().message().empty() &&
                keys.status().message().size() < 200,
            "an error names the rule");
    return;
  }
  Require(keys->size() >= 1 && keys->size() <= JwtKeys::kMaxKeys,
          "there are some keys, and not too many");
  Require(!keys->Has(""), "no key is nobody's");
  const absl::StatusOr<JwtClaims> claims =
      keys->Verify(kToken, kAudience, Now());
  if (!claims.ok()) return CheckRefusal(claims.status());
  Require(keys->Has(claims->key) &&
              absl::StrContains(claims->key,
                                "sa9wi1kPeqr3kK4qZeYMyOnnlAAQZUCq0G47xLZgb1U"),
          "only the key that has signed it knows it");
}

constexpr void (*kParts[])(std::string_view bytes) = {
    FuzzToken,
    FuzzClaims,
    FuzzKeys,
};

}  // namespace
}  // namespace happiness

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t part = data[0] % std::size(happiness::kParts);
  happiness::kParts[part]({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
