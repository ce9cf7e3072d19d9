#include "bus/service_resets.h"

#include "bus/archive_catalog.h"
#include "bus/contract_book.h"
#include "bus/schedule_catalog.h"
#include "bus/schedule_lanes.h"
#include "bus/schema_catalog.h"
#include "storage/storage.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus {

namespace {

// Counts what is gone. What somebody else has deleted meanwhile is none of ours, and no failure.
class Gone {
 public:
  template <typename R>
  Result<void> note(const R& done) {
    if (done) {
      ++count_;
    } else if (done.error().code != ErrorCode::kNotFound) {
      return Error(done.error());
    }
    return {};
  }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

// "<account>/<region>/rest" cut at its slashes.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

// The accounts and regions in which documents of this kind ("schedule/") are stored.
std::set<Scope> scopes_with(Storage& storage, std::string_view kind, const ResetScope& scope) {
  std::set<Scope> scopes;
  for (const CatalogEntry& entry : storage.catalog().list(std::string(kind) + scope.key_prefix())) {
    const std::vector<std::string> parts = parts_of(std::string_view(entry.key).substr(kind.size()));
    if (parts.size() > 2) scopes.insert({parts[0], parts[1]});
  }
  return scopes;
}

}  // namespace

asio::awaitable<Result<std::size_t>> reset_schedules(ScheduleCatalog& schedules, ScheduleLanes& lanes, Storage& storage,
                                                     ResetScope scope) {
  Gone gone;
  for (const Scope& each : scopes_with(storage, "schedule/", scope))
    for (const ScheduleCatalog::Schedule& schedule : schedules.schedules(each))
      CO_TRY_VOID(gone.note(co_await schedules.erase(schedule->key)));
  for (const Scope& each : scopes_with(storage, "schedule-group/", scope))
    for (const ScheduleCatalog::Group& group : schedules.groups(each))
      if (group->key.name != ScheduleCatalog::kDefaultGroup)
        CO_TRY_VOID(gone.note(co_await schedules.delete_group(group->key)));
  CO_TRY_VOID(co_await lanes.reset(std::move(scope)));  // what they were fired at
  co_return gone.count();
}

asio::awaitable<Result<std::size_t>> reset_schemas(SchemaCatalog& schemas, Storage& storage, ResetScope scope) {
  Gone gone;
  for (const Scope& each : scopes_with(storage, "schema-discoverer/", scope))
    for (const SchemaCatalog::Discoverer& discoverer : schemas.discoverers(each))
      CO_TRY_VOID(gone.note(co_await schemas.delete_discoverer({each, discoverer->record.id})));
  std::set<Scope> scopes = scopes_with(storage, "schema/", scope);
  scopes.merge(scopes_with(storage, "schema-registry/", scope));
  for (const Scope& each : scopes) {
    for (const SchemaCatalog::Registry& registry : schemas.registries(each)) {
      if (registry->record.name.starts_with("aws.")) continue;  // AWS's own, the same everywhere
      const RegistryKey key{each, registry->record.name};
      CO_TRY(const std::vector<SchemaCatalog::Schema> held, schemas.schemas_of(key));
      for (const SchemaCatalog::Schema& schema : held)
        CO_TRY_VOID(gone.note(co_await schemas.delete_schema(schema->key)));
      const bool made_by_somebody = registry->revision > 0 && !schemas::is_built_in(registry->record.name);
      if (made_by_somebody) CO_TRY_VOID(gone.note(co_await schemas.delete_registry(key)));
    }
  }
  co_return gone.count();
}

asio::awaitable<Result<std::size_t>> reset_archives(ArchiveCatalog& archives, ResetScope scope) {
  Gone gone;
  for (const ArchivePtr& archive : archives.archives())
    if (scope.covers(archive->scope)) CO_TRY_VOID(gone.note(co_await archives.remove(archive->key())));
  co_return gone.count();
}

asio::awaitable<Result<std::size_t>> reset_contracts(ContractBook& contracts, ResetScope scope) {
  Gone gone;
  for (const ContractBook::Listed& listed : contracts.list()) {
    if (!scope.covers(listed.bus.scope)) continue;
    for (const BusContracts::Bound& bound : listed.contracts->all()) {
      const bool configured = bound->configured;
      if (!configured)
        CO_TRY_VOID(gone.note(co_await contracts.unbind(listed.bus, bound->record.name, bound->record.version)));
    }
    const bool somebody_set_it =
        listed.mode_from == ContractBook::ModeFrom::kCatalog && listed.contracts->mode() != ValidationMode::kWarn;
    if (somebody_set_it) CO_TRY_VOID(gone.note(co_await contracts.set_mode(listed.bus, ValidationMode::kWarn)));
  }
  co_return gone.count();
}

}  // namespace eventbus
