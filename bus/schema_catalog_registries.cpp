#include "bus/schema_documents.h"
#include "schemas/schema_content.h"

#include <utility>

namespace eventbus {

namespace {

SchemaError no_policy(const RegistryKey& key) {
  return not_found("Registry " + key.name + " does not have a resource policy.");
}

// AWS's registries begin with it.
bool is_reserved(std::string_view name) { return name.starts_with("aws.") || schemas::is_built_in(name); }

}  // namespace

asio::awaitable<SchemaResult<SchemaCatalog::Registry>> SchemaCatalog::create_registry(
    RegistryKey key, std::optional<std::string> description, Tags tags) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  if (!schemas::is_registry_name(key.name))
    co_return invalid("Registry names are 1 to 64 letters, digits, and characters of \".-_\".");
  if (registry(key)) co_return conflict("Registry " + key.name + " already exists.");
  if (is_reserved(key.name)) co_return invalid("Registry names cannot begin with \"aws.\".");
  std::size_t others = 0;
  for (const Registry& other : registries(key.scope)) others += schemas::is_built_in(other->record.name) ? 0 : 1;
  if (others >= limits_.registries) co_return quota_exceeded("registries", limits_.registries);

  auto next = std::make_shared<RegistryEntry>();
  next->scope = key.scope;
  next->record.name = key.name;
  next->record.description = unless_empty(std::move(description));
  next->record.tags = std::move(tags);
  const Registry created = next;
  CO_TRY_VOID(co_await write(std::move(key), nullptr, std::move(next)));
  co_return created;
}

asio::awaitable<SchemaResult<SchemaCatalog::Registry>> SchemaCatalog::update_registry(
    RegistryKey key, std::optional<std::string> description) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Registry before, writable_registry(key));
  auto next = std::make_shared<RegistryEntry>(*before);
  if (description) next->record.description = unless_empty(std::move(description));
  const Registry updated = next;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next)));
  co_return updated;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::delete_registry(RegistryKey key) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Registry before, writable_registry(key));
  if (schemas::is_built_in(key.name))
    co_return SchemaError(conflict("Registry " + key.name + " cannot be deleted."), SchemaError::kForbidden);
  CO_TRY(const std::vector<Schema> inside, schemas_of(key));
  if (!inside.empty()) co_return invalid("Registry " + key.name + " cannot be deleted since it has schemas.");
  co_return co_await write(std::move(key), before, nullptr);
}

asio::awaitable<SchemaResult<SchemaCatalog::Registry>> SchemaCatalog::put_policy(RegistryKey key, std::string policy,
                                                                                 std::optional<std::string> revision) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Registry before, writable_registry(key));
  const Result<boost::json::object> document = schemas::parse_object(policy);
  if (!document || !document->contains("Statement"))
    co_return invalid("The policy must be a JSON object with a Statement.");
  const std::string current = before->record.policy ? before->record.policy_revision : std::string();
  if (revision && !revision->empty() && *revision != current)
    co_return SchemaError(conflict("The revision of the policy is not " + *revision + "."),
                          SchemaError::kPreconditionFailed);
  auto next = std::make_shared<RegistryEntry>(*before);
  next->record.policy = std::move(policy);
  next->record.policy_revision = rng_.uuid();
  const Registry updated = next;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next)));
  co_return updated;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::delete_policy(RegistryKey key) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Registry before, writable_registry(key));
  if (!before->record.policy) co_return no_policy(key);
  auto next = std::make_shared<RegistryEntry>(*before);
  next->record.policy.reset();
  next->record.policy_revision.clear();
  co_return co_await write(std::move(key), before, std::move(next));
}

}  // namespace eventbus
