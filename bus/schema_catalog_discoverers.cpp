#include "base/log_value.h"
#include "bus/arn.h"
#include "bus/schema_documents.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <shared_mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kBusResource = "event-bus/";
constexpr std::string_view kManagedBy = "schemas.amazonaws.com";
// AWS: these texts, and this pattern, of the rules that discoverers have: events of AWS's own services are known.
constexpr std::string_view kRuleDescription = "This rule is used to route Events to Schema Discoverer";
constexpr std::string_view kRulePattern =
    R"({ "source": [ { "prefix": "aws.partner/" }, { "anything-but": { "prefix": "aws." } } ] })";

std::string id_of(std::string_view bus) {
  std::string id = "events-event-bus-" + std::string(bus);
  std::ranges::replace(id, '/', '-');  // in names of partners' buses
  return id;
}

RuleKey rule_key_of(const DiscovererEntry& discoverer) {
  return {{discoverer.scope, discoverer.bus}, "Schemas-" + discoverer.record.id};
}

}  // namespace

bool SchemaCatalog::rule_agrees(const DiscovererEntry& discoverer) const {
  if (!buses_.bus({discoverer.scope, discoverer.bus})) return true;
  const auto rule = buses_.rule(rule_key_of(discoverer));
  return rule && (*rule)->record.enabled() == discoverer.record.started;
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::put_rule_of(Discoverer discoverer) {
  RuleSettings settings;
  settings.event_pattern = kRulePattern;
  settings.description = kRuleDescription;
  settings.state = discoverer->record.started ? RuleState::kEnabled : RuleState::kDisabled;
  BusCatalog::Actor actor{discoverer->scope.account, std::string(kManagedBy)};
  auto put = co_await buses_.put_rule(rule_key_of(*discoverer), std::move(settings), {}, std::move(actor));
  if (!put) co_return SchemaError(std::move(put).error());
  co_return SchemaResult<void>();
}

asio::awaitable<SchemaResult<SchemaCatalog::Discoverer>> SchemaCatalog::create_discoverer(Scope caller,
                                                                                          NewDiscoverer wanted) {
  ScopeState& scope = scope_state(caller);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  const std::optional<Arn> source = Arn::parse(wanted.source_arn);
  if (!source || source->service != "events" || !source->resource.starts_with(kBusResource) ||
      source->scope() != caller)
    co_return invalid("SourceArn must be the ARN of an event bus in this account and region.");
  const std::string bus = source->resource.substr(kBusResource.size());
  const auto found = buses_.bus({caller, bus});
  if (!found) co_return invalid(found.error().message);
  // AWS: discovery is not available on buses with a customer's key (behaviour §21).
  if ((*found)->record().settings.kms_key_identifier)
    co_return invalid(
        "Schema discovery is not supported for event buses that are encrypted with a customer managed key.");
  DiscovererKey key{caller, id_of(bus)};
  if (discoverer(key)) co_return conflict("DiscovererId: " + key.id + " already exists.");
  if (discoverers(caller).size() >= limits_.discoverers) co_return quota_exceeded("discoverers", limits_.discoverers);

  auto next = std::make_shared<DiscovererEntry>();
  next->scope = caller;
  next->bus = bus;
  next->record = {
      key.id, std::move(wanted.source_arn), unless_empty(std::move(wanted.description)), wanted.cross_account,
      true,   std::move(wanted.tags)};
  const Discoverer created = next;
  // The rule first: it holds the bus. Without its discoverer it matches and does nothing, and goes at the next start.
  CO_TRY_VOID(co_await put_rule_of(created));
  SchemaResult<void> written = co_await write(std::move(key), nullptr, std::move(next));
  if (written) co_return created;
  (void)co_await buses_.delete_rule(rule_key_of(*created), true);
  co_return std::move(written).error();
}

asio::awaitable<SchemaResult<SchemaCatalog::Discoverer>> SchemaCatalog::update_discoverer(DiscovererKey key,
                                                                                          DiscovererChanges changes) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Discoverer before, discoverer(key));
  auto next = std::make_shared<DiscovererEntry>(*before);
  if (changes.description) next->record.description = unless_empty(std::move(changes.description));
  if (changes.cross_account) next->record.cross_account = *changes.cross_account;
  if (changes.started) next->record.started = *changes.started;
  const Discoverer updated = next;
  // The rule first, as it is, not as it was before: a request that failed between the two commits is made good by the
  // next one.
  if (!rule_agrees(*updated)) CO_TRY_VOID(co_await put_rule_of(updated));
  SchemaResult<void> written = co_await write(std::move(key), before, std::move(next));
  if (written) co_return updated;
  if (!rule_agrees(*before)) (void)co_await put_rule_of(before);
  co_return std::move(written).error();
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::delete_discoverer(DiscovererKey key) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Discoverer before, discoverer(key));
  if (buses_.bus({before->scope, before->bus})) {  // else its rule went with it
    auto removed = co_await buses_.delete_rule(rule_key_of(*before), true);
    if (!removed) co_return SchemaError(std::move(removed).error());
  }
  SchemaResult<void> written = co_await write(std::move(key), before, nullptr);
  if (!written && !rule_agrees(*before)) (void)co_await put_rule_of(before);
  co_return written;
}

asio::awaitable<void> SchemaCatalog::settle_rules() {
  std::vector<Scope> scopes;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [scope, state] : scopes_) scopes.push_back(scope);
  }
  for (const Scope& owner : scopes) {
    ScopeState& scope = scope_state(owner);
    const AsyncMutex::Guard guard = co_await scope.mutation.lock();
    for (const Discoverer& each : discoverers(owner)) {
      if (rule_agrees(*each)) continue;
      if (const SchemaResult<void> put = co_await put_rule_of(each); !put)
        log_.warn("The rule of a schema discoverer could not be put. discoverer={} reason={}", log_value(each->arn()),
                  log_value(put.error().message));
    }
  }
  // Rules whose discoverer never came to be.
  for (const Scope& owner : scopes) {
    for (const auto& bus : buses_.buses(owner)) {
      const std::string& name = bus->record().name;
      const DiscovererKey key{owner, id_of(name)};
      const RuleKey rule{{owner, name}, "Schemas-" + key.id};
      ScopeState& scope = scope_state(owner);
      const AsyncMutex::Guard guard = co_await scope.mutation.lock();
      const auto found = buses_.rule(rule);
      if (!found || (*found)->record.managed_by != kManagedBy || discoverer(key)) continue;
      if (const auto removed = co_await buses_.delete_rule(rule, true); !removed)
        log_.warn("The rule of a schema discoverer that is gone could not be deleted. rule={} reason={}",
                  log_value(rule.name), log_value(removed.error().message));
    }
  }
}

}  // namespace eventbus
