#include "bus/arn.h"
#include "bus/schema_documents.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

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

// Calls `use(parts of the path, record, revision)` for each document whose path begins with `prefix` and has so many
// parts. kInternal names the first that is not what it should be.
template <typename Decode, typename Use>
Result<void> each_document(const CatalogStore& catalog, const std::string& prefix, std::size_t parts_expected,
                           Decode decode, Use use) {
  for (const CatalogEntry& stored : catalog.list(prefix)) {
    const std::vector<std::string> parts = parts_of(stored.key);
    if (parts.size() != parts_expected) return damaged(stored.key, "malformed");
    auto record = decode(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    if (const Result<void> used = use(parts, *std::move(record), stored.revision); !used)
      return damaged(stored.key, used.error().message);
  }
  return {};
}

}  // namespace

Result<void> SchemaCatalog::load() { return read_stored(""); }

Result<void> SchemaCatalog::read_stored(const std::string& below) {
  using Parts = std::vector<std::string>;
  const CatalogStore& catalog = storage_.catalog();
  std::map<Scope, std::unique_ptr<ScopeState>> read;
  const auto state_of = [&](const Parts& parts) -> ScopeState& {
    std::unique_ptr<ScopeState>& state = read[Scope{parts[1], parts[2]}];
    if (!state) state = std::make_unique<ScopeState>();
    return *state;
  };
  TRY_VOID(each_document(catalog, std::string(schema_documents::kRegistries) + below, 4, schemas::decode_registry,
                         [&](const Parts& parts, schemas::RegistryRecord record, std::uint64_t revision) {
                           RegistryEntry entry{{parts[1], parts[2]}, std::move(record), revision};
                           state_of(parts).registries[parts[3]] =
                               std::make_shared<const RegistryEntry>(std::move(entry));
                           return Result<void>();
                         }));
  TRY_VOID(each_document(catalog, std::string(schema_documents::kSchemas) + below, 5, schemas::decode_schema,
                         [&](const Parts& parts, schemas::SchemaRecord record, std::uint64_t revision) {
                           SchemaEntry entry{{{parts[1], parts[2]}, parts[3], parts[4]}, std::move(record), revision};
                           state_of(parts).schemas[parts[3]][parts[4]] =
                               std::make_shared<const SchemaEntry>(std::move(entry));
                           return Result<void>();
                         }));
  TRY_VOID(each_document(
      catalog, std::string(schema_documents::kDiscoverers) + below, 4, schemas::decode_discoverer,
      [&](const Parts& parts, schemas::DiscovererRecord record, std::uint64_t revision) {
        constexpr std::string_view kBus = "event-bus/";
        const std::optional<Arn> source = Arn::parse(record.source_arn);
        if (!source || !source->resource.starts_with(kBus)) return Result<void>(invalid("its source is no event bus"));
        DiscovererEntry entry{{parts[1], parts[2]}, std::move(record), source->resource.substr(kBus.size()), revision};
        state_of(parts).discoverers[parts[3]] = std::make_shared<const DiscovererEntry>(std::move(entry));
        return Result<void>();
      }));

  std::unique_lock lock(mutex_);
  for (auto& [scope, state] : scopes_) {
    if (!schema_documents::scope_path(scope).starts_with(below)) continue;
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
