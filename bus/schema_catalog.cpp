#include "bus/schema_catalog.h"

#include "bus/arn.h"
#include "schemas/aws_events.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kRegistries = "schema-registry/";
constexpr std::string_view kSchemas = "schema/";
constexpr std::string_view kContents = "schema-content/";
constexpr std::string_view kDiscoverers = "schema-discoverer/";

std::string scope_path(const Scope& scope) { return scope.account + "/" + scope.region + "/"; }

std::string path_of(const RegistryKey& key) { return std::string(kRegistries) + scope_path(key.scope) + key.name; }
std::string path_of(const SchemaKey& key) {
  return std::string(kSchemas) + scope_path(key.scope) + key.registry + "/" + key.name;
}
std::string path_of(const DiscovererKey& key) { return std::string(kDiscoverers) + scope_path(key.scope) + key.id; }

// "schema/000000000000/us-east-1/orders/shop@OrderPlaced" → its parts behind the kind.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

Error damaged(std::string_view path, std::string_view why) {
  return internal("catalog key \"" + std::string(path) + "\": " + std::string(why));
}

std::string arn_of(const Scope& scope, std::string resource) {
  return Arn{"aws", "schemas", scope.region, scope.account, std::move(resource)}.to_string();
}

// AWS's own registry belongs to nobody, and is in the partition's first region.
const Scope& scope_of_aws() {
  static const Scope scope{"", "us-east-1"};
  return scope;
}

SchemaCatalog::Registry aws_registry() {
  RegistryEntry entry;
  entry.scope = scope_of_aws();
  entry.record.name = schemas::kAwsRegistry;
  entry.record.description = "Contains the schemas of events that AWS services send.";
  return std::make_shared<const RegistryEntry>(std::move(entry));
}

SchemaCatalog::Registry discovered_registry(const Scope& scope) {
  RegistryEntry entry;
  entry.scope = scope;
  entry.record.name = schemas::kDiscoveredRegistry;
  entry.record.description = "Contains the schemas that discoverers have found.";
  return std::make_shared<const RegistryEntry>(std::move(entry));
}

SchemaCatalog::Schema aws_schema(const schemas::AwsEventSchema& known) {
  SchemaEntry entry;
  entry.key = {scope_of_aws(), std::string(schemas::kAwsRegistry), known.name};
  entry.record.name = known.name;
  entry.record.description = known.description;
  entry.record.next_version = 2;
  entry.record.versions = {{1, schemas::SchemaType::kOpenApi3, TimePoint()}};
  return std::make_shared<const SchemaEntry>(std::move(entry));
}

SchemaError no_registry(const RegistryKey& key) { return not_found("Registry " + key.name + " does not exist."); }
SchemaError no_schema(const SchemaKey& key) {
  return not_found("Schema " + key.name + " does not exist in registry " + key.registry + ".");
}

}  // namespace

std::string registry_arn(const Scope& scope, std::string_view registry) {
  return arn_of(scope, "registry/" + std::string(registry));
}
std::string schema_arn(const Scope& scope, std::string_view registry, std::string_view schema) {
  return arn_of(scope, "schema/" + std::string(registry) + "/" + std::string(schema));
}
std::string discoverer_arn(const Scope& scope, std::string_view id) {
  return arn_of(scope, "discoverer/" + std::string(id));
}

SchemaCatalog::SchemaCatalog(Storage& storage, BusCatalog& buses, Clock& clock, Rng& rng,
                             const schemas::RegistryLimits& limits, spdlog::logger& log)
    : storage_(storage), buses_(buses), clock_(clock), rng_(rng), limits_(limits), log_(log) {}

SchemaCatalog::~SchemaCatalog() = default;

SchemaCatalog::ScopeState& SchemaCatalog::scope_state(const Scope& scope) {
  std::unique_lock lock(mutex_);
  std::unique_ptr<ScopeState>& state = scopes_[scope];
  if (!state) state = std::make_unique<ScopeState>();
  return *state;
}

const SchemaCatalog::ScopeState* SchemaCatalog::find_scope(const Scope& scope) const {
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? nullptr : found->second.get();
}

// ---- Reading ----

SchemaResult<SchemaCatalog::Registry> SchemaCatalog::registry(const RegistryKey& key) const {
  if (key.name == schemas::kAwsRegistry) return aws_registry();
  {
    std::shared_lock lock(mutex_);
    if (const ScopeState* scope = find_scope(key.scope)) {
      const auto found = scope->registries.find(key.name);
      if (found != scope->registries.end()) return found->second;
    }
  }
  if (key.name == schemas::kDiscoveredRegistry) return discovered_registry(key.scope);
  return no_registry(key);
}

SchemaResult<SchemaCatalog::Registry> SchemaCatalog::writable_registry(const RegistryKey& key) const {
  if (key.name == schemas::kAwsRegistry)
    return SchemaError(conflict("Registry " + key.name + " belongs to AWS and cannot be changed."),
                       SchemaError::kForbidden);
  return registry(key);
}

std::vector<SchemaCatalog::Registry> SchemaCatalog::registries(const Scope& scope) const {
  std::map<std::string, Registry> by_name;
  {
    std::shared_lock lock(mutex_);
    if (const ScopeState* state = find_scope(scope)) by_name.insert(state->registries.begin(), state->registries.end());
  }
  by_name.try_emplace(std::string(schemas::kAwsRegistry), aws_registry());
  by_name.try_emplace(std::string(schemas::kDiscoveredRegistry), discovered_registry(scope));
  std::vector<Registry> list;
  for (auto& [name, entry] : by_name) list.push_back(std::move(entry));
  return list;
}

SchemaResult<SchemaCatalog::Schema> SchemaCatalog::schema(const SchemaKey& key) const {
  if (key.registry == schemas::kAwsRegistry) {
    const schemas::AwsEventSchema* known = schemas::find_aws_event(key.name);
    if (!known) return no_schema(key);
    return aws_schema(*known);
  }
  TRY_VOID(registry(key.registry_key()));
  std::shared_lock lock(mutex_);
  const ScopeState* scope = find_scope(key.scope);
  if (!scope) return no_schema(key);
  const auto registry = scope->schemas.find(key.registry);
  if (registry == scope->schemas.end()) return no_schema(key);
  const auto found = registry->second.find(key.name);
  if (found == registry->second.end()) return no_schema(key);
  return found->second;
}

SchemaResult<std::vector<SchemaCatalog::Schema>> SchemaCatalog::schemas_of(const RegistryKey& key) const {
  std::vector<Schema> list;
  if (key.name == schemas::kAwsRegistry) {
    for (const schemas::AwsEventSchema& known : schemas::aws_events()) list.push_back(aws_schema(known));
    return list;
  }
  TRY_VOID(registry(key));
  std::shared_lock lock(mutex_);
  if (const ScopeState* scope = find_scope(key.scope)) {
    if (const auto found = scope->schemas.find(key.name); found != scope->schemas.end())
      for (const auto& [name, entry] : found->second) list.push_back(entry);
  }
  return list;
}

std::optional<std::string> SchemaCatalog::content_of(const SchemaKey& key, std::uint64_t number) const {
  if (key.registry == schemas::kAwsRegistry) {
    const schemas::AwsEventSchema* known = schemas::find_aws_event(key.name);
    return known ? std::optional(known->content) : std::nullopt;
  }
  std::optional<CatalogEntry> stored = storage_.catalog().get(
      std::string(kContents) + scope_path(key.scope) + key.registry + "/" + key.name + "/" + std::to_string(number));
  if (!stored) return std::nullopt;
  return std::move(stored->value);
}

SchemaResult<SchemaCatalog::Version> SchemaCatalog::version(const SchemaKey& key,
                                                            std::optional<std::uint64_t> number) const {
  TRY(Schema found, schema(key));
  const schemas::SchemaRecord& record = found->record;
  const schemas::VersionRecord* const version = number ? record.version(*number) : record.latest();
  const auto missing = [&] {
    const std::string name = number ? "version " + std::to_string(*number) : std::string("any version");
    return "Schema " + key.name + " of registry " + key.registry + " does not have " + name + ".";
  };
  if (!version && number && *number > 0 && *number < record.next_version)
    return SchemaError(not_found(missing()), SchemaError::kGone);
  if (!version) return SchemaError(not_found(missing()));
  std::optional<std::string> content = content_of(key, version->number);
  if (!content) return SchemaError(not_found(missing()));  // deleted in this very moment
  return Version{found, *version, *std::move(content)};
}

SchemaResult<SchemaCatalog::Discoverer> SchemaCatalog::discoverer(const DiscovererKey& key) const {
  std::shared_lock lock(mutex_);
  if (const ScopeState* scope = find_scope(key.scope)) {
    const auto found = scope->discoverers.find(key.id);
    if (found != scope->discoverers.end()) return found->second;
  }
  return SchemaError(not_found("Discoverer " + key.id + " does not exist."));
}

std::vector<SchemaCatalog::Discoverer> SchemaCatalog::discoverers(const Scope& scope) const {
  std::vector<Discoverer> list;
  std::shared_lock lock(mutex_);
  if (const ScopeState* state = find_scope(scope)) {
    for (const auto& [id, entry] : state->discoverers) list.push_back(entry);
  }
  return list;
}

SchemaCatalog::Counts SchemaCatalog::counts() const {
  Counts counts;
  std::shared_lock lock(mutex_);
  for (const auto& [scope, state] : scopes_) {
    counts.registries += state->registries.size();
    counts.discoverers += state->discoverers.size();
    for (const auto& [registry, schemas] : state->schemas) {
      counts.schemas += schemas.size();
      for (const auto& [name, entry] : schemas) counts.versions += entry->record.versions.size();
    }
  }
  return counts;
}

// ---- Changing ----

std::uint64_t SchemaCatalog::revision_of(const std::string& path) const {
  const std::optional<CatalogEntry> stored = storage_.catalog().get(path);
  return stored ? stored->revision : 0;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::commit(Scope scope, std::vector<CatalogWrite> changes,
                                                          std::function<void()> apply) {
  // A client that goes away must not part what is stored from what is in memory: until that is done nothing throws for
  // a cancellation.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Commit commit;
  commit.catalog = std::move(changes);
  const Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  SchemaResult<void> result;
  if (committed) {
    std::unique_lock lock(mutex_);
    apply();
  } else if (committed.error().code != ErrorCode::kConflict) {
    result = SchemaError(committed.error());
  } else if (Result<void> reread = read_stored(scope_path(scope)); !reread) {
    result = SchemaError(std::move(reread).error());
  } else {
    result = SchemaError(unavailable("It has just been changed by a request that failed; try again."));
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return result;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::write(RegistryKey key, Registry before,
                                                         std::shared_ptr<RegistryEntry> next) {
  ScopeState& scope = scope_state(key.scope);
  const std::string path = path_of(key);
  std::vector<CatalogWrite> changes(1);
  changes[0].key = path;
  changes[0].expected_revision = before ? before->revision : 0;
  if (next) changes[0].value = encode(next->record);
  std::function<void()> apply = [this, &scope, &path, &key, &next] {
    if (!next) {
      scope.registries.erase(key.name);
      return;
    }
    next->revision = revision_of(path);
    scope.registries.insert_or_assign(key.name, next);
  };
  co_return co_await commit(key.scope, std::move(changes), std::move(apply));
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::write(SchemaKey key, Schema before,
                                                         std::shared_ptr<SchemaEntry> next,
                                                         std::vector<CatalogWrite> beside) {
  ScopeState& scope = scope_state(key.scope);
  const std::string path = path_of(key);
  CatalogWrite own;
  own.key = path;
  own.expected_revision = before ? before->revision : 0;
  if (next) own.value = encode(next->record);
  beside.push_back(std::move(own));
  std::function<void()> apply = [this, &scope, &path, &key, &next] {
    Schemas& schemas = scope.schemas[key.registry];
    if (!next) {
      schemas.erase(key.name);
      return;
    }
    next->revision = revision_of(path);
    schemas.insert_or_assign(key.name, next);
  };
  co_return co_await commit(key.scope, std::move(beside), std::move(apply));
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::write(DiscovererKey key, Discoverer before,
                                                         std::shared_ptr<DiscovererEntry> next) {
  ScopeState& scope = scope_state(key.scope);
  const std::string path = path_of(key);
  std::vector<CatalogWrite> changes(1);
  changes[0].key = path;
  changes[0].expected_revision = before ? before->revision : 0;
  if (next) changes[0].value = encode(next->record);
  std::function<void()> apply = [this, &scope, &path, &key, &next] {
    if (next) {
      next->revision = revision_of(path);
      scope.discoverers.insert_or_assign(key.id, next);
    } else {
      scope.discoverers.erase(key.id);
    }
    publish_discovered_buses();
  };
  co_return co_await commit(key.scope, std::move(changes), std::move(apply));
}

CatalogWrite SchemaCatalog::add_version(SchemaEntry& schema, schemas::SchemaType type, std::string content) const {
  const std::uint64_t number = schema.record.next_version++;
  schema.record.versions.push_back({number, type, clock_.now()});
  return {std::string(kContents) + scope_path(schema.key.scope) + schema.key.registry + "/" + schema.key.name + "/" +
              std::to_string(number),
          std::move(content), std::nullopt};
}

CatalogWrite SchemaCatalog::erase_version(SchemaEntry& schema, std::uint64_t number) {
  std::erase_if(schema.record.versions, [number](const auto& version) { return version.number == number; });
  std::erase_if(schema.record.bindings, [number](const auto& binding) { return binding.version == number; });
  return {std::string(kContents) + scope_path(schema.key.scope) + schema.key.registry + "/" + schema.key.name + "/" +
              std::to_string(number),
          std::nullopt, std::nullopt};
}

// ---- Loading ----

Result<void> SchemaCatalog::load() { return read_stored(""); }

Result<void> SchemaCatalog::read_stored(const std::string& below) {
  std::map<Scope, std::unique_ptr<ScopeState>> read;
  const auto state_of = [&](const Scope& scope) -> ScopeState& {
    std::unique_ptr<ScopeState>& state = read[scope];
    if (!state) state = std::make_unique<ScopeState>();
    return *state;
  };
  for (const CatalogEntry& stored : storage_.catalog().list(std::string(kRegistries) + below)) {
    const std::vector<std::string> parts = parts_of(stored.key);
    if (parts.size() != 4) return damaged(stored.key, "malformed");
    Result<schemas::RegistryRecord> record = schemas::decode_registry(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    RegistryEntry entry{{parts[1], parts[2]}, *std::move(record), stored.revision};
    state_of(entry.scope).registries[parts[3]] = std::make_shared<const RegistryEntry>(entry);
  }
  for (const CatalogEntry& stored : storage_.catalog().list(std::string(kSchemas) + below)) {
    const std::vector<std::string> parts = parts_of(stored.key);
    if (parts.size() != 5) return damaged(stored.key, "malformed");
    Result<schemas::SchemaRecord> record = schemas::decode_schema(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    SchemaEntry entry{{{parts[1], parts[2]}, parts[3], parts[4]}, *std::move(record), stored.revision};
    state_of(entry.key.scope).schemas[parts[3]][parts[4]] = std::make_shared<const SchemaEntry>(entry);
  }
  for (const CatalogEntry& stored : storage_.catalog().list(std::string(kDiscoverers) + below)) {
    const std::vector<std::string> parts = parts_of(stored.key);
    if (parts.size() != 4) return damaged(stored.key, "malformed");
    Result<schemas::DiscovererRecord> record = schemas::decode_discoverer(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    const std::optional<Arn> source = Arn::parse(record->source_arn);
    constexpr std::string_view kBus = "event-bus/";
    if (!source || !source->resource.starts_with(kBus)) return damaged(stored.key, "its source is no event bus");
    DiscovererEntry entry{
        {parts[1], parts[2]}, *std::move(record), source->resource.substr(kBus.size()), stored.revision};
    state_of(entry.scope).discoverers[parts[3]] = std::make_shared<const DiscovererEntry>(entry);
  }

  std::unique_lock lock(mutex_);
  for (auto& [scope, state] : scopes_) {
    if (!scope_path(scope).starts_with(below)) continue;
    state->registries.clear();
    state->schemas.clear();
    state->discoverers.clear();
  }
  for (auto& [scope, state] : read) {
    std::unique_ptr<ScopeState>& mine = scopes_[scope];
    if (!mine) mine = std::make_unique<ScopeState>();
    mine->registries = std::move(state->registries);
    mine->schemas = std::move(state->schemas);
    mine->discoverers = std::move(state->discoverers);
  }
  publish_discovered_buses();
  return {};
}

void SchemaCatalog::publish_discovered_buses() {
  auto buses = std::make_shared<std::vector<DiscoveredBus>>();
  for (const auto& [scope, state] : scopes_) {
    for (const auto& [id, entry] : state->discoverers) {
      if (entry->record.started) buses->push_back({scope, entry->bus, entry->record.cross_account});
    }
  }
  const bool any = !buses->empty();
  discovered_buses_.store(std::move(buses));
  discovers_.store(any, std::memory_order_relaxed);
}

}  // namespace eventbus
