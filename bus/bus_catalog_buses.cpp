#include "bus/bus_catalog.h"

#include <utility>

namespace eventbus {

namespace {

// Nothing is kept of an empty text: AWS leaves it out of its answers.
std::optional<std::string> unless_empty(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : text;
}

BusSettings tidy(BusSettings settings) {
  settings.description = unless_empty(std::move(settings.description));
  settings.kms_key_identifier = unless_empty(std::move(settings.kms_key_identifier));
  if (settings.dead_letter && !settings.dead_letter->arn) settings.dead_letter.reset();
  if (settings.log && !settings.log->level && !settings.log->include_detail) settings.log.reset();
  return settings;
}

template <typename T>
void take(std::optional<T>& setting, std::optional<T>& change) {
  if (change) setting = std::move(change);
}

}  // namespace

asio::awaitable<CatalogResult<std::shared_ptr<const BusState>>> BusCatalog::create_bus(BusKey key, BusSettings settings,
                                                                                       Tags tags) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  if (current(key)) co_return conflict("Event bus " + key.name + " already exists.");
  if (key.name.find('/') != std::string::npos) co_return invalid("Event bus name must not contain '/'.");
  CO_TRY_VOID(check_tags(tags));
  if (buses(key.scope).size() > limits_.buses_per_region) co_return quota_exceeded();  // one of them is the default bus

  BusRecord record;
  record.name = key.name;
  record.settings = tidy(std::move(settings));
  record.tags = std::move(tags);
  record.created_at = record.modified_at = clock_.now();
  Change change;
  change.next = std::make_shared<BusState>(key.scope, std::move(record));
  change.bus_document = true;
  BusPointer next = change.next;
  CO_TRY_VOID(co_await carry_out(key, nullptr, std::move(change)));
  co_return next;
}

asio::awaitable<CatalogResult<std::shared_ptr<const BusState>>> BusCatalog::update_bus(BusKey key,
                                                                                       BusSettings changes) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key));
  BusRecord record = before->record();
  take(record.settings.description, changes.description);
  take(record.settings.kms_key_identifier, changes.kms_key_identifier);
  take(record.settings.dead_letter, changes.dead_letter);
  take(record.settings.log, changes.log);
  record.settings = tidy(std::move(record.settings));
  co_return co_await replace_bus(before, std::move(record));
}

asio::awaitable<CatalogResult<void>> BusCatalog::delete_bus(BusKey key) {
  if (key.name == "default") co_return invalid("Cannot delete event bus default.");
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  const BusPointer before = current(key);
  if (!before) co_return CatalogResult<void>();
  if (!before->rules().empty()) co_return invalid("EventBus can't be deleted since it has rules.");
  Change change;
  change.bus_document = true;
  co_return co_await carry_out(key, before, std::move(change));
}

// ---- Resource policy ----

asio::awaitable<CatalogResult<void>> BusCatalog::replace_policy(BusPointer before, std::optional<std::string> policy) {
  if (policy && policy->size() > limits_.bus_policy_bytes)
    co_return CatalogError(
        limit_exceeded("The policy is longer than " + std::to_string(limits_.bus_policy_bytes) + " bytes."),
        CatalogError::kPolicyTooLong);
  BusRecord record = before->record();
  record.policy = std::move(policy);
  CO_TRY_VOID(co_await replace_bus(before, std::move(record)));
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> BusCatalog::put_permission(BusKey key, Permission permission) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key));
  CO_TRY(std::string policy, add_permission(before->record().policy, before->arn(), permission));
  co_return co_await replace_policy(before, std::move(policy));
}

asio::awaitable<CatalogResult<void>> BusCatalog::put_policy(BusKey key, std::string document) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key));
  CO_TRY(std::string policy, check_policy(document, before->arn()));
  co_return co_await replace_policy(before, std::move(policy));
}

asio::awaitable<CatalogResult<void>> BusCatalog::remove_permission(BusKey key, std::string statement_id) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key));
  CO_TRY(std::optional<std::string> policy, eventbus::remove_permission(before->record().policy, statement_id));
  co_return co_await replace_policy(before, std::move(policy));
}

asio::awaitable<CatalogResult<void>> BusCatalog::remove_all_permissions(BusKey key) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key));
  if (!before->record().policy) co_return CatalogResult<void>();
  co_return co_await replace_policy(before, std::nullopt);
}

}  // namespace eventbus
