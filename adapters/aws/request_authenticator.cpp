#include "adapters/aws/request_authenticator.h"

#include "adapters/aws/credential_scope.h"
#include "adapters/aws/query_protocol.h"
#include "base/digest.h"

#include <openssl/crypto.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace eventbus::aws {

namespace {

enum class Wire { kJson, kQuery, kRest };

Wire wire_of(const net::Request& request) {
  if (!request.header("x-amz-target").empty()) return Wire::kJson;
  if (request.header("content-type").starts_with("application/x-amz-json")) return Wire::kJson;
  return has_form_body(request) || query_action(request) ? Wire::kQuery : Wire::kRest;
}

struct Fault {
  std::string_view json_type, query_code;
  unsigned json_status = 400, query_status = 403;
};
constexpr Fault kMissing{"MissingAuthenticationTokenException", "MissingAuthenticationToken"};
constexpr Fault kIncomplete{"IncompleteSignatureException", "IncompleteSignature", 400, 400};
constexpr Fault kUnknownKey{"UnrecognizedClientException", "InvalidClientTokenId"};
constexpr Fault kExpiredToken{"ExpiredTokenException", "ExpiredToken"};
constexpr Fault kSignature{"InvalidSignatureException", "SignatureDoesNotMatch"};
constexpr Fault kExpired{"RequestExpired", "RequestExpired", 400, 400};

AwsError fault(const net::Request& request, const Fault& kind, std::string message) {
  const Wire wire = wire_of(request);
  if (wire == Wire::kQuery) return AwsError(std::string(kind.query_code), std::move(message), kind.query_status);
  const unsigned status = wire == Wire::kRest ? kind.query_status : kind.json_status;
  AwsError error(std::string(kind.json_type), std::move(message), status);
  error.query_code = kind.query_code;
  return error;
}

// What a signed request says of its signature, in whichever form. Still percent-decoded text only: nothing is believed.
struct Claim {
  std::string algorithm, credential, signed_headers, signature;
  std::string date;                     // as written
  std::string session_token;            // empty: none
  std::optional<std::string> lifetime;  // X-Amz-Expires: a presigned URL
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t end = text.find_last_not_of(" \t");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

Claim claim_of_header(const net::Request& request) {
  std::string_view rest = trimmed(request.header("authorization"));
  Claim claim;
  claim.algorithm = rest.substr(0, rest.find(' '));
  rest.remove_prefix(claim.algorithm.size());
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const std::string_view pair = trimmed(part);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals), value = pair.substr(std::min(equals + 1, pair.size()));
    if (name == "Credential") claim.credential = value;
    if (name == "SignedHeaders") claim.signed_headers = value;
    if (name == "Signature") claim.signature = value;
  }
  claim.date = request.header("x-amz-date");
  if (claim.date.empty()) claim.date = request.header("date");
  claim.session_token = request.header("x-amz-security-token");
  return claim;
}

AwsResult<Claim> claim_of_query(const net::Request& request) {
  TRY(const std::vector<FormField> fields, decode_form(query_of(request)));
  const auto value = [&fields](std::string_view name) {
    const std::string* found = find_field(fields, name);
    return found ? *found : std::string();
  };
  Claim claim{.algorithm = value("X-Amz-Algorithm"),
              .credential = value("X-Amz-Credential"),
              .signed_headers = value("X-Amz-SignedHeaders"),
              .signature = value(kSignatureParameter),
              .date = value("X-Amz-Date"),
              .session_token = value("X-Amz-Security-Token"),
              .lifetime = value("X-Amz-Expires")};
  return claim;
}

bool is_presigned(const net::Request& request) {
  return query_of(request).find("X-Amz-Algorithm=") != std::string_view::npos ||
         query_of(request).find("X-Amz-Credential=") != std::string_view::npos;
}

// What is missing, in AWS's sentences; empty when nothing is.
std::string missing_parts(const net::Request& request, const Claim& claim) {
  std::string text;
  const auto need = [&text](bool there, std::string_view sentence) {
    if (!there) text.append(text.empty() ? "" : " ").append(sentence);
  };
  if (claim.lifetime) {
    need(!claim.credential.empty(), "AWS query-string parameters must include 'X-Amz-Credential'.");
    need(!claim.signature.empty(), "AWS query-string parameters must include 'X-Amz-Signature'.");
    need(!claim.signed_headers.empty(), "AWS query-string parameters must include 'X-Amz-SignedHeaders'.");
    need(!claim.date.empty(), "AWS query-string parameters must include 'X-Amz-Date'.");
    need(!claim.lifetime->empty(), "AWS query-string parameters must include 'X-Amz-Expires'.");
    if (!text.empty()) text += " Re-examine the query-string parameters.";
    return text;
  }
  need(!claim.credential.empty(), "Authorization header requires 'Credential' parameter.");
  need(!claim.signature.empty(), "Authorization header requires 'Signature' parameter.");
  need(!claim.signed_headers.empty(), "Authorization header requires 'SignedHeaders' parameter.");
  need(!claim.date.empty(), "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  if (text.empty()) return text;
  const Sha256 digest = sha256(request.header("authorization"));
  return text + " (Hashed with SHA-256 and encoded with Base64) Authorization=" +
         base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// AK/20260102/us-east-1/events/aws4_request
struct Credential {
  std::string_view access_key, date, region, service, terminator;

  static std::optional<Credential> parse(std::string_view text) {
    std::array<std::string_view, 5> parts;
    for (std::size_t i = parts.size() - 1; i > 0; --i) {  // an access key may hold a '/'; nothing else does
      const std::size_t slash = text.rfind('/');
      if (slash == std::string_view::npos) return std::nullopt;
      parts[i] = text.substr(slash + 1);
      text = text.substr(0, slash);
    }
    parts[0] = text;
    if (std::ranges::any_of(parts, [](std::string_view part) { return part.empty(); })) return std::nullopt;
    return Credential{parts[0], parts[1], parts[2], parts[3], parts[4]};
  }
};

std::vector<std::string> header_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    std::string name(list.substr(0, list.find(';')));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::string lower_name(const net::Header& header) { return header_names(header.name).front(); }

// AWS: Host has to be signed, and every x-amz- header that is there. The first that is not.
std::optional<std::string> unsigned_header(const net::Request& request, const std::vector<std::string>& names) {
  if (!std::ranges::binary_search(names, std::string_view("host"))) return "'Host' or ':authority'";
  for (const net::Header& header : request.headers) {
    if (header.name.size() < 6 || (header.name[0] != 'x' && header.name[0] != 'X')) continue;
    const std::string name = lower_name(header);
    if (name.starts_with("x-amz-") && !std::ranges::binary_search(names, name)) return "'" + name + "'";
  }
  return std::nullopt;
}

// Expired or not yet valid; nullopt when the request is of now.
std::optional<AwsError> check_time(const net::Request& request, const std::optional<std::string>& lifetime,
                                   TimePoint signed_at, TimePoint now) {
  const auto skew = RequestAuthenticator::kClockSkewMax;
  const std::string at = amz_date(signed_at), here = amz_date(now);
  const std::string minutes = std::to_string(skew.count()) + " min.)";
  if (signed_at > now + skew) {
    return fault(request, kSignature,
                 "Signature not yet current: " + at + " is still later than " + amz_date(now + skew) + " (" + here +
                     " + " + minutes);
  }
  if (!lifetime) {
    if (signed_at >= now - skew) return std::nullopt;
    return fault(
        request, kSignature,
        "Signature expired: " + at + " is now earlier than " + amz_date(now - skew) + " (" + here + " - " + minutes);
  }
  std::int64_t seconds = 0;
  const std::string& text = *lifetime;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const std::int64_t seconds_max = RequestAuthenticator::kPresignedLifetimeMax.count();
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > seconds_max) {
    return fault(request, kIncomplete,
                 "X-Amz-Expires must be a number of seconds from 0 to " + std::to_string(seconds_max) + ".");
  }
  if (signed_at + std::chrono::seconds(seconds) >= now) return std::nullopt;
  return fault(request, kExpired, "Request has expired.");
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string payload_hash_of(const net::Request& request, const Claim& claim, std::string_view service) {
  if (service == "s3") {
    const std::string_view declared = request.header("x-amz-content-sha256");
    if (declared == kUnsignedPayload || (claim.lifetime && declared.empty())) return std::string(kUnsignedPayload);
  }
  return hex(sha256(request.body));
}

AwsError does_not_match(const net::Request& request, std::string_view canonical, std::string_view to_sign) {
  std::string message =
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
      "and signing method. Consult the service documentation for details.";
  message.append("\n\nThe Canonical String for this request should have been\n'").append(canonical);
  message.append("'\n\nThe String-to-Sign should have been\n'").append(to_sign).append("'\n");
  return fault(request, kSignature, std::move(message));
}

// For the log. What anybody may write there is bounded and printable.
std::string claimed_access_key(const net::Request& request) {
  const AwsResult<std::optional<CredentialScope>> scope = credential_scope_of(request);
  if (!scope || !scope->has_value()) return "none";
  constexpr std::size_t kLengthMax = 64;
  std::string key = (*scope)->access_key.substr(0, kLengthMax);
  std::ranges::replace_if(
      key, [](char c) { return c <= ' ' || c > '~'; }, '?');
  return key;
}

AwsError unknown_key(const net::Request& request) {
  return fault(request, kUnknownKey, "The security token included in the request is invalid.");
}

}  // namespace

AwsResult<RequestAuthenticator::Caller> RequestAuthenticator::authenticate(const net::Request& request) {
  AwsResult<Caller> caller = verify(request);
  if (caller) return caller;
  const std::string access_key = claimed_access_key(request);
  if (const auto held_back = refusals_.admit(access_key, clock_.now())) {
    log_.warn("A request was refused. reason={} access_key={} peer={} refused_before_unlogged={}", caller.error().type,
              access_key, request.peer, *held_back);
  }
  return caller;
}

AwsResult<RequestAuthenticator::Caller> RequestAuthenticator::verify(const net::Request& request) {
  const bool in_header = !request.header("authorization").empty();
  if (!in_header && !is_presigned(request)) {
    const bool query = wire_of(request) == Wire::kQuery;
    return fault(request, kMissing, query ? "Request is missing Authentication Token" : "Missing Authentication Token");
  }
  Claim claim;
  if (in_header) {
    claim = claim_of_header(request);
  } else {
    TRY(claim, claim_of_query(request));
  }

  // What it says, is it all there?
  if (claim.algorithm != kSigV4Algorithm)
    return fault(request, kIncomplete, "Unsupported AWS 'algorithm': '" + claim.algorithm + "'.");
  if (std::string missing = missing_parts(request, claim); !missing.empty())
    return fault(request, kIncomplete, std::move(missing));
  const std::optional<Credential> credential = Credential::parse(claim.credential);
  if (!credential) {
    return fault(request, kIncomplete,
                 "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
                     claim.credential + "'.");
  }
  if (credential->terminator != "aws4_request") {
    return fault(request, kSignature,
                 "Credential should be scoped with a valid terminator: 'aws4_request', not '" +
                     std::string(credential->terminator) + "'.");
  }
  const std::vector<std::string> names = header_names(claim.signed_headers);
  if (const std::optional<std::string> name = unsigned_header(request, names))
    return fault(request, kSignature, *name + " must be a 'SignedHeader' in the AWS Authorization.");

  // Is it of now?
  const std::optional<TimePoint> signed_at = parse_http_date(claim.date);
  if (!signed_at) {
    return fault(
        request, kIncomplete,
        "Date must be in ISO-8601 'basic format'. Got '" + claim.date + "'. See http://en.wikipedia.org/wiki/ISO_8601");
  }
  const std::string date = amz_date(*signed_at);
  const TimePoint now = clock_.now();
  if (credential->date != std::string_view(date).substr(0, 8)) {
    return fault(request, kSignature,
                 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
                     std::string(credential->date) + "' != '" + date.substr(0, 8) + "', from '" + date + "'.");
  }
  if (std::optional<AwsError> late = check_time(request, claim.lifetime, *signed_at, now)) return *std::move(late);

  // Is it his who he says he is?
  const std::shared_ptr<const AccessKeys> keys = keys_.load();
  const AccessKey* key = keys->find(credential->access_key);
  if (!key || !equal_in_constant_time(key->session_token, claim.session_token)) return unknown_key(request);
  if (key->expires_at && *key->expires_at <= now)
    return fault(request, kExpiredToken, "The security token included in the request is expired");
  const SigningScope scope{std::string(credential->date), std::string(credential->region),
                           std::string(credential->service)};
  const std::string payload_hash = payload_hash_of(request, claim, scope.service);
  const std::string canonical = canonical_request({request.method, path_of(request), query_of(request), request.headers,
                                                   names, payload_hash, scope.service == "s3"});
  const std::string to_sign = string_to_sign(date, scope, canonical);
  const Sha256 signing_key = signing_keys_.key(credential->access_key, key->secret, scope);
  if (!equal_in_constant_time(signature_of(signing_key, to_sign), claim.signature))
    return does_not_match(request, canonical, to_sign);
  return Caller{std::string(credential->access_key), key->account, key->name, scope.region, scope.service};
}

AwsError RequestAuthenticator::wrong_service(const net::Request& request, std::string_view expected) {
  return fault(request, kSignature,
               "Credential should be scoped to correct service: '" + std::string(expected) + "'. ");
}

}  // namespace eventbus::aws
