#include "bus/bus_catalog.h"

#include <utility>

namespace eventbus {

asio::awaitable<CatalogResult<void>> BusCatalog::put_managed_rule(RuleKey key, RuleSettings settings,
                                                                  TargetRecord target, Actor service,
                                                                  std::vector<CatalogWrite> documents) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  const auto existing = before->rules().find(key.name);
  const RuleRecord* old = existing == before->rules().end() ? nullptr : &existing->second->record;
  if (old && old->managed_by != service.managed_by) co_return conflict("Rule " + key.name + " already exists.");
  if (!old && before->rules().size() >= limits_.rules_per_bus) co_return quota_exceeded();
  if (settings.event_pattern) CO_TRY_VOID(check_pattern(*before, key.name, *settings.event_pattern));

  const TimePoint now = clock_.now();
  RuleRecord record;
  record.name = key.name;
  record.created_by = old ? old->created_by : service.account;
  record.managed_by = service.managed_by;
  record.created_at = old ? old->created_at : now;
  record.scheduled_from = now;
  record.settings = std::move(settings);
  std::string id = target.target.id;
  record.targets.emplace(std::move(id), std::move(target));
  Change change;
  change.documents = std::move(documents);
  co_return co_await replace_rule(before, std::move(record), std::move(change));
}

asio::awaitable<CatalogResult<void>> BusCatalog::erase_managed_rule(RuleKey key, std::string managed_by,
                                                                    std::vector<CatalogWrite> documents) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  const BusPointer before = current(key.bus);
  const auto erased = before ? before->rules().find(key.name) : Rules::const_iterator();
  if (!before || erased == before->rules().end() || erased->second->record.managed_by != managed_by) {
    Commit commit;
    commit.catalog = std::move(documents);
    Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
    if (!committed) co_return std::move(committed).error();
    co_return CatalogResult<void>();
  }
  Change change;
  change.rule = key.name;
  change.documents = std::move(documents);
  change.next = std::make_shared<BusState>(*before);
  change.next->erase_rule(key.name);
  co_return co_await carry_out(key.bus, before, std::move(change));
}

}  // namespace eventbus
