#include "bus/connection_catalog.h"

#include <mutex>
#include <utility>

namespace eventbus {

namespace {

// AWS: the verb is the operation's (behaviour §13).
Error missing(std::string_view action, const ApiDestinationKey& key) {
  return not_found("Failed to " + std::string(action) + " the api-destination(s). An api-destination '" + key.name +
                   "' does not exist.");
}

std::optional<std::string> unless_empty(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : text;
}

}  // namespace

CatalogResult<ConnectionCatalog::ApiDestination> ConnectionCatalog::api_destination(
    const ApiDestinationKey& key) const {
  std::shared_lock lock(mutex_);
  const ScopeState* scope = find_scope(key.scope);
  if (!scope) return missing("describe", key);
  const auto found = scope->destinations.find(key.name);
  if (found == scope->destinations.end()) return missing("describe", key);
  return found->second;
}

ConnectionCatalog::ApiDestination ConnectionCatalog::api_destination_of(std::string_view arn) const {
  const std::optional<IdentifiedKey> wanted = parse_api_destination_arn(arn);
  if (!wanted) return nullptr;
  CatalogResult<ApiDestination> found = api_destination(wanted->key);
  return found && (*found)->record.id == wanted->id ? *std::move(found) : nullptr;
}

std::vector<ConnectionCatalog::ApiDestination> ConnectionCatalog::api_destinations(const Scope& scope) const {
  std::vector<ApiDestination> list;
  std::shared_lock lock(mutex_);
  if (const ScopeState* state = find_scope(scope)) {
    for (const auto& [name, entry] : state->destinations) list.push_back(entry);
  }
  return list;
}

bool ConnectionCatalog::active(const ApiDestinationEntry& destination) const {
  const Connection connection = connection_of(destination.record.connection_arn);
  return connection && connection->state() == ConnectionState::kAuthorized;
}

CatalogResult<void> ConnectionCatalog::check_rate(std::string_view action, const std::string& name,
                                                  std::int64_t rate) const {
  const auto max = static_cast<std::int64_t>(limits_.api_destination_rate_max);
  if (rate <= max) return {};
  return limit_exceeded(
      "Failed to " + std::string(action) + " the api-destination(s). Invalid Invocation Rate Limit: Rate specified '" +
      std::to_string(rate) + "' for '" + name + "' exceeds maximum allowed of '" + std::to_string(max) + "'.");
}

CatalogResult<void> ConnectionCatalog::check_connection(std::string_view action, const std::string& arn) const {
  if (connection_of(arn)) return {};
  return not_found("Failed to " + std::string(action) + " the api-destination(s). Connection '" + arn +
                   "' does not exist.");
}

asio::awaitable<CatalogResult<ConnectionCatalog::ApiDestination>> ConnectionCatalog::create_api_destination(
    ApiDestinationKey key, ApiDestinationSettings wanted) {
  constexpr std::int64_t kDefaultRate = 300;  // AWS: InvocationRateLimitPerSecond's default
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  const std::int64_t rate = wanted.rate_per_second.value_or(
      std::min(kDefaultRate, static_cast<std::int64_t>(limits_.api_destination_rate_max)));
  CO_TRY_VOID(check_rate("create", key.name, rate));
  if (api_destination(key))
    co_return conflict("Failed to create the api-destination(s). An api-destination with name '" + key.name +
                       "' already exists.");
  CO_TRY_VOID(check_connection("create", *wanted.connection_arn));
  if (api_destinations(key.scope).size() >= limits_.api_destinations_per_region) co_return quota_exceeded();

  auto next = std::make_shared<ApiDestinationEntry>();
  next->scope = key.scope;
  next->record.name = key.name;
  next->record.id = rng_.uuid();
  next->record.description = unless_empty(std::move(wanted.description));
  next->record.connection_arn = *std::move(wanted.connection_arn);
  next->record.endpoint = *std::move(wanted.endpoint);
  next->record.method = *std::move(wanted.method);
  next->record.rate_per_second = rate;
  next->record.created_at = next->record.modified_at = clock_.now();
  ApiDestination created = next;
  CO_TRY_VOID(co_await write(std::move(key), nullptr, std::move(next)));
  co_return created;
}

asio::awaitable<CatalogResult<ConnectionCatalog::ApiDestination>> ConnectionCatalog::update_api_destination(
    ApiDestinationKey key, ApiDestinationSettings changes) {
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  if (changes.rate_per_second) CO_TRY_VOID(check_rate("update", key.name, *changes.rate_per_second));
  CatalogResult<ApiDestination> found = api_destination(key);
  if (!found) co_return missing("update", key);
  const ApiDestination before = *std::move(found);
  if (changes.connection_arn) CO_TRY_VOID(check_connection("update", *changes.connection_arn));

  auto next = std::make_shared<ApiDestinationEntry>(*before);
  if (changes.description) next->record.description = unless_empty(std::move(changes.description));
  if (changes.connection_arn) next->record.connection_arn = *std::move(changes.connection_arn);
  if (changes.endpoint) next->record.endpoint = *std::move(changes.endpoint);
  if (changes.method) next->record.method = *std::move(changes.method);
  if (changes.rate_per_second) next->record.rate_per_second = *changes.rate_per_second;
  next->record.modified_at = clock_.now();
  ApiDestination updated = next;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next)));
  co_return updated;
}

asio::awaitable<CatalogResult<void>> ConnectionCatalog::delete_api_destination(ApiDestinationKey key) {
  const AsyncMutex::Guard guard = co_await scope_state(key.scope).mutation.lock();
  CatalogResult<ApiDestination> before = api_destination(key);
  if (!before) co_return missing("delete", key);
  co_return co_await write(std::move(key), *before, nullptr);
}

}  // namespace eventbus
