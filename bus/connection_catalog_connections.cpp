#include "base/log_value.h"
#include "bus/connection_catalog.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t kReasonMax = 512;  // AWS: ConnectionStateReason

// Nothing is kept of an empty text: AWS leaves it out of its answers.
std::optional<std::string> unless_empty(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : text;
}

Error missing(const ConnectionKey& key) {
  // AWS: so worded whatever the operation (behaviour §13).
  return not_found("Failed to describe the connection(s). Connection '" + key.name + "' does not exist.");
}

// Secrets Manager ends the ARN of a secret with six characters of its own.
std::string random_suffix(Rng& rng) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string suffix;
  for (int i = 0; i < 6; ++i) suffix += kAlphabet[rng.next_u64() % kAlphabet.size()];
  return suffix;
}

// A list that is given replaces the one before; a parameter in it without a value keeps the one it had.
void merge(std::optional<std::vector<ConnectionParameter>>& list,
           std::optional<std::vector<ConnectionParameter>> change) {
  if (!change) return;
  for (ConnectionParameter& parameter : *change) {
    if (parameter.value || !list) continue;
    const auto before = std::ranges::find(*list, parameter.key, &ConnectionParameter::key);
    if (before != list->end()) parameter.value = before->value;
  }
  list = std::move(change);
}

void merge(std::optional<ConnectionHttpParameters>& parameters, std::optional<ConnectionHttpParameters> change) {
  if (!change) return;
  if (!parameters) parameters.emplace();
  merge(parameters->headers, std::move(change->headers));
  merge(parameters->query, std::move(change->query));
  merge(parameters->body, std::move(change->body));
}

void merge(std::optional<std::string>& text, std::optional<std::string> change) {
  if (change) text = std::move(change);
}

// AWS: an update is partial, the password alone keeps the rest (behaviour §13). Credentials of another type begin anew.
ConnectionAuth merged(const ConnectionAuth* before, ConnectionAuth change) {
  if (!before || before->type != change.type) return change;
  ConnectionAuth auth = *before;
  merge(auth.name, std::move(change.name));
  merge(auth.secret, std::move(change.secret));
  merge(auth.token_endpoint, std::move(change.token_endpoint));
  merge(auth.token_method, std::move(change.token_method));
  merge(auth.token_parameters, std::move(change.token_parameters));
  merge(auth.invocation_parameters, std::move(change.invocation_parameters));
  return auth;
}

struct MemberNames {
  const char *name, *secret;
};
MemberNames names_of(AuthorizationType type) {
  switch (type) {
    case AuthorizationType::kBasic:
      return {"Username", "Password"};
    case AuthorizationType::kApiKey:
      return {"ApiKeyName", "ApiKeyValue"};
    case AuthorizationType::kOAuthClientCredentials:
      return {"ClientID", "ClientSecret"};
  }
  return {"", ""};
}

Result<void> complete(std::optional<ConnectionHttpParameters>& parameters) {
  if (!parameters) return {};
  for (auto* list : {&parameters->headers, &parameters->query, &parameters->body}) {
    if (!*list) continue;
    for (ConnectionParameter& parameter : **list) {
      if (parameter.key.empty()) return invalid("Parameter(s) Key must be specified.");
      if (!parameter.value) parameter.value.emplace();
    }
  }
  return {};
}

// What an update merged may still lack: the connection had been deauthorized, or was of another type.
Result<void> complete(ConnectionAuth& auth) {
  std::string lacking;
  const auto want = [&](const std::optional<std::string>& text, const char* name) {
    if (!text) lacking += (lacking.empty() ? "" : ", ") + std::string(name);
  };
  const MemberNames names = names_of(auth.type);
  want(auth.name, names.name);
  want(auth.secret, names.secret);
  if (auth.type == AuthorizationType::kOAuthClientCredentials) {
    want(auth.token_endpoint, "AuthorizationEndpoint");
    want(auth.token_method, "HttpMethod");
  }
  if (!lacking.empty()) return invalid("Parameter(s) " + lacking + " must be specified.");
  TRY_VOID(complete(auth.token_parameters));
  return complete(auth.invocation_parameters);
}

}  // namespace

CatalogResult<ConnectionCatalog::Connection> ConnectionCatalog::connection(const ConnectionKey& key) const {
  std::shared_lock lock(mutex_);
  const ScopeState* scope = find_scope(key.scope);
  if (!scope) return missing(key);
  const auto found = scope->connections.find(key.name);
  if (found == scope->connections.end()) return missing(key);
  return found->second;
}

ConnectionCatalog::Connection ConnectionCatalog::connection_of(std::string_view arn) const {
  const std::optional<IdentifiedKey> wanted = parse_connection_arn(arn);
  if (!wanted) return nullptr;
  CatalogResult<Connection> found = connection(wanted->key);
  return found && (*found)->record.id == wanted->id ? *std::move(found) : nullptr;
}

std::vector<ConnectionCatalog::Connection> ConnectionCatalog::connections(const Scope& scope) const {
  std::vector<Connection> list;
  std::shared_lock lock(mutex_);
  if (const ScopeState* state = find_scope(scope)) {
    for (const auto& [name, entry] : state->connections) list.push_back(entry);
  }
  return list;
}

CatalogResult<std::shared_ptr<ConnectionEntry>> ConnectionCatalog::authorized(const Scope& scope,
                                                                              ConnectionRecord record,
                                                                              ConnectionAuth auth) {
  TRY_VOID(complete(auth));
  auto entry = std::make_shared<ConnectionEntry>();
  entry->scope = scope;
  entry->record = std::move(record);
  entry->record.type = auth.type;
  entry->record.auth = shown_auth(auth);
  entry->record.auth_version += 1;
  entry->record.state_reason.clear();
  const bool needs_token = auth.type == AuthorizationType::kOAuthClientCredentials;
  entry->record.state = needs_token ? ConnectionState::kAuthorizing : ConnectionState::kAuthorized;
  if (entry->record.secret_id.empty()) entry->record.secret_id = rng_.uuid() + "-" + random_suffix(rng_);
  TRY(entry->record.secret, keys_.seal(secret_document(auth), entry->arn()));
  entry->auth = std::make_shared<const ConnectionAuth>(std::move(auth));
  return entry;
}

void ConnectionCatalog::announce(const Connection& connection) {
  if (connection->record.state == ConnectionState::kAuthorizing && on_authorizing_) on_authorizing_(connection);
}

asio::awaitable<CatalogResult<ConnectionCatalog::Connection>> ConnectionCatalog::create_connection(
    ConnectionKey key, NewConnection wanted) {
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  if (connection(key)) co_return conflict("Connection '" + key.name + "' already exists.");
  if (connections(key.scope).size() >= limits_.connections_per_region) co_return quota_exceeded();

  ConnectionRecord record;
  record.name = key.name;
  record.id = rng_.uuid();
  record.description = unless_empty(std::move(wanted.description));
  record.kms_key_identifier = unless_empty(std::move(wanted.kms_key_identifier));
  record.created_at = record.modified_at = record.authorized_at = clock_.now();
  CO_TRY(std::shared_ptr<ConnectionEntry> next, authorized(key.scope, std::move(record), std::move(wanted.auth)));
  Connection created = next;
  CO_TRY_VOID(co_await write(std::move(key), nullptr, std::move(next)));
  announce(created);
  co_return created;
}

asio::awaitable<CatalogResult<ConnectionCatalog::Connection>> ConnectionCatalog::update_connection(
    ConnectionKey key, ConnectionChanges changes) {
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  CO_TRY(const Connection before, connection(key));
  auto next = std::make_shared<ConnectionEntry>(*before);
  const bool reauthorizes = changes.auth.has_value();
  if (reauthorizes) {
    ConnectionAuth auth = merged(before->auth.get(), *std::move(changes.auth));
    CO_TRY(next, authorized(key.scope, before->record, std::move(auth)));
    if (next->record.state == ConnectionState::kAuthorized) next->record.authorized_at = clock_.now();
  }
  if (changes.description) next->record.description = unless_empty(std::move(changes.description));
  if (changes.kms_key_identifier) next->record.kms_key_identifier = unless_empty(std::move(changes.kms_key_identifier));
  next->record.modified_at = clock_.now();
  Connection updated = next;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next)));
  if (reauthorizes) announce(updated);
  co_return updated;
}

asio::awaitable<CatalogResult<ConnectionCatalog::Connection>> ConnectionCatalog::deauthorize_connection(
    ConnectionKey key) {
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  CO_TRY(const Connection before, connection(key));
  if (!before->record.secret) co_return before;
  auto next = std::make_shared<ConnectionEntry>(*before);
  next->auth = nullptr;
  next->unreadable.clear();
  next->record.auth.clear();
  next->record.secret.reset();
  next->record.secret_id.clear();  // another secret, should it be authorized again
  next->record.state = ConnectionState::kDeauthorized;
  next->record.state_reason =
      "The authorization parameters were removed from this connection by a DeauthorizeConnection operation.";
  next->record.modified_at = clock_.now();
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next)));
  co_return before;
}

asio::awaitable<CatalogResult<ConnectionCatalog::Connection>> ConnectionCatalog::delete_connection(ConnectionKey key) {
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  CO_TRY(const Connection before, connection(key));
  CO_TRY_VOID(co_await write(std::move(key), before, nullptr));
  co_return before;
}

asio::awaitable<CatalogResult<void>> ConnectionCatalog::authorization_ended(Connection tried,
                                                                            std::optional<std::string> failure) {
  const AsyncMutex::Guard guard = co_await scope_state(tried->scope).mutation.lock();
  const CatalogResult<Connection> before = connection(tried->key());
  const bool same = before && (*before)->record.id == tried->record.id &&
                    (*before)->record.auth_version == tried->record.auth_version && (*before)->auth;
  if (!same) co_return CatalogResult<void>();

  auto next = std::make_shared<ConnectionEntry>(**before);
  if (failure) {
    log_.warn("A connection was not authorized. connection={} reason={}", tried->arn(), log_value(*failure));
    next->record.state = ConnectionState::kDeauthorized;
    next->record.state_reason = failure->substr(0, kReasonMax);
  } else {
    next->record.state = ConnectionState::kAuthorized;
    next->record.state_reason.clear();
    next->record.authorized_at = clock_.now();
  }
  const bool changes =
      next->record.state != (*before)->record.state || next->record.state_reason != (*before)->record.state_reason;
  if (!changes) co_return CatalogResult<void>();
  co_return co_await write(tried->key(), *before, std::move(next));
}

}  // namespace eventbus
