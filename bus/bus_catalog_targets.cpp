#include "bus/bus_catalog.h"
#include "bus/target_rules.h"

#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace eventbus {

namespace {

CatalogError managed_rule(const std::string& name, bool could_be_forced) {
  const char* hint =
      could_be_forced ? " is a managed rule. Set 'force' parameter to true to override." : " is a managed rule.";
  return {conflict(name + hint), CatalogError::kManagedRule};
}

}  // namespace

asio::awaitable<CatalogResult<void>> BusCatalog::put_targets(RuleKey key, std::vector<Target> targets, Actor actor) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  CO_TRY(const std::shared_ptr<const RuleEntry> existing, rule(key));
  if (!existing->record.managed_by.empty() && actor.managed_by.empty()) co_return managed_rule(key.name, false);
  if (actor.managed_by.empty()) {
    for (const Target& target : targets) CO_TRY_VOID(check_target(key.bus, target, limits_));
  }

  RuleRecord record = existing->record;
  Change change;
  for (Target& target : targets) {
    complete_target(target);
    TargetRecord& slot = record.targets[target.id];
    // The lane belongs to what it leads to: a target that points elsewhere now gets a new one, and what waits in the
    // old one still goes where it was meant to.
    if (slot.target.arn != target.arn) {
      if (slot.lane != 0) change.orphans.push_back({slot.lane, before->rule_arn(key.name), slot.target, clock_.now()});
      slot.lane = 0;
      if (!local_queue(target.arn) || leads_elsewhere(target.arn)) {
        slot.lane = storage_.queues().next_queue_id();
        change.new_lanes.push_back(slot.lane);
      }
    }
    slot.target = std::move(target);
  }
  if (record.targets.size() > limits_.targets_per_rule) co_return quota_exceeded();
  co_return co_await replace_rule(before, std::move(record), std::move(change));
}

bool BusCatalog::leads_elsewhere(const std::string& target_arn) const {
  if (!leads_elsewhere_) return false;
  const std::optional<Arn> arn = Arn::parse(target_arn);
  return arn && leads_elsewhere_(*arn);
}

bool BusCatalog::needs_lane(const TargetRecord& target) const {
  return target.lane == 0 && leads_elsewhere(target.target.arn);
}

asio::awaitable<CatalogResult<void>> BusCatalog::give_missing_lanes() {
  std::vector<RuleKey> rules;
  if (leads_elsewhere_) {
    std::shared_lock lock(mutex_);
    for (const auto& [scope, state] : scopes_) {
      for (const auto& [bus_name, bus] : state->buses) {
        for (const auto& [rule_name, rule] : bus->rules()) {
          for (const auto& [id, target] : rule->record.targets) {
            if (needs_lane(target)) rules.push_back({bus->key(), rule_name});
          }
        }
      }
    }
  }
  for (const RuleKey& key : rules) CO_TRY_VOID(co_await give_lanes_of(key));
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> BusCatalog::give_lanes_of(RuleKey key) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  CO_TRY(const std::shared_ptr<const RuleEntry> existing, rule(key));
  RuleRecord record = existing->record;
  Change change;
  for (auto& [id, target] : record.targets) {
    if (!needs_lane(target)) continue;
    target.lane = storage_.queues().next_queue_id();
    change.new_lanes.push_back(target.lane);
  }
  if (change.new_lanes.empty()) co_return CatalogResult<void>();
  co_return co_await replace_rule(before, std::move(record), std::move(change));
}

asio::awaitable<CatalogResult<void>> BusCatalog::remove_targets(RuleKey key, std::vector<std::string> ids, bool force) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  CO_TRY(const std::shared_ptr<const RuleEntry> existing, rule(key));
  if (!existing->record.managed_by.empty() && !force) co_return managed_rule(key.name, true);

  RuleRecord record = existing->record;
  Change change;
  bool removed = false;
  for (const std::string& id : ids) {
    const auto target = record.targets.find(id);
    if (target == record.targets.end()) continue;
    if (target->second.lane != 0)
      change.orphans.push_back({target->second.lane, before->rule_arn(key.name), target->second.target, clock_.now()});
    record.targets.erase(target);
    removed = true;
  }
  if (!removed) co_return CatalogResult<void>();
  co_return co_await replace_rule(before, std::move(record), std::move(change));
}

}  // namespace eventbus
