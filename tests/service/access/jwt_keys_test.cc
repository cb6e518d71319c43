#include "service/access/jwt_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/service/access/jwt_signer.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000;
constexpr char kAudience[] = "happiness";

const JwtSigner& Rsa() {
  static const auto* const signer = new JwtSigner(JwtSigner::Rsa());
  return *signer;
}

const JwtSigner& Ec() {
  static const auto* const signer = new JwtSigner(JwtSigner::Ec());
  return *signer;
}

std::string SetOf(const std::vector<std::string>& keys) {
  return absl::StrCat("{\"keys\":[", absl::StrJoin(keys, ","), "]}");
}

JwtKeys KeysOf(const std::vector<std::string>& keys) {
  auto parsed = JwtKeys::Parse(SetOf(keys));
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *std::move(parsed);
}

absl::StatusOr<JwtClaims> Verify(const JwtKeys& keys, const std::string& token,
                                 int64_t now = kNow) {
  return keys.Verify(token, kAudience, absl::FromUnixSeconds(now));
}

std::string Claims(const std::string& sub = R"("sensor")",
                   const std::string& aud = R"("happiness")",
                   const std::string& exp = absl::StrCat(kNow + 60),
                   const std::string& more = "") {
  return absl::StrCat("{\"sub\":", sub, ",\"aud\":", aud, ",\"exp\":", exp,
                      more, "}");
}

TEST(JwtKeysTest, TakesWhatAKeyOfTheSetHasSigned) {
  const JwtKeys keys = KeysOf({Rsa().Jwk(), Ec().Jwk()});
  EXPECT_EQ(keys.size(), 2u);
  for (const std::string& token :
       {Rsa().Sign(Claims(), "RS256"), Ec().Sign(Claims(), "ES256"),
        Ec().Sign(Claims(), "ES256", "unknown kid, of a key without one"),
        Ec().Sign(Claims(R"("sensor")", R"(["other","happiness"])"), "ES256"),
        Ec().Sign(Claims(R"("sensor")", R"("happiness")",
                         absl::StrCat(kNow, ".5"), R"(,"nbf":1700000000)"),
                  "ES256")}) {
    const auto claims = Verify(keys, token);
    ASSERT_TRUE(claims.ok()) << claims.status();
    EXPECT_EQ(claims->subject, "sensor");
    EXPECT_TRUE(keys.Has(claims->key));
    EXPECT_FALSE(KeysOf({JwtSigner::Ec().Jwk()}).Has(claims->key));
  }
}

TEST(JwtKeysTest, AllowsForClocksThatDiffer) {
  const JwtKeys keys = KeysOf({Ec().Jwk()});
  const std::string token =
      Ec().Sign(Claims(R"("a")", R"("happiness")", absl::StrCat(kNow),
                       absl::StrCat(",\"nbf\":", kNow)),
                "ES256");
  EXPECT_FALSE(Verify(keys, token, kNow - 31).ok());
  EXPECT_TRUE(Verify(keys, token, kNow - 30).ok());
  const auto last = Verify(keys, token, kNow + 29);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->expiry, absl::FromUnixSeconds(kNow + 30));
  EXPECT_FALSE(Verify(keys, token, kNow + 30).ok());
}

TEST(JwtKeysTest, SaysWhichClaimBreaksWhichRule) {
  const JwtKeys keys = KeysOf({Ec().Jwk()});
  struct Case {
    std::string claims;
    const char* message;
  };
  const std::string sub = R"("a")";
  const std::string aud = R"("happiness")";
  for (const Case& c : {
           Case{R"({"sub":"a","aud":"happiness"})", "claim exp must be there"},
           Case{Claims(sub, aud, "\"1800000000\""), "claim exp must be there"},
           Case{Claims(sub, aud, "-1"), "claim exp must be there"},
           Case{Claims(sub, aud, "1e300"), "claim exp must be there"},
           Case{Claims(sub, aud, "1800000000000"), "claim exp must be there"},
           Case{Claims(sub, aud, absl::StrCat(kNow - 60)), "claim exp is over"},
           Case{Claims(sub, aud, "1800000000", R"(,"nbf":1790000000)"),
                "claim nbf is still to come"},
           Case{Claims(sub, aud, "1800000000", R"(,"nbf":"now")"),
                "claim nbf must be in seconds"},
           Case{R"({"sub":"a","exp":1800000000})", "claim aud must name"},
           Case{Claims(sub, R"("other")"), "claim aud must name"},
           Case{Claims(sub, "[]"), "claim aud must name"},
           Case{Claims(sub, "7"), "claim aud must name"},
           Case{Claims(sub, R"(["happiness",7])"), "claim aud must name"},
           Case{Claims(sub, R"({"happiness":"happiness"})"),
                "claim aud must name"},
           Case{R"({"aud":"happiness","exp":1800000000})",
                "claim sub must be a string"},
           Case{Claims("7"), "claim sub must be a string"},
           Case{Claims(R"("")"), "claim sub must be a string"},
           Case{Claims(R"("a\n")"), "claim sub must have at most 64"},
           Case{Claims("\"" + std::string(65, 'a') + "\""),
                "claim sub must have at most 64"},
           Case{Claims(sub, aud, "1800000000", R"(,"sub":"b")"),
                "no JSON object"},
           Case{R"(["sub"])", "no JSON object"},
           Case{"sub", "no JSON object"},
       }) {
    const auto claims = Verify(keys, Ec().Sign(c.claims, "ES256"));
    EXPECT_TRUE(absl::IsUnauthenticated(claims.status())) << c.claims;
    EXPECT_THAT(std::string(claims.status().message()), HasSubstr(c.message))
        << c.claims;
  }
}

// The parts of a token, which need not be what anybody has signed.
std::string Token(const std::string& header, const std::string& payload,
                  const std::string& signature) {
  return absl::StrCat(absl::WebSafeBase64Escape(header), ".",
                      absl::WebSafeBase64Escape(payload), ".", signature);
}

TEST(JwtKeysTest, RefusesWhatNoKeyOfItsTypeHasSigned) {
  const JwtKeys keys = KeysOf({Rsa().Jwk(), Ec().Jwk()});
  const std::string good = Ec().Sign(Claims(), "ES256");
  const std::string signature = good.substr(good.rfind('.') + 1);
  const std::string unsigned_part = good.substr(0, good.rfind('.') + 1);
  std::string flipped = good;
  flipped[good.rfind('.') + 10] ^= 1;
  for (const std::string& token : {
           std::string(),
           std::string(".."),
           std::string("eyJ.eyJ.x"),
           std::string("a.b"),
           unsigned_part,
           flipped,
           good + "." + signature,
           Token(R"({"alg":"ES256"})", Claims(R"("another")"), signature),
           Token(R"({"alg":"none"})", Claims(), ""),
           Token(R"({"alg":"None"})", Claims(), ""),
           Token(R"({"alg":"none"})", Claims(), signature),
           Token(R"({})", Claims(), signature),
           Token(R"({"alg":7})", Claims(), signature),
           Token(R"([])", Claims(), signature),
           // Another key, of either type.
           JwtSigner::Ec().Sign(Claims(), "ES256"),
           JwtSigner::Rsa().Sign(Claims(), "RS256"),
           // Another algorithm of a key that is known.
           Rsa().Sign(Claims(), "PS256"),
           Rsa().Sign(Claims(), "RS512"),
           // A public key taken for a secret.
           JwtSigner::Secret(Rsa().Jwk()).Sign(Claims(), "HS256"),
           JwtSigner::Secret(Ec().Jwk()).Sign(Claims(), "HS256"),
           JwtSigner::Secret(SetOf({Ec().Jwk()})).Sign(Claims(), "HS256"),
           // An RSA key's signature said to be of the other type.
           Token(R"({"alg":"ES256"})", Claims(), std::string(342, 'A')),
           Token(R"({"alg":"RS256"})", Claims(), signature),
           Ec().Sign(Claims(), "ES256", "", R"(["b64"])"),
           Ec().Sign(Claims(), "ES256", "", "[]"),
           std::string(JwtKeys::kMaxTokenBytes + 1, 'a'),
       }) {
    const auto claims = Verify(keys, token);
    EXPECT_TRUE(absl::IsUnauthenticated(claims.status()))
        << token.substr(0, 200);
  }
}

TEST(JwtKeysTest, RefusesPaddingAtWhichTheLibraryWouldEndTheProcess) {
  const JwtKeys keys = KeysOf({Ec().Jwk()});
  const std::string good = Ec().Sign(Claims(), "ES256");
  const std::string header = good.substr(0, good.find('.'));
  for (const std::string& token :
       {header + ".A=.AAAA", header + ".AAAA.A=", header + "A=.AAAA.AAAA",
        "A=." + good.substr(good.find('.') + 1), good + "A=", good + "=",
        good + "==", std::string("=.=.="), good + "\n",
        good + std::string(1, 0), "+" + good, "/" + good}) {
    const absl::Status status = Verify(keys, token).status();
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << token;
    EXPECT_THAT(std::string(status.message()), HasSubstr("not well formed"));
  }
  for (const std::string& key :
       {std::string(R"({"kty":"RSA","n":"A=","e":"AQAB"})"),
        std::string(R"({"kty":"RSA","n":"AQAB","e":"A="})"),
        std::string(R"({"kty":"EC","crv":"P-256","x":"A=","y":"AAAA"})"),
        Rsa().Jwk(R"(,"p":"A=")"), Rsa().Jwk(R"(,"qi":"A=")")}) {
    const absl::Status status = JwtKeys::Parse(SetOf({key})).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << key;
    EXPECT_EQ(std::string(status.message()), "key 1 is not valid");
  }
  EXPECT_EQ(KeysOf({Ec().Jwk(R"(,"kid":"A=")")}).size(), 1u)
      << "a name is any text";
}

TEST(JwtKeysTest, TakesAnyTokenOfUpTo8KiBAndNoLongerOne) {
  const JwtKeys keys = KeysOf({Ec().Jwk()});
  const auto token_of = [](size_t padding) {
    return Ec().Sign(Claims(R"("a")", R"("happiness")", "1800000000",
                            ",\"x\":\"" + std::string(padding, 'x') + "\""),
                     "ES256");
  };
  EXPECT_TRUE(Verify(keys, token_of(5'900)).ok());
  const std::string longer = token_of(6'100);
  ASSERT_GT(longer.size(), JwtKeys::kMaxTokenBytes);
  EXPECT_THAT(std::string(Verify(keys, longer).status().message()),
              HasSubstr("longer than 8 KiB"));
}

TEST(JwtKeysTest, AKidSaysWhichKey) {
  const JwtSigner other = JwtSigner::Ec();
  const JwtKeys keys = KeysOf({Ec().Jwk(R"(,"kid":"1","alg":"ES256")"),
                               other.Jwk(R"(,"kid":"2","use":"sig")")});
  EXPECT_TRUE(Verify(keys, Ec().Sign(Claims(), "ES256", "1")).ok());
  EXPECT_TRUE(Verify(keys, other.Sign(Claims(), "ES256", "2")).ok());
  EXPECT_TRUE(Verify(keys, other.Sign(Claims(), "ES256")).ok());
  EXPECT_FALSE(Verify(keys, other.Sign(Claims(), "ES256", "1")).ok());
  EXPECT_FALSE(Verify(keys, other.Sign(Claims(), "ES256", "3")).ok());
}

TEST(JwtKeysTest, LeavesOutKeysForOtherThings) {
  EXPECT_EQ(KeysOf({Ec().Jwk(), Ec().Jwk(R"(,"use":"enc")"),
                    Rsa().Jwk(R"(,"alg":"RSA-OAEP")"),
                    R"({"kty":"oct","k":"c2VjcmV0"})",
                    R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", "7",
                    JwtSigner::Ec(CJOSE_JWK_EC_P_384).Jwk()})
                .size(),
            1u);
}

TEST(JwtKeysTest, SaysWhichKeyBreaksWhichRule) {
  struct Case {
    std::string text;
    const char* message;
  };
  for (const Case& c : {
           Case{"", "must be a JWK set"},
           Case{"{}", "must be a JWK set"},
           Case{Ec().Jwk(), "must be a JWK set"},
           Case{SetOf({}), "no key for RS256 or ES256"},
           Case{SetOf({R"({"kty":"oct","k":"c2VjcmV0"})"}),
                "no key for RS256 or ES256"},
           Case{SetOf({Ec().Jwk(), Ec().Jwk("", true)}),
                "key 2 must be without its private part"},
           Case{SetOf({JwtSigner::Rsa(1'024).Jwk()}),
                "key 1 of type RSA must have at least 2048 bits"},
           Case{SetOf({R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"}),
                "key 1 is not valid"},
           Case{SetOf({R"({"kty":"RSA","n":"AQAB"})"}), "key 1 is not valid"},
           Case{SetOf(std::vector<std::string>(33, Ec().Jwk())),
                "32 keys at most"},
       }) {
    const absl::Status status = JwtKeys::Parse(c.text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << c.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace happiness
