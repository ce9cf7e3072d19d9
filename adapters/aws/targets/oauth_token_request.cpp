#include "adapters/aws/targets/oauth_token_request.h"

#include "adapters/aws/targets/api_destination_request.h"
#include "adapters/aws/targets/http_parameters.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kAnswerBytesMax = 64 << 10;
constexpr std::int64_t kLifetimeSecondsMax = 10LL * 365 * 86'400;

void set_field(Fields& fields, const std::string& name, const std::string& value) {
  const auto existing = std::ranges::find(fields, name, &Fields::value_type::first);
  if (existing == fields.end())
    fields.emplace_back(name, value);
  else
    existing->second = value;
}

bool has_field(const Fields& fields, std::string_view name) {
  return std::ranges::find(fields, name, &Fields::value_type::first) != fields.end();
}

Fields fields_of(const std::optional<std::vector<ConnectionParameter>>& list) {
  Fields fields;
  if (list) {
    for (const ConnectionParameter& parameter : *list) set_field(fields, parameter.key, parameter.value.value_or(""));
  }
  return fields;
}

std::string json_of(const Fields& fields) {
  json::object object;
  for (const auto& [name, value] : fields) object[name] = value;
  return json::serialize(object);
}

TokenRefusal no_answer(const net::ClientError& error) {
  switch (error.kind) {
    case net::ClientError::kBadUrl:
      return {"The authorization endpoint is not a URL that can be called", true};
    case net::ClientError::kResolve:
      return {"The host of the authorization endpoint is not known"};
    case net::ClientError::kConnect:
      return {"No connection to the authorization endpoint could be made"};
    case net::ClientError::kTls:
      return {"The authorization endpoint has no certificate that is trusted"};
    case net::ClientError::kTimeout:
      return {"The authorization endpoint did not answer in time"};
    case net::ClientError::kTooLarge:
      return {"The answer of the authorization endpoint is too large", true};
    case net::ClientError::kClosed:
    case net::ClientError::kMalformed:
    case net::ClientError::kCancelled:
      break;
  }
  return {"The connection to the authorization endpoint ended without an answer"};
}

// A number, or (as some servers have it) a number in quotes.
std::optional<Duration> lifetime_of(const json::object& answer) {
  const json::value* value = answer.if_contains("expires_in");
  if (!value) return std::nullopt;
  std::int64_t seconds = 0;
  if (value->is_string()) {
    const std::string_view text = value->get_string();
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc()) return std::nullopt;
  } else if (value->is_number()) {
    const double number = value->to_number<double>();
    if (!(number >= 0)) return std::nullopt;
    seconds = static_cast<std::int64_t>(std::min(number, static_cast<double>(kLifetimeSecondsMax)));
  } else {
    return std::nullopt;
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kLifetimeSecondsMax));
}

}  // namespace

Result<net::ClientRequest, TokenRefusal> token_request(const ConnectionAuth& auth, bool http_allowed) {
  const std::optional<std::string> endpoint = callable_endpoint(*auth.token_endpoint, http_allowed);
  if (!endpoint) return TokenRefusal{"The authorization endpoint is not an https:// URL", true};
  const ConnectionHttpParameters parameters = auth.token_parameters.value_or(ConnectionHttpParameters{});
  Fields query = fields_of(parameters.query);
  Fields form = {{"client_id", *auth.name}, {"client_secret", *auth.secret}};
  for (const auto& [name, value] : fields_of(parameters.body)) set_field(form, name, value);
  if (!has_field(form, "grant_type") && !has_field(query, "grant_type"))
    form.insert(form.begin(), {"grant_type", "client_credentials"});

  net::ClientRequest request;
  request.method = *auth.token_method;
  request.close = true;
  request.body_bytes_max = kAnswerBytesMax;
  request.headers = {{"User-Agent", "Amazon/EventBridge/ApiDestinations"}, {"Accept", "application/json"}};
  if (request.method != "GET") request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  if (parameters.headers) {
    for (const ConnectionParameter& parameter : *parameters.headers) {
      if (is_dropped_header(parameter.key)) continue;
      if (!is_header_value(parameter.value.value_or("")))
        return TokenRefusal{"A header for the authorization endpoint holds characters that no header may hold", true};
      set_header(request.headers, parameter.key, parameter.value.value_or(""));
    }
  }
  if (request.method == "GET") {
    for (const auto& [name, value] : form) {
      if (!has_field(query, name)) query.emplace_back(name, value);
    }
  } else {
    const bool as_json = net::find_header(request.headers, "content-type").find("json") != std::string_view::npos;
    request.body = as_json ? json_of(form) : form_encoded(form);
  }
  request.url = with_query(*endpoint, query);
  return request;
}

Result<AccessToken, TokenRefusal> read_token_answer(const Result<net::Response, net::ClientError>& answer) {
  if (!answer) return no_answer(answer.error());
  if (answer->status < 200 || answer->status > 299) {
    const bool may_pass = answer->status >= 500 || answer->status == 408 || answer->status == 429;
    return TokenRefusal{"The authorization endpoint answered with status " + std::to_string(answer->status), !may_pass};
  }
  boost::system::error_code failure;
  const json::value root = json::parse(json::string_view(answer->body.data(), answer->body.size()), failure);
  const json::value* token = !failure && root.is_object() ? root.get_object().if_contains("access_token") : nullptr;
  if (!token || !token->is_string() || token->get_string().empty())
    return TokenRefusal{"The answer of the authorization endpoint holds no access_token", true};
  AccessToken read{std::string(token->get_string()), lifetime_of(root.get_object())};
  if (!is_header_value(read.text))
    return TokenRefusal{"The token of the authorization endpoint holds characters that no header may hold", true};
  return read;
}

}  // namespace eventbus::aws
