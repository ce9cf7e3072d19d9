#include "bus/bus_catalog.h"

#include <mutex>
#include <utility>

namespace eventbus {

void BusCatalog::settle_rules() {
  std::vector<BusKey> settled;
  std::vector<std::shared_ptr<const rules::RuleMerge>> done;
  {
    std::unique_lock lock(mutex_);
    for (auto& [scope, state] : scopes_) {
      // No mutation is older than this. If one were, its bus would merely be merged again.
      for (auto& [name, merge] : state->adopted) done.push_back(std::move(merge));
      state->adopted.clear();
      std::erase_if(state->seen, [](const auto& entry) { return entry.second.expired(); });
      for (const auto& [name, bus] : state->buses) {
        if (bus->index().segment_count() == 0) continue;
        std::weak_ptr<const BusState>& seen = state->seen[name];
        if (seen.lock() == bus) settled.push_back({scope, name});
        seen = bus;
      }
    }
  }
  for (const BusKey& key : settled) merge_rules(key, true);
  worker_.post([this, last_owners = std::move(done)] { free_retired(); });
}

void BusCatalog::merge_rules(const BusKey& key, bool all) {
  {
    ScopeState& scope = scope_state(key.scope);
    std::unique_lock lock(mutex_);
    if (!scope.merging.insert(key.name).second) return;  // it goes on until nothing is due
  }
  worker_.post([this, key, all] {
    merge_until_done(key, all);
    ScopeState& scope = scope_state(key.scope);
    {
      std::unique_lock lock(mutex_);
      scope.merging.erase(key.name);
    }
    free_retired();
  });
}

void BusCatalog::free_retired() {
  std::erase_if(retired_, [](const Retired& retired) {
    return retired.bus.use_count() == 1 && retired.compiled.use_count() == 2;  // the other owner is `bus`
  });
}

void BusCatalog::merge_until_done(const BusKey& key, bool all) {
  while (const BusPointer bus = stored(key.scope, key.name)) {
    std::optional<rules::RuleMerge> due = bus->index().next_merge(all);
    if (!due) return;
    due->run();
    const auto merge = std::make_shared<const rules::RuleMerge>(*std::move(due));
    if (!adopt(key, merge) && all) return;  // it changed after all
  }
}

bool BusCatalog::adopt(const BusKey& key, const std::shared_ptr<const rules::RuleMerge>& merge) {
  ScopeState& scope = scope_state(key.scope);
  while (const BusPointer before = stored(key.scope, key.name)) {
    auto next = std::make_shared<BusState>(*before);
    if (!next->adopt(*merge)) return false;
    next->compiled();                                 // here rather than where the next event waits for it
    std::shared_ptr<const rules::RuleMerge> earlier;  // dies outside of the lock
    std::unique_lock lock(mutex_);
    const auto current = scope.buses.find(key.name);
    if (current == scope.buses.end() || current->second != before) continue;
    current->second = std::move(next);
    earlier = std::exchange(scope.adopted[key.name], merge);
    lock.unlock();
    retired_.push_back({before, before->compiled()});
    return true;
  }
  return false;
}

}  // namespace eventbus
