#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <fstream>
#include <stdexcept>

namespace eventbus::testing {

namespace {

void must(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL cannot make a certificate");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr);
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  must(added == 1);
}

template <typename Write>
std::string pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  must(memory != nullptr && write(memory) == 1);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(bytes));
  BIO_free(memory);
  return text;
}

}  // namespace

Certificate::Certificate(const Subject& subject, const Certificate* issuer)
    : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
  must(key_ != nullptr && certificate_ != nullptr);
  static std::atomic<long> serial{1};
  constexpr long kHour = 3600;
  X509_set_version(certificate_, 2);  // that is version 3
  ASN1_INTEGER_set(X509_get_serialNumber(certificate_), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate_), subject.valid_from_hours * kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate_), subject.valid_to_hours * kHour);
  X509_set_pubkey(certificate_, key_);
  X509_NAME* name = X509_get_subject_name(certificate_);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(subject.name.c_str()), -1,
                             -1, 0);
  X509* const signer = issuer != nullptr ? issuer->certificate_ : certificate_;
  X509_set_issuer_name(certificate_, X509_get_subject_name(signer));
  add_extension(certificate_, signer, NID_basic_constraints, subject.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate_, signer, NID_subject_key_identifier, "hash");
  if (subject.is_ca) add_extension(certificate_, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  std::string names = "DNS:" + subject.name;
  if (!subject.address.empty()) names += ",IP:" + subject.address;
  if (!subject.is_ca) add_extension(certificate_, signer, NID_subject_alt_name, names);
  must(X509_sign(certificate_, issuer != nullptr ? issuer->key_ : key_, EVP_sha256()) > 0);
}

Certificate::~Certificate() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

std::string Certificate::certificate_pem() const {
  return pem([this](BIO* to) { return PEM_write_bio_X509(to, certificate_); });
}

std::string Certificate::key_pem() const {
  return pem([this](BIO* to) { return PEM_write_bio_PrivateKey(to, key_, nullptr, nullptr, 0, nullptr, nullptr); });
}

void Certificate::write(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) const {
  std::ofstream(certificate_file) << certificate_pem();
  std::ofstream(key_file) << key_pem();
}

}  // namespace eventbus::testing
