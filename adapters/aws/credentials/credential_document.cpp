#include "adapters/aws/credentials/credential_document.h"

#include "adapters/aws/sigv4.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <string>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

std::string member(const json::object& document, std::string_view name) {
  const json::value* value = document.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::optional<TimePoint> parse_expiration(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  std::string basic;
  for (const char c : text.substr(0, 19))
    if (c != '-' && c != ':') basic += c;
  return parse_amz_date(basic + "Z");
}

Result<Credentials> parse_credential_document(std::string_view text) {
  boost::system::error_code failure;
  const json::value parsed = json::parse(text, failure);
  if (failure || !parsed.is_object()) return unavailable("the answer is not a JSON object");
  const json::object& document = parsed.get_object();
  if (const std::string code = member(document, "Code"); !code.empty() && code != "Success")
    return unavailable("the answer says " + code + ": " + member(document, "Message"));
  Credentials credentials{member(document, "AccessKeyId"), member(document, "SecretAccessKey"),
                          member(document, "Token"), parse_expiration(member(document, "Expiration"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    return unavailable("the answer holds no AccessKeyId and SecretAccessKey");
  return credentials;
}

}  // namespace eventbus::aws
