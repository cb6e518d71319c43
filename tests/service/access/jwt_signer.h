// Keys of a test's own, and what they sign.

#ifndef TESTS_SERVICE_ACCESS_JWT_SIGNER_H_
#define TESTS_SERVICE_ACCESS_JWT_SIGNER_H_

#include <cjose/cjose.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace happiness {

// Belongs to one thread.
class JwtSigner {
 public:
  static JwtSigner Rsa(size_t bits = 2'048) {
    return JwtSigner(cjose_jwk_create_RSA_random(bits, nullptr, 0, nullptr));
  }
  static JwtSigner Ec(cjose_jwk_ec_curve curve = CJOSE_JWK_EC_P_256) {
    return JwtSigner(cjose_jwk_create_EC_random(curve, nullptr));
  }
  // A secret that is the text of a public key: what confuses careless servers.
  static JwtSigner Secret(const std::string& text) {
    return JwtSigner(cjose_jwk_create_oct_spec(
        reinterpret_cast<const uint8_t*>(text.data()), text.size(), nullptr));
  }

  // As a member of a set; `more` members begin with a comma.
  std::string Jwk(const std::string& more = "", bool secret = false) const {
    char* const json = cjose_jwk_to_json(jwk_.get(), secret, nullptr);
    std::string text = json;
    std::free(json);
    text.insert(text.size() - 1, more);
    return text;
  }

  // A token with `payload`, whose header has these JSON values.
  std::string Sign(const std::string& payload, const std::string& algorithm,
                   const std::string& kid = "",
                   const std::string& crit = "") const {
    cjose_header_t* const header = cjose_header_new(nullptr);
    cjose_header_set(header, "alg", algorithm.c_str(), nullptr);
    if (!kid.empty()) cjose_header_set(header, "kid", kid.c_str(), nullptr);
    if (!crit.empty()) {
      cjose_header_set_raw(header, "crit", crit.c_str(), nullptr);
    }
    cjose_jws_t* const jws = cjose_jws_sign(
        jwk_.get(), header, reinterpret_cast<const uint8_t*>(payload.data()),
        payload.size(), nullptr);
    cjose_header_release(header);
    const char* text = nullptr;
    cjose_jws_export(jws, &text, nullptr);
    std::string token = text;
    cjose_jws_release(jws);
    return token;
  }

 private:
  struct Release {
    void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
  };

  explicit JwtSigner(cjose_jwk_t* jwk) : jwk_(jwk) {}

  std::unique_ptr<cjose_jwk_t, Release> jwk_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_ACCESS_JWT_SIGNER_H_
