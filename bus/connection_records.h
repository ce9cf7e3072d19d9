#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_keys.h"
#include "bus/scope.h"

#include <boost/json/object.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// What the catalog keeps of connections and API destinations (behaviour §13), as plain data, and its stored form.

struct ConnectionKey {
  Scope scope;
  std::string name;

  friend auto operator<=>(const ConnectionKey&, const ConnectionKey&) = default;
};
using ApiDestinationKey = ConnectionKey;

enum class AuthorizationType { kBasic, kApiKey, kOAuthClientCredentials };
std::string_view to_string(AuthorizationType type);
std::optional<AuthorizationType> parse_authorization_type(std::string_view text);

// One header, query string or body parameter.
struct ConnectionParameter {
  std::string key;
  std::optional<std::string> value;  // absent only in requests: UpdateConnection then keeps what it was
  bool secret = false;

  friend bool operator==(const ConnectionParameter&, const ConnectionParameter&) = default;
};

struct ConnectionHttpParameters {
  std::optional<std::vector<ConnectionParameter>> headers, query, body;

  friend bool operator==(const ConnectionHttpParameters&, const ConnectionHttpParameters&) = default;
};

// How a connection authorizes, secrets included. In requests any member may be missing.
struct ConnectionAuth {
  AuthorizationType type = AuthorizationType::kBasic;
  std::optional<std::string> name;                           // Username, ApiKeyName or ClientID
  std::optional<std::string> secret;                         // Password, ApiKeyValue or ClientSecret
  std::optional<std::string> token_endpoint, token_method;   // of OAuth
  std::optional<ConnectionHttpParameters> token_parameters;  // of OAuth: OAuthHttpParameters
  std::optional<ConnectionHttpParameters> invocation_parameters;

  friend bool operator==(const ConnectionAuth&, const ConnectionAuth&) = default;
};

// The members of AWS's AuthParameters that answers show: without passwords and keys, and without the values of secret
// parameters (behaviour §13).
boost::json::object shown_auth(const ConnectionAuth& auth);

// The document that AWS keeps in Secrets Manager for a connection (behaviour §13), which is what is sealed here.
std::string secret_document(const ConnectionAuth& auth);
Result<ConnectionAuth> parse_secret_document(AuthorizationType type, std::string_view document);

// The states that last. DELETING and DEAUTHORIZING are over before the answer is sent.
enum class ConnectionState { kAuthorizing, kAuthorized, kDeauthorized };
std::string_view to_string(ConnectionState state);

struct ConnectionRecord {
  std::string name;
  std::string id;         // UUID, the end of its ARN: another one when it is made again
  std::string secret_id;  // the end of its secret's ARN: "<UUID>-<6 characters>"
  std::optional<std::string> description, kms_key_identifier;
  AuthorizationType type = AuthorizationType::kBasic;
  ConnectionState state = ConnectionState::kAuthorized;
  std::string state_reason;            // empty = none
  boost::json::object auth;            // shown_auth; empty once it was deauthorized
  std::optional<SealedSecret> secret;  // secret_document, bound to the connection's ARN; none once it was deauthorized
  std::uint64_t auth_version = 0;      // grows with each change of `secret`'s content
  TimePoint created_at, modified_at, authorized_at;
};

struct ApiDestinationRecord {
  std::string name;
  std::string id;  // as a connection's
  std::optional<std::string> description;
  std::string connection_arn;
  std::string endpoint;  // may hold '*' in its path
  std::string method;
  std::int64_t rate_per_second = 0;
  TimePoint created_at, modified_at;
};

std::string connection_arn(const Scope& scope, const ConnectionRecord& connection);
std::string secret_arn(const Scope& scope, const ConnectionRecord& connection);
std::string api_destination_arn(const Scope& scope, const ApiDestinationRecord& destination);

// Which connection, or API destination, an ARN names; nullopt for other ARNs.
struct IdentifiedKey {
  ConnectionKey key;
  std::string id;
};
std::optional<IdentifiedKey> parse_connection_arn(std::string_view arn);
std::optional<IdentifiedKey> parse_api_destination_arn(std::string_view arn);

// Stored documents. Each holds a "version"; decoding answers kInternal for what it does not understand.
std::string encode(const ConnectionRecord& connection);
std::string encode(const ApiDestinationRecord& destination);
Result<ConnectionRecord> decode_connection(std::string_view document);
Result<ApiDestinationRecord> decode_api_destination(std::string_view document);

}  // namespace eventbus
