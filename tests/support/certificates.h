#pragma once

#include <filesystem>
#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace eventbus::testing {

// A certificate with its private key, made on the spot.
class Certificate {
 public:
  struct Subject {
    std::string name = "localhost";  // common name, and a DNS name that the certificate is for
    std::string address;             // an IP address that it is for; may be empty
    bool is_ca = false;
    int valid_from_hours = -1;  // from now
    int valid_to_hours = 24;
  };
  // Signed by `issuer`, or by itself if that is nullptr.
  explicit Certificate(const Subject& subject, const Certificate* issuer = nullptr);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string certificate_pem() const;
  std::string key_pem() const;
  void write(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) const;

  x509_st* native_certificate() const { return certificate_; }
  evp_pkey_st* native_key() const { return key_; }

 private:
  evp_pkey_st* key_ = nullptr;
  x509_st* certificate_ = nullptr;
};

}  // namespace eventbus::testing
