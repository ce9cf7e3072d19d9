// Stored documents, version 1. JSON objects; a member without a value is left out.
//   connection       {version, name, id, secretId, description, kms, type, state, stateReason, auth: <AWS's
//   AuthParameters,
//                    as described>, secret: {key, nonce, text}, authVersion, createdAt, modifiedAt, authorizedAt}
//   api-destination  {version, name, id, description, connectionArn, endpoint, method, rate, createdAt, modifiedAt}
// Times are milliseconds since 1970; nonce and text (sealed: base/secret_keys.h) are base64.

#include "bus/connection_records.h"

#include "base/digest.h"
#include "bus/arn.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <utility>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;

void put(json::object& object, std::string_view name, const std::optional<std::string>& text) {
  if (text) object[name] = *text;
}

void put(json::object& object, std::string_view name, TimePoint time) {
  object[name] = time.time_since_epoch().count();
}

std::optional<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::string required_text(const json::object& object, std::string_view name) {
  std::optional<std::string> text = text_of(object, name);
  if (!text) throw std::runtime_error("member missing: " + std::string(name));
  return *std::move(text);
}

TimePoint required_time(const json::object& object, std::string_view name) {
  return TimePoint(Duration(object.at(name).to_number<std::int64_t>()));
}

// ---- Parameters, in AWS's two spellings ----

struct Spelling {
  const char *headers, *query, *body, *key, *value, *secret;
  bool shows_secrets;
};
constexpr Spelling kShown{
    "HeaderParameters", "QueryStringParameters", "BodyParameters", "Key", "Value", "IsValueSecret", false};
constexpr Spelling kSecretDocument{
    "header_parameters", "query_string_parameters", "body_parameters", "key", "value", "is_value_secret", true};

void put(json::object& object, const char* name, const std::optional<std::vector<ConnectionParameter>>& list,
         const Spelling& spelling) {
  if (!list || list->empty()) return;  // AWS leaves empty lists out
  json::array& entries = object[name].emplace_array();
  for (const ConnectionParameter& parameter : *list) {
    json::object& entry = entries.emplace_back(json::object()).as_object();
    entry[spelling.key] = parameter.key;
    if (spelling.shows_secrets || !parameter.secret) put(entry, spelling.value, parameter.value);
    entry[spelling.secret] = parameter.secret;
  }
}

json::object encode(const ConnectionHttpParameters& parameters, const Spelling& spelling) {
  json::object object;
  put(object, spelling.headers, parameters.headers, spelling);
  put(object, spelling.query, parameters.query, spelling);
  put(object, spelling.body, parameters.body, spelling);
  return object;
}

std::optional<std::vector<ConnectionParameter>> parameters_of(const json::object& object, const char* name) {
  const json::value* list = object.if_contains(name);
  if (!list) return std::nullopt;
  std::vector<ConnectionParameter> parameters;
  for (const json::value& entry : list->as_array()) {
    const json::object& members = entry.as_object();
    parameters.push_back({required_text(members, kSecretDocument.key), text_of(members, kSecretDocument.value),
                          members.at(kSecretDocument.secret).as_bool()});
  }
  return parameters;
}

std::optional<ConnectionHttpParameters> http_parameters_of(const json::object& object, const char* name) {
  const json::value* block = object.if_contains(name);
  if (!block) return std::nullopt;
  const json::object& members = block->as_object();
  return ConnectionHttpParameters{parameters_of(members, kSecretDocument.headers),
                                  parameters_of(members, kSecretDocument.query),
                                  parameters_of(members, kSecretDocument.body)};
}

// The names that Secrets Manager's document has for the two texts of each kind.
std::pair<const char*, const char*> secret_names(AuthorizationType type) {
  switch (type) {
    case AuthorizationType::kBasic:
      return {"username", "password"};
    case AuthorizationType::kApiKey:
      return {"api_key_name", "api_key_value"};
    case AuthorizationType::kOAuthClientCredentials:
      return {"client_id", "client_secret"};
  }
  return {"", ""};
}

json::object encode_sealed(const SealedSecret& sealed) {
  json::object object;
  object["key"] = sealed.key_id;
  object["nonce"] = base64_encode(sealed.nonce);
  object["text"] = base64_encode(sealed.ciphertext);
  return object;
}

std::string bytes_of(const json::object& object, std::string_view name) {
  std::optional<std::string> bytes = base64_decode(required_text(object, name));
  if (!bytes) throw std::runtime_error("not base64: " + std::string(name));
  return *std::move(bytes);
}

ConnectionState state_of(std::string_view text) {
  for (const ConnectionState state :
       {ConnectionState::kAuthorizing, ConnectionState::kAuthorized, ConnectionState::kDeauthorized}) {
    if (to_string(state) == text) return state;
  }
  throw std::runtime_error("unknown state");
}

// ---- ARNs ----

std::string arn_of(const char* service, const Scope& scope, std::string resource) {
  return Arn{"aws", service, scope.region, scope.account, std::move(resource)}.to_string();
}

// "connection/<name>/<id>"
std::optional<IdentifiedKey> parse_arn(std::string_view text, std::string_view kind) {
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "events" || !arn->resource.starts_with(kind)) return std::nullopt;
  const std::string_view rest = std::string_view(arn->resource).substr(kind.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) return std::nullopt;
  return IdentifiedKey{{arn->scope(), std::string(rest.substr(0, slash))}, std::string(rest.substr(slash + 1))};
}

template <typename Record>
Result<Record> reading(std::string_view document, Record (*read)(const json::object&)) {
  try {
    const json::value root = json::parse(json::string_view(document.data(), document.size()));
    const std::int64_t version = root.as_object().at("version").to_number<std::int64_t>();
    if (version != kVersion) return internal("catalog document of version " + std::to_string(version));
    return read(root.as_object());
  } catch (const std::exception& failure) {  // Boost.JSON's accessors and parser report by exception
    return internal(std::string("damaged catalog document: ") + failure.what());
  }
}

ConnectionRecord read_connection(const json::object& object) {
  ConnectionRecord connection;
  connection.name = required_text(object, "name");
  connection.id = required_text(object, "id");
  connection.secret_id = required_text(object, "secretId");
  connection.description = text_of(object, "description");
  connection.kms_key_identifier = text_of(object, "kms");
  const std::optional<AuthorizationType> type = parse_authorization_type(required_text(object, "type"));
  if (!type) throw std::runtime_error("unknown type");
  connection.type = *type;
  connection.state = state_of(required_text(object, "state"));
  connection.state_reason = text_of(object, "stateReason").value_or("");
  connection.auth = object.at("auth").as_object();
  if (const json::value* secret = object.if_contains("secret")) {
    const json::object& sealed = secret->as_object();
    connection.secret = SealedSecret{required_text(sealed, "key"), bytes_of(sealed, "nonce"), bytes_of(sealed, "text")};
  }
  connection.auth_version = object.at("authVersion").to_number<std::uint64_t>();
  connection.created_at = required_time(object, "createdAt");
  connection.modified_at = required_time(object, "modifiedAt");
  connection.authorized_at = required_time(object, "authorizedAt");
  return connection;
}

ApiDestinationRecord read_api_destination(const json::object& object) {
  ApiDestinationRecord destination;
  destination.name = required_text(object, "name");
  destination.id = required_text(object, "id");
  destination.description = text_of(object, "description");
  destination.connection_arn = required_text(object, "connectionArn");
  destination.endpoint = required_text(object, "endpoint");
  destination.method = required_text(object, "method");
  destination.rate_per_second = object.at("rate").to_number<std::int64_t>();
  destination.created_at = required_time(object, "createdAt");
  destination.modified_at = required_time(object, "modifiedAt");
  return destination;
}

ConnectionAuth read_secret(AuthorizationType type, const json::object& object) {
  ConnectionAuth auth;
  auth.type = type;
  const auto [name, secret] = secret_names(type);
  auth.name = required_text(object, name);
  auth.secret = required_text(object, secret);
  if (type == AuthorizationType::kOAuthClientCredentials) {
    auth.token_endpoint = required_text(object, "authorization_endpoint");
    auth.token_method = required_text(object, "http_method");
    auth.token_parameters = http_parameters_of(object, "oauth_http_parameters");
  }
  auth.invocation_parameters = http_parameters_of(object, "invocation_http_parameters");
  return auth;
}

}  // namespace

std::string_view to_string(AuthorizationType type) {
  switch (type) {
    case AuthorizationType::kBasic:
      return "BASIC";
    case AuthorizationType::kApiKey:
      return "API_KEY";
    case AuthorizationType::kOAuthClientCredentials:
      return "OAUTH_CLIENT_CREDENTIALS";
  }
  return "";
}

std::optional<AuthorizationType> parse_authorization_type(std::string_view text) {
  for (const AuthorizationType type :
       {AuthorizationType::kBasic, AuthorizationType::kApiKey, AuthorizationType::kOAuthClientCredentials}) {
    if (to_string(type) == text) return type;
  }
  return std::nullopt;
}

std::string_view to_string(ConnectionState state) {
  switch (state) {
    case ConnectionState::kAuthorizing:
      return "AUTHORIZING";
    case ConnectionState::kAuthorized:
      return "AUTHORIZED";
    case ConnectionState::kDeauthorized:
      return "DEAUTHORIZED";
  }
  return "";
}

json::object shown_auth(const ConnectionAuth& auth) {
  json::object object;
  switch (auth.type) {
    case AuthorizationType::kBasic:
      put(object["BasicAuthParameters"].emplace_object(), "Username", auth.name);
      break;
    case AuthorizationType::kApiKey:
      put(object["ApiKeyAuthParameters"].emplace_object(), "ApiKeyName", auth.name);
      break;
    case AuthorizationType::kOAuthClientCredentials: {
      json::object& block = object["OAuthParameters"].emplace_object();
      put(block["ClientParameters"].emplace_object(), "ClientID", auth.name);
      put(block, "AuthorizationEndpoint", auth.token_endpoint);
      put(block, "HttpMethod", auth.token_method);
      if (auth.token_parameters) block["OAuthHttpParameters"] = encode(*auth.token_parameters, kShown);
      break;
    }
  }
  if (auth.invocation_parameters) object["InvocationHttpParameters"] = encode(*auth.invocation_parameters, kShown);
  return object;
}

std::string secret_document(const ConnectionAuth& auth) {
  json::object object;
  const auto [name, secret] = secret_names(auth.type);
  put(object, name, auth.name);
  put(object, secret, auth.secret);
  put(object, "authorization_endpoint", auth.token_endpoint);
  put(object, "http_method", auth.token_method);
  if (auth.token_parameters) object["oauth_http_parameters"] = encode(*auth.token_parameters, kSecretDocument);
  if (auth.invocation_parameters)
    object["invocation_http_parameters"] = encode(*auth.invocation_parameters, kSecretDocument);
  return json::serialize(object);
}

Result<ConnectionAuth> parse_secret_document(AuthorizationType type, std::string_view document) {
  try {
    return read_secret(type, json::parse(json::string_view(document.data(), document.size())).as_object());
  } catch (const std::exception&) {  // its text could quote the document
    return internal("the secret is not a document of this kind of connection");
  }
}

std::string connection_arn(const Scope& scope, const ConnectionRecord& connection) {
  return arn_of("events", scope, "connection/" + connection.name + "/" + connection.id);
}

std::string secret_arn(const Scope& scope, const ConnectionRecord& connection) {
  return arn_of("secretsmanager", scope, "secret:events!connection/" + connection.name + "/" + connection.secret_id);
}

std::string api_destination_arn(const Scope& scope, const ApiDestinationRecord& destination) {
  return arn_of("events", scope, "api-destination/" + destination.name + "/" + destination.id);
}

std::optional<IdentifiedKey> parse_connection_arn(std::string_view arn) { return parse_arn(arn, "connection/"); }
std::optional<IdentifiedKey> parse_api_destination_arn(std::string_view arn) {
  return parse_arn(arn, "api-destination/");
}

std::string encode(const ConnectionRecord& connection) {
  json::object object;
  object["version"] = kVersion;
  object["name"] = connection.name;
  object["id"] = connection.id;
  object["secretId"] = connection.secret_id;
  put(object, "description", connection.description);
  put(object, "kms", connection.kms_key_identifier);
  object["type"] = to_string(connection.type);
  object["state"] = to_string(connection.state);
  if (!connection.state_reason.empty()) object["stateReason"] = connection.state_reason;
  object["auth"] = connection.auth;
  if (connection.secret) object["secret"] = encode_sealed(*connection.secret);
  object["authVersion"] = connection.auth_version;
  put(object, "createdAt", connection.created_at);
  put(object, "modifiedAt", connection.modified_at);
  put(object, "authorizedAt", connection.authorized_at);
  return json::serialize(object);
}

std::string encode(const ApiDestinationRecord& destination) {
  json::object object;
  object["version"] = kVersion;
  object["name"] = destination.name;
  object["id"] = destination.id;
  put(object, "description", destination.description);
  object["connectionArn"] = destination.connection_arn;
  object["endpoint"] = destination.endpoint;
  object["method"] = destination.method;
  object["rate"] = destination.rate_per_second;
  put(object, "createdAt", destination.created_at);
  put(object, "modifiedAt", destination.modified_at);
  return json::serialize(object);
}

Result<ConnectionRecord> decode_connection(std::string_view document) { return reading(document, read_connection); }
Result<ApiDestinationRecord> decode_api_destination(std::string_view document) {
  return reading(document, read_api_destination);
}

}  // namespace eventbus
