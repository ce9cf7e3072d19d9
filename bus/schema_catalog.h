#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/published.h"
#include "base/rng.h"
#include "bus/bus_catalog.h"
#include "bus/schema_error.h"
#include "schemas/registry.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

struct RegistryKey {
  Scope scope;
  std::string name;
};

struct SchemaKey {
  Scope scope;
  std::string registry, name;

  RegistryKey registry_key() const { return {scope, registry}; }
  friend auto operator<=>(const SchemaKey&, const SchemaKey&) = default;
};

struct DiscovererKey {
  Scope scope;
  std::string id;
};

std::string registry_arn(const Scope& scope, std::string_view registry);
std::string schema_arn(const Scope& scope, std::string_view registry, std::string_view schema);
std::string discoverer_arn(const Scope& scope, std::string_view id);

// One registry, schema or discoverer at one moment; immutable. The revision is that of its document, 0 for what exists
// without one.
struct RegistryEntry {
  Scope scope;
  schemas::RegistryRecord record;
  std::uint64_t revision = 0;

  std::string arn() const { return registry_arn(scope, record.name); }
};

struct SchemaEntry {
  SchemaKey key;
  schemas::SchemaRecord record;
  std::uint64_t revision = 0;

  std::string arn() const { return schema_arn(key.scope, key.registry, key.name); }
};

struct DiscovererEntry {
  Scope scope;
  schemas::DiscovererRecord record;
  std::string bus;
  std::uint64_t revision = 0;

  std::string arn() const { return discoverer_arn(scope, record.id); }
};

// The buses whose events are learned from: those of started discoverers.
struct DiscoveredBus {
  Scope scope;
  std::string bus;
  bool cross_account = true;
};

// Schema registries, their schemas and the discoverers of buses: stored in the Catalog, read from it once, at start;
// from then on memory is what everybody reads (contents of schemas aside, which stay in the Catalog), and it changes
// only after the commit that made a change durable. The same contract as BusCatalog: a mutation validates, commits and
// applies under its scope's mutex; readers never wait; safe to call from any thread.
//
// The registries aws.events (of the schemas of AWS's own events, read-only) and discovered-schemas exist everywhere.
//
// Errors: kInvalid; kNotFound; kConflict: exists already; kUnavailable: storage did not take it and nothing has
// changed; and SchemaError's. Lengths and enums are the wire's business (schemas_constraints.cpp).
//
// Stored documents (formats: schemas/registry.cpp):
//   schema-registry/<account>/<region>/<registry>
//   schema/<account>/<region>/<registry>/<schema>
//   schema-content/<account>/<region>/<registry>/<schema>/<version>   the text of a version
//   schema-discoverer/<account>/<region>/<id>
class SchemaCatalog {
 public:
  using Registry = std::shared_ptr<const RegistryEntry>;
  using Schema = std::shared_ptr<const SchemaEntry>;
  using Discoverer = std::shared_ptr<const DiscovererEntry>;
  using Tags = schemas::SchemaTags;

  SchemaCatalog(Storage& storage, BusCatalog& buses, Clock& clock, Rng& rng, const schemas::RegistryLimits& limits,
                spdlog::logger& log);
  ~SchemaCatalog();

  // Reads everything stored. Called once, before anything else. kInternal names the document that cannot be read.
  Result<void> load();

  // ---- Reading ----

  SchemaResult<Registry> registry(const RegistryKey& key) const;
  std::vector<Registry> registries(const Scope& scope) const;  // by name; the built-in ones are among them
  SchemaResult<Schema> schema(const SchemaKey& key) const;
  SchemaResult<std::vector<Schema>> schemas_of(const RegistryKey& key) const;  // by name
  // Without a number the latest version. kNotFound; kGone for one that was deleted.
  struct Version {
    Schema schema;
    schemas::VersionRecord record;
    std::string content;
  };
  SchemaResult<Version> version(const SchemaKey& key, std::optional<std::uint64_t> number = std::nullopt) const;
  SchemaResult<Discoverer> discoverer(const DiscovererKey& key) const;
  std::vector<Discoverer> discoverers(const Scope& scope) const;  // by id

  // Is there a started discoverer anywhere? One relaxed load.
  bool discovers() const { return discovers_.load(std::memory_order_relaxed); }
  std::shared_ptr<const std::vector<DiscoveredBus>> discovered_buses() const { return discovered_buses_.load(); }

  struct Counts {
    std::size_t registries = 0, schemas = 0, versions = 0, discoverers = 0;
  };
  Counts counts() const;  // of all scopes, the built-in registries aside

  // ---- Registries (schema_catalog_registries.cpp) ----

  asio::awaitable<SchemaResult<Registry>> create_registry(RegistryKey key, std::optional<std::string> description,
                                                          Tags tags);
  asio::awaitable<SchemaResult<Registry>> update_registry(RegistryKey key, std::optional<std::string> description);
  // kInvalid: it holds schemas.
  asio::awaitable<SchemaResult<void>> delete_registry(RegistryKey key);
  // With a revision the policy must be of it (kPreconditionFailed); the registry's new revision is in the answer.
  asio::awaitable<SchemaResult<Registry>> put_policy(RegistryKey key, std::string policy,
                                                     std::optional<std::string> revision);
  asio::awaitable<SchemaResult<void>> delete_policy(RegistryKey key);  // kNotFound: there is none

  // ---- Schemas (schema_catalog_schemas.cpp) ----

  struct NewSchema {
    std::string content;
    schemas::SchemaType type = schemas::SchemaType::kOpenApi3;
    std::optional<std::string> description;
    Tags tags;
  };
  asio::awaitable<SchemaResult<Schema>> create_schema(SchemaKey key, NewSchema wanted);
  // Members that are given change. Content that is another JSON value than the latest version's is a new version, and
  // so is another type.
  struct SchemaChanges {
    std::optional<std::string> content, description;
    std::optional<schemas::SchemaType> type;
  };
  asio::awaitable<SchemaResult<Schema>> update_schema(SchemaKey key, SchemaChanges changes);
  asio::awaitable<SchemaResult<void>> delete_schema(SchemaKey key);
  asio::awaitable<SchemaResult<void>> delete_version(SchemaKey key, std::uint64_t number);
  // What discovery found: creates the schema in discovered-schemas, or gives it a version. The oldest version goes when
  // there would be too many. kForbidden: the quota of schemas is reached.
  asio::awaitable<SchemaResult<Schema>> put_discovered(Scope scope, std::string name, std::string content);
  // Notes that code for a version was asked for, and whether it could be made.
  asio::awaitable<SchemaResult<schemas::BindingRecord>> put_binding(SchemaKey key, std::uint64_t number,
                                                                    std::string language, bool failed);

  // ---- Discoverers (schema_catalog_discoverers.cpp) ----

  // Each has, as on AWS, a rule on its bus that is managed by schemas.amazonaws.com, "Schemas-events-event-bus-<bus>",
  // so that the bus cannot be deleted under it; disabled while it is stopped.
  struct NewDiscoverer {
    std::string source_arn;
    std::optional<std::string> description;
    bool cross_account = true;
    Tags tags;
  };
  // kInvalid: no bus of the caller's; kConflict: the bus has one.
  asio::awaitable<SchemaResult<Discoverer>> create_discoverer(Scope caller, NewDiscoverer wanted);
  struct DiscovererChanges {
    std::optional<std::string> description;
    std::optional<bool> cross_account, started;
  };
  asio::awaitable<SchemaResult<Discoverer>> update_discoverer(DiscovererKey key, DiscovererChanges changes);
  asio::awaitable<SchemaResult<void>> delete_discoverer(DiscovererKey key);
  // Puts the managed rules that are missing or no longer right, as after a crash between a discoverer's commit and its
  // rule's. In the background, once, at start.
  asio::awaitable<void> settle_rules();

  // ---- Tags (schema_catalog_tags.cpp) ----

  // Of the registry, schema or discoverer that the ARN names.
  SchemaResult<Tags> tags(std::string_view arn) const;
  asio::awaitable<SchemaResult<void>> tag(std::string arn, Tags added);
  asio::awaitable<SchemaResult<void>> untag(std::string arn, std::vector<std::string> keys);

 private:
  using Schemas = std::map<std::string, Schema, std::less<>>;
  // Everything of one account in one region.
  struct ScopeState {
    AsyncMutex mutation;  // held by the one mutation in progress
    // Under SchemaCatalog::mutex_:
    std::map<std::string, Registry, std::less<>> registries;
    std::map<std::string, Schemas, std::less<>> schemas;  // by registry
    std::map<std::string, Discoverer, std::less<>> discoverers;
  };

  ScopeState& scope_state(const Scope& scope);
  const ScopeState* find_scope(const Scope& scope) const;  // with mutex_ held
  // The registry when it may be written to; else why not.
  SchemaResult<Registry> writable_registry(const RegistryKey& key) const;

  // Commits, and when that is done puts the entry into memory; no `next` erases. `beside` is committed together with
  // the entry's document. When the document is no longer what it was made from (a commit that failed, when its sync
  // did, turned out to be on the disk after all), the scope is read anew and the answer is kUnavailable.
  asio::awaitable<SchemaResult<void>> write(RegistryKey key, Registry before, std::shared_ptr<RegistryEntry> next);
  asio::awaitable<SchemaResult<void>> write(SchemaKey key, Schema before, std::shared_ptr<SchemaEntry> next,
                                            std::vector<CatalogWrite> beside);
  asio::awaitable<SchemaResult<void>> write(DiscovererKey key, Discoverer before,
                                            std::shared_ptr<DiscovererEntry> next);
  asio::awaitable<SchemaResult<void>> commit(Scope scope, std::vector<CatalogWrite> changes,
                                             std::function<void()> apply);
  std::uint64_t revision_of(const std::string& path) const;

  // A version more, and the document that holds its text.
  CatalogWrite add_version(SchemaEntry& schema, schemas::SchemaType type, std::string content) const;
  static CatalogWrite erase_version(SchemaEntry& schema, std::uint64_t number);
  asio::awaitable<SchemaResult<void>> put_rule_of(Discoverer discoverer);
  // Is the managed rule as the discoverer wants it, or the bus gone?
  bool rule_agrees(const DiscovererEntry& discoverer) const;
  std::optional<std::string> content_of(const SchemaKey& key, std::uint64_t number) const;

  struct Tagged {
    Registry registry;
    Schema schema;
    Discoverer discoverer;
    const Tags& tags() const;
  };
  SchemaResult<Tagged> tagged(std::string_view arn) const;
  asio::awaitable<SchemaResult<void>> replace_tags(std::string arn, Tags added, std::vector<std::string> removed);

  Result<void> read_stored(const std::string& below);
  void publish_discovered_buses();  // with mutex_ held

  Storage& storage_;
  BusCatalog& buses_;
  Clock& clock_;
  Rng& rng_;
  const schemas::RegistryLimits& limits_;
  spdlog::logger& log_;
  mutable std::shared_mutex mutex_;
  std::map<Scope, std::unique_ptr<ScopeState>> scopes_;
  std::atomic<bool> discovers_{false};
  Published<std::vector<DiscoveredBus>> discovered_buses_{std::make_shared<const std::vector<DiscoveredBus>>()};
};

}  // namespace eventbus
