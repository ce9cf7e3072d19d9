#include "bus/arn.h"
#include "bus/bus_catalog.h"
#include "bus/default_bus.h"
#include "bus/schedule_expression.h"
#include "bus/text_length.h"
#include "rules-engine/pattern_parser.h"

#include <shared_mutex>
#include <utility>

namespace eventbus {

namespace {

CatalogError managed_rule(std::string_view name) {
  return {conflict(std::string(name) + " is a managed rule."), CatalogError::kManagedRule};
}

RuleSettings tidy(RuleSettings settings) {
  for (auto* text :
       {&settings.event_pattern, &settings.schedule_expression, &settings.description, &settings.role_arn}) {
    if (*text && (*text)->empty()) text->reset();
  }
  return settings;
}

}  // namespace

CatalogResult<void> BusCatalog::check_rule(const BusState& bus, std::string_view name,
                                           const RuleSettings& settings) const {
  const auto given = [](const std::optional<std::string>& text) { return text && !text->empty(); };
  if (settings.schedule_expression && bus.record().name != "default")  // even an empty one
    return invalid("ScheduleExpression is supported only on the default event bus.");
  if (!given(settings.event_pattern) && !given(settings.schedule_expression))
    return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (given(settings.schedule_expression) && !ScheduleExpression::parse(*settings.schedule_expression))
    return invalid("Parameter ScheduleExpression is not valid.");
  const bool is_new = bus.rules().find(name) == bus.rules().end();
  if (is_new && bus.rules().size() >= limits_.rules_per_bus) return quota_exceeded();
  if (!given(settings.event_pattern)) return {};
  if (utf16_length(*settings.event_pattern) > limits_.event_pattern_characters)
    return invalid_pattern("The pattern is longer than " + std::to_string(limits_.event_pattern_characters) +
                           " characters.");
  return check_pattern(bus, name, *settings.event_pattern);
}

CatalogResult<void> BusCatalog::check_pattern(const BusState& bus, std::string_view name,
                                              const std::string& text) const {
  const auto pattern = rules::parse_event_pattern(text);
  if (!pattern) return invalid_pattern(pattern.error().message);
  if (!rules::uses_wildcard(**pattern)) return {};
  const auto existing = bus.rules().find(name);
  const bool counted = existing != bus.rules().end() && existing->second->uses_wildcard;
  if (bus.wildcard_rules() - (counted ? 1 : 0) >= limits_.wildcard_rules_per_bus) return quota_exceeded();
  return {};
}

asio::awaitable<CatalogResult<std::string>> BusCatalog::put_rule(RuleKey key, RuleSettings settings, Tags tags,
                                                                 Actor actor) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  const auto existing = before->rules().find(key.name);
  const RuleRecord* old = existing == before->rules().end() ? nullptr : &existing->second->record;
  if (old && !old->managed_by.empty() && actor.managed_by.empty()) co_return managed_rule(key.name);
  CO_TRY_VOID(check_rule(*before, key.name, settings));
  if (!old) CO_TRY_VOID(check_tags(tags));

  const TimePoint now = clock_.now();
  RuleRecord record;
  if (old) {
    record = *old;
  } else {
    record.name = key.name;
    record.created_by = actor.account;
    record.managed_by = actor.managed_by;
    record.tags = std::move(tags);
    record.created_at = now;
  }
  const bool keeps_cadence = old && old->enabled() && settings.schedule_expression == old->settings.schedule_expression;
  if (!keeps_cadence) record.scheduled_from = now;
  record.settings = tidy(std::move(settings));
  CO_TRY_VOID(co_await replace_rule(before, std::move(record), Change{}));
  co_return before->rule_arn(key.name);
}

asio::awaitable<CatalogResult<void>> BusCatalog::delete_rule(RuleKey key, bool force) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  const auto existing = before->rules().find(key.name);
  if (existing == before->rules().end()) co_return CatalogResult<void>();
  const RuleRecord& old = existing->second->record;
  if (!old.managed_by.empty() && !force)
    co_return CatalogError(conflict(key.name + " is a managed rule. Set 'force' parameter to true to override."),
                           CatalogError::kManagedRule);
  if (!old.targets.empty()) co_return invalid("Rule can't be deleted since it has targets.");

  Change change;
  change.rule = key.name;
  change.next = std::make_shared<BusState>(*before);
  change.next->erase_rule(key.name);
  co_return co_await carry_out(key.bus, before, std::move(change));
}

asio::awaitable<CatalogResult<void>> BusCatalog::set_rule_state(RuleKey key, RuleState state) {
  ScopeState& scope = scope_state(key.bus.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const BusPointer before, bus(key.bus));
  CO_TRY(const std::shared_ptr<const RuleEntry> existing, rule(key));
  if (!existing->record.managed_by.empty()) co_return managed_rule(key.name);
  if (existing->record.settings.state == state) co_return CatalogResult<void>();
  RuleRecord record = existing->record;
  const bool was_enabled = record.enabled();
  record.settings.state = state;
  if (!was_enabled && record.enabled()) record.scheduled_from = clock_.now();
  co_return co_await replace_rule(before, std::move(record), Change{});
}

namespace {

std::optional<ScheduledRule> schedule_of(const Scope& scope, const RuleEntry& entry) {
  const RuleRecord& record = entry.record;
  if (!record.enabled() || !record.settings.schedule_expression) return std::nullopt;
  return ScheduledRule{scope, *record.settings.schedule_expression, record.scheduled_from, entry.compiled};
}

}  // namespace

std::optional<ScheduledRule> BusCatalog::scheduled_rule(const Scope& scope, std::string_view name) const {
  const BusPointer bus = stored(scope, kDefaultBus);
  if (!bus) return std::nullopt;
  const auto found = bus->rules().find(name);
  return found == bus->rules().end() ? std::nullopt : schedule_of(scope, *found->second);
}

std::vector<ScheduledRule> BusCatalog::scheduled_rules() const {
  std::vector<BusPointer> buses;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [scope, state] : scopes_)
      if (const auto bus = state->buses.find(kDefaultBus); bus != state->buses.end()) buses.push_back(bus->second);
  }
  std::vector<ScheduledRule> scheduled;
  for (const BusPointer& bus : buses) {
    for (const auto& [name, entry] : bus->rules())
      if (std::optional<ScheduledRule> found = schedule_of(bus->scope(), *entry))
        scheduled.push_back(*std::move(found));
  }
  return scheduled;
}

}  // namespace eventbus
