#include "tests/certificates/authority.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <fstream>

namespace testing_certificates {
namespace {

constexpr char kName[] = "an authority";

// What `write` writes.
template <typename Write>
std::string Pem(Write write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                &BIO_free);
  write(bio.get());
  char* bytes;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

std::string PemOf(const EVP_PKEY* key) {
  return Pem([&](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void SetName(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
}

}  // namespace

void ReplaceFile(const std::string& path, const std::string& text) {
  const std::string next = path + ".next";
  std::ofstream(next) << text;
  std::rename(next.c_str(), path.c_str());
}

Authority::Authority()
    : key_(NewKey()),
      certificate_(
          Sign(kName, key_.get(), 3600, "basicConstraints", "CA:TRUE")) {}

Authority::Key Authority::NewKey() {
  return Key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
}

std::string Authority::cert() const {
  return Pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
}

Identity Authority::Issue(const std::string& name, long seconds) const {
  const Key key = NewKey();
  const Certificate certificate = Sign(
      name, key.get(), seconds, "subjectAltName", "DNS:localhost,IP:127.0.0.1");
  return {Pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); }),
          PemOf(key.get())};
}

std::string Authority::RsaKey() {
  return PemOf(Key(EVP_RSA_gen(2048), &EVP_PKEY_free).get());
}

Authority::Certificate Authority::Sign(const std::string& name, EVP_PKEY* key,
                                       long seconds, const char* extension,
                                       const char* value) const {
  Certificate certificate(X509_new(), &X509_free);
  X509* const raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  uint64_t serial;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), seconds);
  SetName(X509_get_subject_name(raw), name);
  SetName(X509_get_issuer_name(raw), kName);
  X509_set_pubkey(raw, key);
  X509_EXTENSION* const made =
      X509V3_EXT_conf(nullptr, nullptr, extension, value);
  X509_add_ext(raw, made, -1);
  X509_EXTENSION_free(made);
  X509_sign(raw, key_.get(), EVP_sha256());
  return certificate;
}

}  // namespace testing_certificates
