#include "adapters/aws/sigv4.h"

#include "adapters/aws/query_protocol.h"
#include "base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::size_t kBlockBytes = 64;  // of SHA-256

std::string_view view(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

// One context for a run of digests: fetching the algorithm costs more than hashing a kilobyte.
class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new()) {}

  Hasher& begin() {
    EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr);
    return *this;
  }
  Hasher& add(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    return *this;
  }
  Sha256 end() {
    Sha256 digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }

 private:
  static const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
  }
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view header, std::string_view lower_case) {
  return header.size() == lower_case.size() &&
         std::equal(header.begin(), header.end(), lower_case.begin(), [](char a, char b) { return lower(a) == b; });
}

// RFC 3986 §5.2.4, and doubled slashes count as one.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string normal;
  for (const std::string_view segment : kept) normal.append("/").append(segment);
  if (normal.empty() || path.back() == '/') normal += '/';
  return normal;
}

std::string canonical_path(std::string_view path, bool s3_path) {
  if (path.empty() || path == "/") return "/";
  if (!s3_path) return uri_encode(without_dot_segments(path), true);
  std::string encoded;
  for (std::string_view rest = path.substr(path.front() == '/' ? 1 : 0);;) {  // an encoded slash is no separator
    const std::string_view segment = rest.substr(0, rest.find('/'));
    const std::optional<std::string> decoded = percent_decode(segment, false);
    encoded.append("/").append(uri_encode(decoded ? std::string_view(*decoded) : segment, false));
    if (segment.size() == rest.size()) return encoded;
    rest.remove_prefix(segment.size() + 1);
  }
}

// AWS reads '+' of a query as a blank, as forms do.
std::string encoded_again(std::string_view text) {
  const std::optional<std::string> decoded = percent_decode(text, true);
  return uri_encode(decoded ? std::string_view(*decoded) : text, false);
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = encoded_again(pair.substr(0, equals));
    if (name == kSignatureParameter) continue;
    parameters.emplace_back(std::move(name), encoded_again(pair.substr(std::min(equals + 1, pair.size()))));
  }
  std::ranges::sort(parameters);
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(value);
  }
  return text;
}

// Without blanks around it, and runs of them inside as one.
void append_header_value(std::string& out, std::string_view value) {
  bool blank_before = true;
  const std::size_t begin = out.size();
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!blank_before) {
      out += ' ';
    }
    blank_before = blank;
  }
  if (out.size() > begin && out.back() == ' ') out.pop_back();
}

void append_headers(std::string& out, const CanonicalParts& parts) {
  for (const std::string& name : parts.signed_headers) {
    out.append(name).append(":");
    bool first = true;
    for (const net::Header& header : parts.headers) {
      if (!same_name(header.name, name)) continue;
      if (!std::exchange(first, false)) out += ',';
      append_header_value(out, header.value);
    }
    out += '\n';
  }
}

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && digits.front() != '-';
  return whole ? std::optional(value) : std::nullopt;
}

struct Moment {
  std::string_view year, month, day, hour, minute, second;
};

std::optional<TimePoint> time_of(const Moment& text) {
  const auto year = number(text.year), month = number(text.month), day = number(text.day);
  const auto hour = number(text.hour), minute = number(text.minute), second = number(text.second);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

Sha256 sha256(std::string_view bytes) { return Hasher().begin().add(bytes).end(); }

Sha256 hmac_sha256(std::string_view key, std::string_view message) {
  Hasher hasher;
  Sha256 short_key;
  if (key.size() > kBlockBytes) {
    short_key = hasher.begin().add(key).end();
    key = view(short_key);
  }
  std::array<char, kBlockBytes> inner, outer;
  inner.fill(0x36);
  outer.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const Sha256 digest = hasher.begin().add({inner.data(), inner.size()}).add(message).end();
  return hasher.begin().add({outer.data(), outer.size()}).add(view(digest)).end();
}

std::string hex(const Sha256& digest) { return eventbus::hex(view(digest)); }

std::string SigningScope::to_string() const { return date + "/" + region + "/" + service + "/aws4_request"; }

std::string amz_date(TimePoint when) {
  std::string text = format_iso_seconds(when);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::optional<TimePoint> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  return time_of({text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), text.substr(9, 2), text.substr(11, 2),
                  text.substr(13, 2)});
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  if (const std::optional<TimePoint> basic = parse_amz_date(text)) return basic;
  // "Fri, 02 Jan 2026 03:04:05 GMT"
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const std::string month_number = std::to_string(month / 3 + 1);
  return time_of({text.substr(12, 4), month_number, text.substr(5, 2), text.substr(17, 2), text.substr(20, 2),
                  text.substr(23, 2)});
}

std::string uri_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c) || (keep_slash && c == '/')) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 15];
  }
  return encoded;
}

std::string join_signed_headers(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ';';
    text += name;
  }
  return text;
}

std::string canonical_request(const CanonicalParts& parts) {
  std::string text;
  text.reserve(512);
  text.append(parts.method).append("\n");
  text.append(canonical_path(parts.path, parts.s3_path)).append("\n");
  text.append(canonical_query(parts.query)).append("\n");
  append_headers(text, parts);
  text.append("\n").append(join_signed_headers(parts.signed_headers)).append("\n");
  return text.append(parts.payload_hash);
}

std::string string_to_sign(std::string_view date, const SigningScope& scope, std::string_view canonical) {
  std::string text(kSigV4Algorithm);
  text.append("\n").append(date).append("\n").append(scope.to_string()).append("\n");
  return text.append(hex(sha256(canonical)));
}

Sha256 derive_signing_key(std::string_view secret_key, const SigningScope& scope) {
  const Sha256 of_date = hmac_sha256("AWS4" + std::string(secret_key), scope.date);
  const Sha256 of_region = hmac_sha256(view(of_date), scope.region);
  const Sha256 of_service = hmac_sha256(view(of_region), scope.service);
  return hmac_sha256(view(of_service), "aws4_request");
}

std::string signature_of(const Sha256& signing_key, std::string_view text) {
  return hex(hmac_sha256(view(signing_key), text));
}

Sha256 SigningKeyCache::key(std::string_view access_key, std::string_view secret_key, const SigningScope& scope) {
  std::string name = std::string(access_key) + "/" + scope.to_string();
  std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(name); found != entries_.end() && found->second.secret_key == secret_key)
    return found->second.key;
  if (entries_.size() >= entries_max_) entries_.clear();
  const Sha256 derived = derive_signing_key(secret_key, scope);
  entries_.insert_or_assign(std::move(name), Entry{std::string(secret_key), derived});
  return derived;
}

}  // namespace eventbus::aws
