#include "bus/arn.h"
#include "bus/bus_catalog.h"

#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kDefaultBus = "default";

// Of "rule/NAME" and "rule/BUS/NAME"; a bus's name may hold '/', a rule's does not.
struct RuleNameParts {
  std::string bus, rule;
};
RuleNameParts names_in(std::string_view rule_arn) {
  const std::optional<Arn> arn = Arn::parse(rule_arn);
  if (!arn) return {};
  const std::string_view resource = arn->resource;
  const std::size_t first = resource.find('/'), last = resource.rfind('/');
  if (first == std::string_view::npos) return {};
  RuleNameParts names{std::string(kDefaultBus), std::string(resource.substr(last + 1))};
  if (first != last) names.bus = resource.substr(first + 1, last - first - 1);
  return names;
}

}  // namespace

void BusCatalog::index_lanes(const BusState& bus, const std::string& rule, const RuleEntry& entry) {
  for (const auto& [id, record] : entry.record.targets) {
    if (record.lane == 0) continue;
    lane_targets_.insert_or_assign(
        record.lane,
        std::make_shared<LaneTarget>(LaneTarget{record.lane, bus.scope(), bus.record().name, rule, bus.rule_arn(rule),
                                                record.target, entry.compiled->metrics, false}));
  }
}

void BusCatalog::index_lane(const Scope& scope, const OrphanedLane& orphan) {
  RuleNameParts names = names_in(orphan.rule_arn);
  std::shared_ptr<RuleMetrics> metrics;
  if (metrics_) metrics = metrics_(scope, names.bus, names.rule);
  lane_targets_.insert_or_assign(orphan.lane, std::make_shared<LaneTarget>(LaneTarget{
                                                  orphan.lane, scope, std::move(names.bus), std::move(names.rule),
                                                  orphan.rule_arn, orphan.target, std::move(metrics), true}));
}

std::shared_ptr<const LaneTarget> BusCatalog::lane(QueueId lane) const {
  std::shared_lock lock(mutex_);
  const auto found = lane_targets_.find(lane);
  return found == lane_targets_.end() ? nullptr : found->second;
}

LogConfig BusCatalog::log_config(const Scope& scope, std::string_view bus) const {
  const BusPointer state = stored(scope, bus);
  return state ? state->record().settings.log.value_or(LogConfig{}) : LogConfig{};
}

std::vector<BusCatalog::Lane> BusCatalog::outbox_lanes() const {
  std::vector<Lane> lanes;
  std::shared_lock lock(mutex_);
  lanes.reserve(lane_targets_.size());
  for (const auto& [id, lane] : lane_targets_)
    lanes.push_back({id, lane->rule_arn, lane->target.id, lane->target.arn, lane->orphaned});
  return lanes;
}

std::vector<QueueId> BusCatalog::lanes() const {
  std::vector<QueueId> ids;
  std::shared_lock lock(mutex_);
  ids.reserve(lane_targets_.size());
  for (const auto& [id, lane] : lane_targets_) ids.push_back(id);
  return ids;
}

asio::awaitable<CatalogResult<void>> BusCatalog::drop_empty_lanes() {
  std::vector<Scope> scopes;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [scope, state] : scopes_) {
      if (!state->orphans.empty()) scopes.push_back(scope);
    }
  }
  for (const Scope& scope : scopes) CO_TRY_VOID(co_await drop_empty_lanes_of(scope));
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> BusCatalog::drop_empty_lanes_of(Scope scope) {
  constexpr Duration kGrace{60'000};
  ScopeState& state = scope_state(scope);
  const AsyncMutex::Guard guard = co_await state.mutation.lock();
  const TimePoint now = clock_.now();
  std::vector<QueueId> empty;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [lane, orphan] : state.orphans) {
      const Result<QueueDepth> depth = storage_.queues().depth(lane);
      if (orphan.orphaned_at + kGrace <= now && (!depth || depth->total() == 0)) empty.push_back(lane);
    }
  }
  co_return co_await drop_lanes(scope, std::move(empty));
}

// Orphans, under their scope's mutex.
asio::awaitable<CatalogResult<void>> BusCatalog::drop_lanes(Scope scope, std::vector<QueueId> lanes) {
  if (lanes.empty()) co_return CatalogResult<void>();
  ScopeState& state = scope_state(scope);
  Commit commit;
  for (const QueueId lane : lanes) {
    if (storage_.queues().exists(lane)) commit.queues.push_back({QueueChange::kDrop, lane, QueueTraits{}});
    commit.catalog.push_back({lane_path(scope, lane), std::nullopt, std::nullopt});
  }
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  for (const QueueId lane : lanes) {
    state.orphans.erase(lane);
    lane_targets_.erase(lane);
  }
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<std::uint64_t>> BusCatalog::discard_lane(QueueId id) {
  const std::shared_ptr<const LaneTarget> found = lane(id);
  if (!found) co_return not_found("There is no lane " + std::to_string(id) + ".");
  const Scope scope = found->bus_scope;
  const AsyncMutex::Guard guard = co_await scope_state(scope).mutation.lock();
  const std::shared_ptr<const LaneTarget> current = lane(id);  // it may have lost its target meanwhile
  if (!current) co_return not_found("There is no lane " + std::to_string(id) + ".");
  const Result<QueueDepth> depth = storage_.queues().depth(id);
  const std::uint64_t waiting = depth ? depth->total() : 0;
  if (current->orphaned) {
    std::vector<QueueId> one{id};
    CO_TRY_VOID(co_await drop_lanes(scope, std::move(one)));
  } else {
    Commit commit;
    commit.queues.push_back({QueueChange::kPurge, id, QueueTraits{}});
    CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  }
  co_return waiting;
}

}  // namespace eventbus
