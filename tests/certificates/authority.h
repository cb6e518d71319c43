// Certificates for tests, from an authority that each test makes for itself.

#ifndef TESTS_CERTIFICATES_AUTHORITY_H_
#define TESTS_CERTIFICATES_AUTHORITY_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace testing_certificates {

// In PEM.
struct Identity {
  std::string cert;
  std::string key;
};

// Writes `text` as a whole, as those do who renew certificates.
void ReplaceFile(const std::string& path, const std::string& text);

class Authority {
 public:
  Authority();

  // Its own certificate, in PEM.
  std::string cert() const;

  // A certificate for localhost and 127.0.0.1, of somebody of this name, that
  // ends so many seconds from now.
  Identity Issue(const std::string& name, long seconds = 3600) const;

  // A key of another type than those of identities, in PEM.
  static std::string RsaKey();

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  static Key NewKey();
  Certificate Sign(const std::string& name, EVP_PKEY* key, long seconds,
                   const char* extension, const char* value) const;

  const Key key_;
  const Certificate certificate_;
};

}  // namespace testing_certificates

#endif  // TESTS_CERTIFICATES_AUTHORITY_H_
