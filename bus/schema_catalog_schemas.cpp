#include "bus/schema_documents.h"
#include "schemas/schema_content.h"

#include <algorithm>
#include <utility>

namespace eventbus {

asio::awaitable<SchemaResult<SchemaCatalog::Schema>> SchemaCatalog::create_schema(SchemaKey key, NewSchema wanted) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY_VOID(writable_registry(key.registry_key()));
  if (!schemas::is_schema_name(key.name))
    co_return invalid("Schema names are 1 to 385 letters, digits, and characters of \".-_@\".");
  CO_TRY_VOID(schemas::check_content(wanted.content, wanted.type));
  if (schema(key)) co_return conflict("Schema " + key.name + " already exists in registry " + key.registry + ".");
  CO_TRY(const std::vector<Schema> others, schemas_of(key.registry_key()));
  const bool discovered = key.registry == schemas::kDiscoveredRegistry;
  const std::size_t limit = discovered ? limits_.discovered_schemas : limits_.schemas_per_registry;
  if (others.size() >= limit) co_return quota_exceeded("schemas in a registry", limit);

  auto next = std::make_shared<SchemaEntry>();
  next->key = key;
  next->record.name = key.name;
  next->record.description = unless_empty(std::move(wanted.description));
  next->record.tags = std::move(wanted.tags);
  next->record.modified_at = clock_.now();
  std::vector<CatalogWrite> contents;
  contents.push_back(add_version(*next, wanted.type, std::move(wanted.content)));
  const Schema created = next;
  CO_TRY_VOID(co_await write(std::move(key), nullptr, std::move(next), std::move(contents)));
  co_return created;
}

asio::awaitable<SchemaResult<SchemaCatalog::Schema>> SchemaCatalog::update_schema(SchemaKey key,
                                                                                  SchemaChanges changes) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY_VOID(writable_registry(key.registry_key()));
  CO_TRY(const Schema before, schema(key));
  const schemas::VersionRecord* const latest = before->record.latest();
  const std::optional<std::string> content = latest ? content_of(key, latest->number) : std::nullopt;

  auto next = std::make_shared<SchemaEntry>(*before);
  std::vector<CatalogWrite> contents;
  if (changes.content || changes.type) {
    if (!latest && (!changes.content || !changes.type))
      co_return invalid("Content and Type must be given for a schema without versions.");
    const schemas::SchemaType type = changes.type ? *changes.type : latest->type;
    std::string wanted = changes.content ? *std::move(changes.content) : content.value_or("");
    CO_TRY_VOID(schemas::check_content(wanted, type));
    const bool same = latest && content && type == latest->type && schemas::same_content(wanted, *content);
    if (!same) {
      if (before->record.versions.size() >= limits_.versions_per_schema)
        co_return quota_exceeded("versions of a schema", limits_.versions_per_schema);
      contents.push_back(add_version(*next, type, std::move(wanted)));
    }
  }
  if (changes.description) next->record.description = unless_empty(std::move(changes.description));
  next->record.modified_at = clock_.now();
  const Schema updated = next;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next), std::move(contents)));
  co_return updated;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::delete_schema(SchemaKey key) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY_VOID(writable_registry(key.registry_key()));
  CO_TRY(const Schema before, schema(key));
  SchemaEntry emptied = *before;
  std::vector<CatalogWrite> contents;
  for (const schemas::VersionRecord& version : before->record.versions)
    contents.push_back(erase_version(emptied, version.number));
  co_return co_await write(std::move(key), before, nullptr, std::move(contents));
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::delete_version(SchemaKey key, std::uint64_t number) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY_VOID(writable_registry(key.registry_key()));
  CO_TRY(const Schema before, schema(key));
  if (!before->record.version(number))
    co_return not_found("Schema " + key.name + " of registry " + key.registry + " does not have version " +
                        std::to_string(number) + ".");
  auto next = std::make_shared<SchemaEntry>(*before);
  std::vector<CatalogWrite> contents;
  contents.push_back(erase_version(*next, number));
  next->record.modified_at = clock_.now();
  co_return co_await write(std::move(key), before, std::move(next), std::move(contents));
}

asio::awaitable<SchemaResult<SchemaCatalog::Schema>> SchemaCatalog::put_discovered(Scope owner, std::string name,
                                                                                   std::string content) {
  SchemaKey key{owner, std::string(schemas::kDiscoveredRegistry), std::move(name)};
  ScopeState& scope = scope_state(owner);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  Schema before;
  if (SchemaResult<Schema> found = schema(key)) before = *std::move(found);
  auto next = before ? std::make_shared<SchemaEntry>(*before) : std::make_shared<SchemaEntry>();
  std::vector<CatalogWrite> contents;
  if (!before) {
    CO_TRY(const std::vector<Schema> others, schemas_of(key.registry_key()));
    if (others.size() >= limits_.discovered_schemas)
      co_return quota_exceeded("discovered schemas", limits_.discovered_schemas);
    next->key = key;
    next->record.name = key.name;
  } else if (const schemas::VersionRecord* latest = before->record.latest()) {
    const std::optional<std::string> known = content_of(key, latest->number);
    if (known && schemas::same_content(*known, content)) co_return before;
    while (next->record.versions.size() >= std::max<std::size_t>(limits_.versions_per_schema, 1))
      contents.push_back(erase_version(*next, next->record.versions.front().number));
  }
  contents.push_back(add_version(*next, schemas::SchemaType::kOpenApi3, std::move(content)));
  next->record.modified_at = clock_.now();
  const Schema put = next;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next), std::move(contents)));
  co_return put;
}

asio::awaitable<SchemaResult<schemas::BindingRecord>> SchemaCatalog::put_binding(SchemaKey key, std::uint64_t number,
                                                                                 std::string language, bool failed) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Schema before, schema(key));
  if (!before->record.version(number))
    co_return not_found("Schema " + key.name + " of registry " + key.registry + " does not have version " +
                        std::to_string(number) + ".");
  const TimePoint now = clock_.now();
  schemas::BindingRecord binding{std::move(language), number, failed, now, now};
  auto next = std::make_shared<SchemaEntry>(*before);
  std::erase_if(next->record.bindings, [&](const schemas::BindingRecord& old) {
    if (old.language != binding.language || old.version != number) return false;
    binding.created_at = old.created_at;
    return true;
  });
  next->record.bindings.push_back(binding);
  // AWS's own schemas are written nowhere: code of theirs is always there.
  if (key.registry == schemas::kAwsRegistry) co_return binding;
  CO_TRY_VOID(co_await write(std::move(key), before, std::move(next), {}));
  co_return binding;
}

}  // namespace eventbus
