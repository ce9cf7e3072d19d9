#include "bus/schema_documents.h"

#include <boost/asio/this_coro.hpp>

#include <mutex>
#include <utility>

namespace eventbus {

namespace {

// The document of an entry, as the commit changes it: made, replaced, or without `next` erased.
template <typename Entry>
CatalogWrite document(std::string path, const std::shared_ptr<const Entry>& before,
                      const std::shared_ptr<Entry>& next) {
  CatalogWrite change;
  change.key = std::move(path);
  change.expected_revision = before ? before->revision : 0;
  if (next) change.value = encode(next->record);
  return change;
}

// The same in memory.
template <typename Entry>
void put(std::map<std::string, std::shared_ptr<const Entry>, std::less<>>& entries, const std::string& name,
         const std::shared_ptr<Entry>& next, std::uint64_t revision) {
  if (!next) {
    entries.erase(name);
    return;
  }
  next->revision = revision;
  entries.insert_or_assign(name, next);
}

}  // namespace

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
  } else if (Result<void> reread = read_stored(schema_documents::scope_path(scope)); !reread) {
    result = SchemaError(std::move(reread).error());
  } else {
    result = SchemaError(unavailable("It has just been changed by a request that failed; try again."));
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return result;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::write(RegistryKey key, Registry before,
                                                         std::shared_ptr<RegistryEntry> next) {
  std::map<std::string, Registry, std::less<>>& registries = scope_state(key.scope).registries;
  const std::string path = schema_documents::path_of(key);
  std::vector<CatalogWrite> changes{document(path, before, next)};
  std::function<void()> apply = [this, &registries, &path, &key, &next] {
    put(registries, key.name, next, revision_of(path));
  };
  co_return co_await commit(key.scope, std::move(changes), std::move(apply));
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::write(SchemaKey key, Schema before,
                                                         std::shared_ptr<SchemaEntry> next,
                                                         std::vector<CatalogWrite> beside) {
  ScopeState& scope = scope_state(key.scope);
  const std::string path = schema_documents::path_of(key);
  beside.push_back(document(path, before, next));
  std::function<void()> apply = [this, &scope, &path, &key, &next] {
    put(scope.schemas[key.registry], key.name, next, revision_of(path));
  };
  co_return co_await commit(key.scope, std::move(beside), std::move(apply));
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::write(DiscovererKey key, Discoverer before,
                                                         std::shared_ptr<DiscovererEntry> next) {
  ScopeState& scope = scope_state(key.scope);
  const std::string path = schema_documents::path_of(key);
  std::vector<CatalogWrite> changes{document(path, before, next)};
  std::function<void()> apply = [this, &scope, &path, &key, &next] {
    put(scope.discoverers, key.id, next, revision_of(path));
    publish_discovered_buses();
  };
  co_return co_await commit(key.scope, std::move(changes), std::move(apply));
}

CatalogWrite SchemaCatalog::add_version(SchemaEntry& schema, schemas::SchemaType type, std::string content) const {
  const std::uint64_t number = schema.record.next_version++;
  schema.record.versions.push_back({number, type, clock_.now()});
  return {schema_documents::content_path(schema.key, number), std::move(content), std::nullopt};
}

CatalogWrite SchemaCatalog::erase_version(SchemaEntry& schema, std::uint64_t number) {
  std::erase_if(schema.record.versions, [number](const auto& version) { return version.number == number; });
  std::erase_if(schema.record.bindings, [number](const auto& binding) { return binding.version == number; });
  return {schema_documents::content_path(schema.key, number), std::nullopt, std::nullopt};
}

}  // namespace eventbus
