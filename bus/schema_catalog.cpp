#include "bus/schema_catalog.h"

#include "bus/arn.h"
#include "bus/schema_documents.h"
#include "schemas/aws_events.h"

#include <mutex>
#include <utility>

namespace eventbus {

namespace {

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
  std::optional<CatalogEntry> stored = storage_.catalog().get(schema_documents::content_path(key, number));
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

}  // namespace eventbus
