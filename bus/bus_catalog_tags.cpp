#include "bus/bus_catalog.h"

#include <utility>

namespace eventbus {

namespace {

CatalogError managed_rule(const std::string& name) {
  return {conflict("Tag related operations on the managed rule " + name + " is not allowed."),
          CatalogError::kManagedRule};
}

}  // namespace

CatalogResult<void> BusCatalog::check_tags(const Tags& tags) const {
  if (tags.size() > limits_.tags_per_resource) return quota_exceeded();
  return {};
}

CatalogResult<Tags> BusCatalog::tags(const Taggable& resource) const {
  if (!resource.rule) {
    TRY(const BusPointer state, bus(resource.bus));
    return state->record().tags;
  }
  TRY(const std::shared_ptr<const RuleEntry> entry, rule({resource.bus, *resource.rule}));
  if (!entry->record.managed_by.empty()) return managed_rule(entry->record.name);
  return entry->record.tags;
}

asio::awaitable<CatalogResult<void>> BusCatalog::tag(Taggable resource, Tags added) {
  co_return co_await replace_tags(std::move(resource), std::move(added), std::vector<std::string>());
}

asio::awaitable<CatalogResult<void>> BusCatalog::untag(Taggable resource, std::vector<std::string> keys) {
  co_return co_await replace_tags(std::move(resource), Tags(), std::move(keys));
}

asio::awaitable<CatalogResult<void>> BusCatalog::replace_tags(Taggable resource, Tags added,
                                                              std::vector<std::string> removed) {
  ScopeState& scope = scope_state(resource.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(Tags changed, tags(resource));
  for (auto& [key, value] : added) changed.insert_or_assign(key, value);
  for (const std::string& key : removed) changed.erase(key);
  CO_TRY_VOID(check_tags(changed));

  CO_TRY(const BusPointer before, bus(resource.bus));
  if (resource.rule) {
    RuleRecord record = before->rules().find(*resource.rule)->second->record;
    record.tags = std::move(changed);
    co_return co_await replace_rule(before, std::move(record), Change{});
  }
  BusRecord record = before->record();
  record.tags = std::move(changed);
  CO_TRY_VOID(co_await replace_bus(before, std::move(record)));
  co_return CatalogResult<void>();
}

}  // namespace eventbus
