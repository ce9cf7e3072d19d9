#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"
#include "bus/connection_catalog.h"

namespace eventbus::aws {

namespace {

using Connection = ConnectionCatalog::Connection;

const json::object* block(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  return value ? &value->as_object() : nullptr;
}

// ---- Requests ----

std::optional<std::vector<ConnectionParameter>> parameters_of(const json::object& input, std::string_view name) {
  const json::value* list = input.if_contains(name);
  if (!list) return std::nullopt;
  std::vector<ConnectionParameter> parameters;
  for (const json::value& entry : list->as_array()) {
    const json::object& members = entry.as_object();
    parameters.push_back({text(members, "Key").value_or(""), text(members, "Value"), flag(members, "IsValueSecret")});
  }
  return parameters;
}

std::optional<ConnectionHttpParameters> http_parameters_of(const json::object& input, std::string_view name) {
  const json::object* members = block(input, name);
  if (!members) return std::nullopt;
  return ConnectionHttpParameters{parameters_of(*members, "HeaderParameters"),
                                  parameters_of(*members, "QueryStringParameters"),
                                  parameters_of(*members, "BodyParameters")};
}

std::string_view block_name(AuthorizationType type) {
  switch (type) {
    case AuthorizationType::kBasic:
      return "BasicAuthParameters";
    case AuthorizationType::kApiKey:
      return "ApiKeyAuthParameters";
    case AuthorizationType::kOAuthClientCredentials:
      return "OAuthParameters";
  }
  return "";
}

// The block of the type must be there, and those of other types must not.
AwsResult<ConnectionAuth> auth_of(AuthorizationType type, const json::object& input) {
  for (const AuthorizationType other :
       {AuthorizationType::kBasic, AuthorizationType::kApiKey, AuthorizationType::kOAuthClientCredentials}) {
    if (other != type && input.contains(block_name(other)))
      return validation("Parameter AuthParameters is not valid. Reason: AuthorizationType " +
                        std::string(to_string(type)) + " does not take " + std::string(block_name(other)) + ".");
  }
  const json::object* members = block(input, block_name(type));
  if (!members) return validation("Parameter(s) " + std::string(block_name(type)) + " must be specified.");

  ConnectionAuth auth;
  auth.type = type;
  switch (type) {
    case AuthorizationType::kBasic:
      auth.name = text(*members, "Username");
      auth.secret = text(*members, "Password");
      break;
    case AuthorizationType::kApiKey:
      auth.name = text(*members, "ApiKeyName");
      auth.secret = text(*members, "ApiKeyValue");
      break;
    case AuthorizationType::kOAuthClientCredentials:
      if (const json::object* client = block(*members, "ClientParameters")) {
        auth.name = text(*client, "ClientID");
        auth.secret = text(*client, "ClientSecret");
      }
      auth.token_endpoint = text(*members, "AuthorizationEndpoint");
      auth.token_method = text(*members, "HttpMethod");
      auth.token_parameters = http_parameters_of(*members, "OAuthHttpParameters");
      break;
  }
  auth.invocation_parameters = http_parameters_of(input, "InvocationHttpParameters");
  return auth;
}

bool names_resource(const json::object* connectivity) {
  if (!connectivity) return false;
  return !required_text(connectivity->at("ResourceParameters").as_object(), "ResourceConfigurationArn").empty();
}

// A private connection leads through a resource configuration of VPC Lattice, which is not there: endpoints in private
// networks are reached as any other.
std::optional<AwsError> refuse_private_connectivity(const json::object& input) {
  const json::object* auth = block(input, "AuthParameters");
  const bool wanted = names_resource(block(input, "InvocationConnectivityParameters")) ||
                      (auth && names_resource(block(*auth, "ConnectivityParameters")));
  if (!wanted) return std::nullopt;
  return validation(
      "Private connectivity through Amazon VPC Lattice is not supported here. Leave InvocationConnectivityParameters "
      "and "
      "ConnectivityParameters out: an endpoint in a private network is called directly.");
}

AuthorizationType type_of(const json::object& input) {
  return *parse_authorization_type(required_text(input, "AuthorizationType"));  // the enum was checked
}

// ---- Answers ----

void put_times(json::object& output, const ConnectionRecord& record, bool authorized) {
  output["CreationTime"] = to_epoch_seconds(record.created_at);
  output["LastModifiedTime"] = to_epoch_seconds(record.modified_at);
  if (authorized) output["LastAuthorizedTime"] = to_epoch_seconds(record.authorized_at);
}

// What a change answers: the state it is in, or on the way to.
json::object changed(const ConnectionEntry& connection, std::string_view state, bool authorized = true) {
  json::object output;
  output["ConnectionArn"] = connection.arn();
  output["ConnectionState"] = state;
  put_times(output, connection.record, authorized);
  return output;
}

// As ListConnections shows a connection; DescribeConnection adds to it.
json::object shown(const ConnectionEntry& connection) {
  json::object output;
  output["ConnectionArn"] = connection.arn();
  output["Name"] = connection.record.name;
  output["ConnectionState"] = to_string(connection.state());
  if (!connection.state_reason().empty()) output["StateReason"] = connection.state_reason();
  output["AuthorizationType"] = to_string(connection.record.type);
  put_times(output, connection.record, true);
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_connection(EventsApi& api, const RequestContext& context,
                                                           json::object input) {
  if (std::optional<AwsError> refused = refuse_private_connectivity(input)) co_return *std::move(refused);
  ConnectionCatalog::NewConnection wanted;
  wanted.description = text(input, "Description");
  wanted.kms_key_identifier = text(input, "KmsKeyIdentifier");
  CO_TRY(wanted.auth, auth_of(type_of(input), input.at("AuthParameters").as_object()));
  ConnectionKey key{context.scope, required_text(input, "Name")};
  CO_TRY(const Connection created,
         to_aws(co_await api.connections.create_connection(std::move(key), std::move(wanted))));
  co_return changed(*created, to_string(created->state()), false);
}

asio::awaitable<AwsResult<json::object>> describe_connection(EventsApi& api, const RequestContext& context,
                                                             json::object input) {
  const ConnectionKey key{context.scope, required_text(input, "Name")};
  CO_TRY(const Connection connection, to_aws(api.connections.connection(key)));
  const ConnectionRecord& record = connection->record;
  json::object output = shown(*connection);
  put(output, "Description", record.description);
  put(output, "KmsKeyIdentifier", record.kms_key_identifier);
  if (record.secret) output["SecretArn"] = secret_arn(connection->scope, record);
  output["AuthParameters"] = record.auth;
  co_return output;
}

asio::awaitable<AwsResult<json::object>> update_connection(EventsApi& api, const RequestContext& context,
                                                           json::object input) {
  if (std::optional<AwsError> refused = refuse_private_connectivity(input)) co_return *std::move(refused);
  ConnectionCatalog::ConnectionChanges changes;
  changes.description = text(input, "Description");
  changes.kms_key_identifier = text(input, "KmsKeyIdentifier");
  const json::object* auth = block(input, "AuthParameters");
  const bool typed = input.contains("AuthorizationType");
  const bool with_block = auth && (auth->contains("BasicAuthParameters") || auth->contains("ApiKeyAuthParameters") ||
                                   auth->contains("OAuthParameters"));
  const bool something = changes.description || changes.kms_key_identifier || (typed && with_block);
  // Credentials that would not be taken must not be passed over in silence, whatever else changes.
  if (!something || (auth && !(typed && with_block)))
    co_return validation(
        "Failed to update the connection(s). At least one of the following is required: Description, KmsKeyIdentifier, "
        "AuthorizationType with BasicAuthParameters, ApiKeyAuthParameters, or OAuthParameters.");
  if (with_block) {
    CO_TRY(changes.auth, auth_of(type_of(input), *auth));
  }
  ConnectionKey key{context.scope, required_text(input, "Name")};
  CO_TRY(const Connection updated,
         to_aws(co_await api.connections.update_connection(std::move(key), std::move(changes))));
  co_return changed(*updated, to_string(updated->state()));
}

asio::awaitable<AwsResult<json::object>> delete_connection(EventsApi& api, const RequestContext& context,
                                                           json::object input) {
  ConnectionKey key{context.scope, required_text(input, "Name")};
  CO_TRY(const Connection deleted, to_aws(co_await api.connections.delete_connection(std::move(key))));
  co_return changed(*deleted, "DELETING");
}

asio::awaitable<AwsResult<json::object>> deauthorize_connection(EventsApi& api, const RequestContext& context,
                                                                json::object input) {
  ConnectionKey key{context.scope, required_text(input, "Name")};
  CO_TRY(const Connection before, to_aws(co_await api.connections.deauthorize_connection(std::move(key))));
  co_return changed(*before, before->record.secret ? "DEAUTHORIZING" : to_string(before->state()));
}

asio::awaitable<AwsResult<json::object>> list_connections(EventsApi& api, const RequestContext& context,
                                                          json::object input) {
  const std::string prefix = text(input, "NamePrefix").value_or("");
  const std::string state = text(input, "ConnectionState").value_or("");
  std::vector<Connection> connections = api.connections.connections(context.scope);
  std::erase_if(connections, [&](const Connection& connection) {
    return !connection->record.name.starts_with(prefix) || (!state.empty() && to_string(connection->state()) != state);
  });
  std::vector<std::string_view> names;
  for (const Connection& connection : connections) names.push_back(connection->record.name);
  const std::string binding =
      "ListConnections " + context.scope.account + " " + context.scope.region + " " + state + " " + prefix;
  CO_TRY(const Page page, page_of(input, binding, names));

  co_return page_output("Connections", page, [&](std::size_t i) { return shown(*connections[i]); });
}

}  // namespace eventbus::aws
