#pragma once

#include "base/clock.h"
#include "net/message.h"

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eventbus::aws {

// AWS Signature Version 4 ("AWS4-HMAC-SHA256"), the arithmetic of it. The same functions sign what we send
// (adapters/aws/request_signer.h) and check what we receive (adapters/aws/request_authenticator.h). Pure, safe to call
// from any thread.

inline constexpr std::string_view kSigV4Algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view message);
std::string hex(const Sha256& digest);

// What a signing key is good for: 20260102/us-east-1/events/aws4_request.
struct SigningScope {
  std::string date;  // YYYYMMDD
  std::string region;
  std::string service;

  std::string to_string() const;
  friend bool operator==(const SigningScope&, const SigningScope&) = default;
};

// "20260102T030405Z", the form of X-Amz-Date.
std::string amz_date(TimePoint when);
// That form, and the forms of the Date header (RFC 1123, ISO 8601 basic); nullopt for anything else.
std::optional<TimePoint> parse_amz_date(std::string_view text);
std::optional<TimePoint> parse_http_date(std::string_view text);

// What of a request goes into its signature. Views of the request, which outlives this.
struct CanonicalParts {
  std::string_view method;
  std::string_view path;   // as sent, percent-encoded; empty = "/"
  std::string_view query;  // as sent, without '?'
  std::span<const net::Header> headers;
  std::span<const std::string> signed_headers;  // lower case, sorted; a name without header counts as an empty value
  std::string_view payload_hash;                // hex, or UNSIGNED-PAYLOAD
  // AWS: S3 encodes paths once and takes them as they are; every other service removes "." and ".." and doubled slashes
  // and encodes twice.
  bool s3_path = false;
};

// A parameter of this name is no part of the canonical query: the signature of a presigned URL cannot sign itself.
inline constexpr std::string_view kSignatureParameter = "X-Amz-Signature";

std::string canonical_request(const CanonicalParts& parts);
// "host;x-amz-date"
std::string join_signed_headers(std::span<const std::string> names);
std::string string_to_sign(std::string_view amz_date, const SigningScope& scope, std::string_view canonical_request);
Sha256 derive_signing_key(std::string_view secret_key, const SigningScope& scope);
std::string signature_of(const Sha256& signing_key, std::string_view string_to_sign);

// Every byte but A–Z a–z 0–9 - _ . ~ (and, of paths, '/') as %XX.
std::string uri_encode(std::string_view text, bool keep_slash);

// Derived keys: four HMACs saved on every request of the same key, day, region and service. Bounded; safe to use from
// any thread.
class SigningKeyCache {
 public:
  explicit SigningKeyCache(std::size_t entries_max = 1'024) : entries_max_(entries_max) {}

  // Derived from `secret_key` when it is not there. What was derived for another secret of that access key is not used.
  Sha256 key(std::string_view access_key, std::string_view secret_key, const SigningScope& scope);

 private:
  struct Entry {
    std::string secret_key;
    Sha256 key;
  };
  const std::size_t entries_max_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace eventbus::aws
