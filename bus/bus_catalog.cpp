#include "bus/bus_catalog.h"

#include "base/log_value.h"
#include "bus/arn.h"
#include "bus/default_bus.h"
#include "rules-engine/pattern_parser.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

std::string scope_path(const Scope& scope) { return scope.account + "/" + scope.region + "/"; }
std::string bus_path(const BusKey& key) { return "bus/" + scope_path(key.scope) + key.name; }
std::string rule_path(const BusKey& bus, std::string_view rule) {
  return "rule/" + scope_path(bus.scope) + bus.name + "/" + std::string(rule);
}

struct KeyParts {
  Scope scope;
  std::string_view rest;
};

// "bus/000000000000/us-east-1/orders" → the scope and "orders".
std::optional<KeyParts> split_key(std::string_view key) {
  KeyParts parts;
  key.remove_prefix(std::min(key.find('/') + 1, key.size()));
  for (std::string* part : {&parts.scope.account, &parts.scope.region}) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    *part = key.substr(0, slash);
    key.remove_prefix(slash + 1);
  }
  parts.rest = key;
  return parts;
}

Error damaged(std::string_view key, std::string_view why) {
  return internal("catalog key \"" + std::string(key) + "\": " + std::string(why));
}

}  // namespace

std::string BusCatalog::lane_path(const Scope& scope, QueueId lane) {
  return "lane/" + scope_path(scope) + std::to_string(lane);
}

BusCatalog::BusCatalog(Storage& storage, Clock& clock, const Limits& limits, RuleMetricsSource metrics,
                       spdlog::logger& log, LeadsElsewhere leads_elsewhere)
    : storage_(storage),
      clock_(clock),
      limits_(limits),
      metrics_(std::move(metrics)),
      leads_elsewhere_(std::move(leads_elsewhere)),
      log_(log),
      no_rules_(rules::RuleSet::compile({})) {}

BusCatalog::~BusCatalog() = default;

// ---- Reading ----

BusCatalog::BusPointer BusCatalog::default_bus(const Scope& scope) const {
  BusRecord record;
  record.name = kDefaultBus;
  return std::make_shared<BusState>(scope, std::move(record));
}

BusCatalog::BusPointer BusCatalog::stored(const Scope& scope, std::string_view bus) const {
  std::shared_lock lock(mutex_);
  const auto state = scopes_.find(scope);
  if (state == scopes_.end()) return nullptr;
  const auto found = state->second->buses.find(bus);
  return found == state->second->buses.end() ? nullptr : found->second;
}

BusCatalog::BusPointer BusCatalog::current(const BusKey& key) const {
  if (BusPointer state = stored(key.scope, key.name)) return state;
  return key.name == kDefaultBus ? default_bus(key.scope) : nullptr;
}

std::shared_ptr<const CompiledBus> BusCatalog::find(const Scope& scope, std::string_view bus) const {
  if (const BusPointer state = stored(scope, bus)) return state->compiled();
  if (bus != kDefaultBus) return nullptr;
  // Anybody may name any account and region: nothing is kept for a scope that holds nothing.
  auto untouched = std::make_shared<CompiledBus>();
  untouched->scope = scope;
  untouched->name = kDefaultBus;
  untouched->arn = bus_arn(scope, kDefaultBus);
  untouched->rule_set = no_rules_;
  return untouched;
}

CatalogResult<std::shared_ptr<const BusState>> BusCatalog::bus(const BusKey& key) const {
  BusPointer state = current(key);
  if (!state) return not_found("Event bus " + key.name + " does not exist.");
  return state;
}

CatalogResult<std::shared_ptr<const RuleEntry>> BusCatalog::rule(const RuleKey& key) const {
  TRY(const BusPointer state, bus(key.bus));
  const auto found = state->rules().find(key.name);
  if (found == state->rules().end())
    return not_found("Rule " + key.name + " does not exist on EventBus " + key.bus.name + ".");
  return found->second;
}

std::vector<std::shared_ptr<const BusState>> BusCatalog::buses(const Scope& scope) const {
  std::map<std::string, BusPointer, std::less<>> found;
  {
    std::shared_lock lock(mutex_);
    if (const auto state = scopes_.find(scope); state != scopes_.end()) found = state->second->buses;
  }
  if (!found.contains(kDefaultBus)) found.emplace(kDefaultBus, default_bus(scope));
  std::vector<BusPointer> list;
  list.reserve(found.size());
  for (auto& [name, state] : found) list.push_back(std::move(state));
  return list;
}

// ---- Changing ----

BusCatalog::ScopeState& BusCatalog::scope_state(const Scope& scope) {
  std::unique_lock lock(mutex_);
  std::unique_ptr<ScopeState>& state = scopes_[scope];
  if (!state) state = std::make_unique<ScopeState>();
  return *state;
}

Commit BusCatalog::commit_of(const BusKey& key, const BusPointer& before, const Change& change) const {
  Commit commit;
  for (const QueueId lane : change.new_lanes) commit.queues.push_back({QueueChange::kPut, lane, QueueTraits{}});
  if (change.bus_document) {
    CatalogWrite write{bus_path(key), std::nullopt, before ? before->revision : 0};
    if (change.next) write.value = encode(change.next->record());
    commit.catalog.push_back(std::move(write));
  }
  if (!change.rule.empty()) {
    CatalogWrite write{rule_path(key, change.rule), std::nullopt, 0};
    if (const auto old = before->rules().find(change.rule); old != before->rules().end())
      write.expected_revision = old->second->revision;
    if (change.entry) write.value = encode(change.entry->record);
    commit.catalog.push_back(std::move(write));
  }
  for (const OrphanedLane& lane : change.orphans)
    commit.catalog.push_back({lane_path(key.scope, lane.lane), encode(lane), std::nullopt});
  commit.catalog.insert(commit.catalog.end(), change.documents.begin(), change.documents.end());
  return commit;
}

void BusCatalog::apply(const BusKey& key, Change change) {
  const auto revision = [&](const std::string& path) {
    const std::optional<CatalogEntry> entry = storage_.catalog().get(path);
    return entry ? entry->revision : 0;
  };
  if (change.next && change.bus_document) change.next->revision = revision(bus_path(key));
  if (change.entry) change.entry->revision = revision(rule_path(key, change.rule));

  ScopeState& scope = scope_state(key.scope);
  std::shared_ptr<const rules::RuleMerge> adopted;
  bool merge_due = false;
  {
    std::unique_lock lock(mutex_);
    if (const auto last = scope.adopted.find(key.name); last != scope.adopted.end()) {
      adopted = std::move(last->second);
      scope.adopted.erase(last);
      if (change.next) change.next->adopt(*adopted);
    }
    if (change.next && change.entry) index_lanes(*change.next, change.rule, *change.entry);
    merge_due = change.next && change.next->index().merge_is_due();
    if (change.next)
      scope.buses[key.name] = std::move(change.next);
    else
      scope.buses.erase(key.name);
    for (OrphanedLane& lane : change.orphans) {
      index_lane(key.scope, lane);
      scope.orphans.insert_or_assign(lane.lane, std::move(lane));
    }
  }
  if (adopted) worker_.post([last_owner = std::move(adopted)] {});
  if (merge_due) merge_rules(key, false);
}

asio::awaitable<CatalogResult<void>> BusCatalog::carry_out(BusKey key, BusPointer before, Change change) {
  Commit commit = commit_of(key, before, change);
  // A client that goes away must not part what is stored from what is in memory: from here to `apply` nothing throws
  // for a cancellation.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  if (committed) apply(key, std::move(change));
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (committed) co_return CatalogResult<void>();

  if (committed.error().code != ErrorCode::kConflict) co_return std::move(committed).error();
  if (Result<void> reread = read_stored(scope_path(key.scope)); !reread) co_return std::move(reread).error();
  co_return CatalogError(
      unavailable("Event bus " + key.name + " has just been changed by a request that failed; try again."));
}

asio::awaitable<CatalogResult<std::shared_ptr<const BusState>>> BusCatalog::replace_bus(BusPointer before,
                                                                                        BusRecord record) {
  Change change;
  change.next = std::make_shared<BusState>(*before);
  record.modified_at = clock_.now();
  change.next->record() = std::move(record);
  change.bus_document = true;
  BusPointer next = change.next;
  CO_TRY_VOID(co_await carry_out(before->key(), before, std::move(change)));
  co_return next;
}

asio::awaitable<CatalogResult<void>> BusCatalog::replace_rule(BusPointer before, RuleRecord record, Change change) {
  change.rule = record.name;
  change.entry = entry_of(before->scope(), before->record().name, std::move(record));
  change.next = std::make_shared<BusState>(*before);
  change.next->put_rule(change.entry);
  co_return co_await carry_out(before->key(), before, std::move(change));
}

// ---- Loading ----

Result<void> BusCatalog::load() { return read_stored(""); }

Result<void> BusCatalog::read_stored(const std::string& below) {
  std::map<BusKey, StoredBus> buses;
  for (const CatalogEntry& entry : storage_.catalog().list("bus/" + below)) {
    const std::optional<KeyParts> key = split_key(entry.key);
    if (!key) return damaged(entry.key, "malformed");
    Result<BusRecord> record = decode_bus(entry.value);
    if (!record) return damaged(entry.key, record.error().message);
    const BusKey bus{key->scope, record->name};
    buses.emplace(bus, StoredBus{*std::move(record), entry.revision, {}});
  }
  for (const CatalogEntry& entry : storage_.catalog().list("rule/" + below)) TRY_VOID(read_rule(entry, buses));

  std::map<Scope, std::map<QueueId, OrphanedLane>> orphans;
  for (const CatalogEntry& entry : storage_.catalog().list("lane/" + below)) {
    const std::optional<KeyParts> key = split_key(entry.key);
    if (!key) return damaged(entry.key, "malformed");
    Result<OrphanedLane> lane = decode_lane(entry.value);
    if (!lane) return damaged(entry.key, lane.error().message);
    orphans[key->scope].emplace(lane->lane, *lane);
  }

  std::vector<std::pair<BusKey, BusPointer>> states;
  for (auto& [key, stored] : buses) {
    auto state = std::make_shared<BusState>(key.scope, std::move(stored.record), std::move(stored.rules));
    state->revision = stored.revision;
    states.emplace_back(key, std::move(state));
  }

  std::unique_lock lock(mutex_);
  for (auto& [scope, state] : scopes_) {
    if (!scope_path(scope).starts_with(below)) continue;
    state->buses.clear();
    state->adopted.clear();
    state->orphans.clear();
  }
  const auto state_of = [&](const Scope& scope) -> ScopeState& {
    std::unique_ptr<ScopeState>& state = scopes_[scope];
    if (!state) state = std::make_unique<ScopeState>();
    return *state;
  };
  std::erase_if(lane_targets_, [&](const auto& lane) { return scope_path(lane.second->bus_scope).starts_with(below); });
  for (auto& [key, state] : states) {
    for (const auto& [rule, entry] : state->rules()) index_lanes(*state, rule, *entry);
    state_of(key.scope).buses.emplace(key.name, std::move(state));
  }
  for (auto& [scope, lanes] : orphans) {
    for (const auto& [id, lane] : lanes) index_lane(scope, lane);
    state_of(scope).orphans = std::move(lanes);
  }
  return {};
}

Result<void> BusCatalog::read_rule(const CatalogEntry& entry, std::map<BusKey, StoredBus>& buses) const {
  const std::optional<KeyParts> key = split_key(entry.key);
  const std::size_t slash = key ? key->rest.rfind('/') : std::string_view::npos;
  if (slash == std::string_view::npos) return damaged(entry.key, "malformed");
  const BusKey bus{key->scope, std::string(key->rest.substr(0, slash))};
  if (bus.name == kDefaultBus && !buses.contains(bus)) {
    BusRecord record;
    record.name = kDefaultBus;
    buses.emplace(bus, StoredBus{std::move(record), 0, {}});
  }
  const auto owner = buses.find(bus);
  if (owner == buses.end()) return damaged(entry.key, "its bus does not exist");

  Result<RuleRecord> record = decode_rule(entry.value);
  if (!record) return damaged(entry.key, record.error().message);
  std::shared_ptr<RuleEntry> rule = entry_of(bus.scope, bus.name, *std::move(record));
  rule->revision = entry.revision;
  owner->second.rules.insert_or_assign(rule->record.name, std::move(rule));
  return {};
}

std::shared_ptr<RuleEntry> BusCatalog::entry_of(const Scope& scope, std::string_view bus, RuleRecord record) const {
  auto entry = std::make_shared<RuleEntry>();
  auto rule = std::make_shared<CompiledRule>();
  rule->name = record.name;
  rule->arn = rule_arn(scope, bus, record.name);
  if (metrics_) rule->metrics = metrics_(scope, bus, record.name);
  if (record.settings.event_pattern) {
    Result<std::shared_ptr<const rules::EventPattern>> pattern =
        rules::parse_event_pattern(*record.settings.event_pattern);
    entry->understood = pattern.has_value();
    if (pattern)
      entry->uses_wildcard = rules::uses_wildcard(**pattern);
    else
      log_.error("a stored event pattern is not understood, its rule matches nothing: bus={} rule={} reason={}", bus,
                 record.name, log_value(pattern.error().message));
  }
  for (const auto& [id, target] : record.targets) {
    Result<CompiledTarget> compiled =
        compile_target(scope, target, limits_, target.lane != 0 && leads_elsewhere(target.target.arn));
    if (compiled)
      rule->targets.push_back(*std::move(compiled));
    else
      log_.error("a stored target is not understood, nothing is delivered to it: bus={} rule={} target={} reason={}",
                 bus, record.name, id, log_value(compiled.error().message));
  }
  entry->compiled = std::move(rule);
  entry->record = std::move(record);
  return entry;
}

}  // namespace eventbus
