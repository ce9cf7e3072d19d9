#include "bus/schedule_lanes.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <exception>
#include <optional>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::string_view kPrefix = "schedule-lane/";

std::string lane_path(const Scope& scope, QueueId lane) {
  return std::string(kPrefix) + scope.account + "/" + scope.region + "/" + std::to_string(lane);
}

// What makes a lane: what travels with each delivery is no part of it.
Target lane_target(const Target& target) {
  Target shared = target;
  shared.id = kScheduleTargetId;
  shared.input = {};
  shared.sqs = std::nullopt;
  shared.dead_letter = std::nullopt;
  return shared;
}

std::string definition_of(const Target& target) { return json::serialize(encode_target(target)); }

std::string encode_lane(QueueId lane, const Target& target) {
  json::object object;
  object["version"] = 1;
  object["lane"] = lane;
  object["target"] = encode_target(target);
  return json::serialize(object);
}

}  // namespace

Result<void> ScheduleLanes::load() {
  const std::lock_guard lock(mutex_);
  for (const CatalogEntry& stored : storage_.catalog().list(kPrefix)) {
    try {
      const std::size_t account = kPrefix.size();
      const std::size_t region = stored.key.find('/', account) + 1;
      const std::size_t end = stored.key.find('/', region);
      const Scope scope{stored.key.substr(account, region - 1 - account), stored.key.substr(region, end - region)};
      const json::object object = json::parse(stored.value).as_object();
      Lane& lane = add(scope, decode_target(object.at("target").as_object()), object.at("lane").to_number<QueueId>());
      lane.stored = lane.submitted = true;
    } catch (const std::exception& failure) {  // Boost.JSON's accessors and parser report by exception
      return internal("catalog key \"" + stored.key + "\": " + failure.what());
    }
  }
  return {};
}

ScheduleLanes::Lane& ScheduleLanes::add(Scope scope, Target target, QueueId id) {
  LaneTarget lane;
  lane.lane = id;
  lane.bus_scope = scope;
  lane.rule_arn = "";
  lane.target = std::move(target);
  std::string definition = definition_of(lane.target);
  by_definition_[{std::move(scope), definition}] = id;
  Lane& added = lanes_[id];
  added.target = std::make_shared<LaneTarget>(std::move(lane));
  added.definition = std::move(definition);
  added.used_at = clock_.now();
  return added;
}

QueueId ScheduleLanes::prepare(const Scope& scope, const Target& target, Commit& commit) {
  Target shared = lane_target(target);
  const std::lock_guard lock(mutex_);
  const auto known = by_definition_.find({scope, definition_of(shared)});
  const QueueId id = known != by_definition_.end() ? known->second : storage_.queues().next_queue_id();
  Lane& lane = known != by_definition_.end() ? lanes_.at(id) : add(scope, std::move(shared), id);
  lane.used_at = clock_.now();
  ++lane.commits;
  if (lane.stored) return id;
  // Again, if another commit that makes it is under way or has failed: it does no harm.
  commit.queues.push_back({QueueChange::kPut, id, QueueTraits{}});
  commit.catalog.push_back({lane_path(scope, id), encode_lane(id, lane.target->target), std::nullopt});
  return id;
}

void ScheduleLanes::settle(std::span<const QueueId> lanes, bool committed) {
  const std::lock_guard lock(mutex_);
  for (const QueueId id : lanes) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) continue;  // reset meanwhile
    --lane->second.commits;
    lane->second.submitted = true;
    if (committed) lane->second.stored = true;
  }
}

void ScheduleLanes::withdraw(std::span<const QueueId> lanes) {
  const std::lock_guard lock(mutex_);
  for (const QueueId id : lanes) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) continue;
    if (--lane->second.commits == 0 && !lane->second.submitted) erase(id);
  }
}

void ScheduleLanes::retire(QueueId id, const Lane& lane) {
  const auto known = by_definition_.find({lane.target->bus_scope, lane.definition});
  if (known != by_definition_.end() && known->second == id) by_definition_.erase(known);
}

void ScheduleLanes::erase(QueueId id) {
  const auto lane = lanes_.find(id);
  retire(id, lane->second);
  lanes_.erase(lane);
}

std::vector<QueueId> ScheduleLanes::lanes() const {
  std::vector<QueueId> ids;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, lane] : lanes_) ids.push_back(id);
  return ids;
}

std::shared_ptr<const LaneTarget> ScheduleLanes::lane(QueueId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = lanes_.find(id);
  return found == lanes_.end() ? nullptr : found->second.target;
}

asio::awaitable<Result<void>> ScheduleLanes::drop_idle() {
  const TimePoint now = clock_.now();
  std::vector<QueueId> idle;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, lane] : lanes_) {
      if (lane.commits > 0 || now - lane.used_at < kKeptEmpty) continue;
      const Result<QueueDepth> depth = storage_.queues().depth(id);
      if (depth && depth->total() > 0) continue;
      retire(id, lane);
      idle.push_back(id);
    }
  }
  co_return co_await drop(std::move(idle));
}

asio::awaitable<Result<void>> ScheduleLanes::drop(std::vector<QueueId> lanes) {
  if (lanes.empty()) co_return Result<void>();
  Commit commit;
  {
    const std::lock_guard lock(mutex_);
    for (const QueueId id : lanes) {
      const auto lane = lanes_.find(id);
      if (lane == lanes_.end()) continue;
      if (storage_.queues().exists(id)) commit.queues.push_back({QueueChange::kDrop, id, QueueTraits{}});
      commit.catalog.push_back({lane_path(lane->second.target->bus_scope, id), std::nullopt, std::nullopt});
    }
  }
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  const std::lock_guard lock(mutex_);
  for (const QueueId id : lanes) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end() || lane->second.commits > 0) continue;  // a commit under way may make it anew
    erase(id);
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::uint64_t>> ScheduleLanes::discard(QueueId id) {
  const Result<QueueDepth> depth = storage_.queues().depth(id);
  if (!lane(id) || !depth) co_return not_found("There is no lane " + std::to_string(id) + ".");
  Commit commit;
  commit.queues.push_back({QueueChange::kPurge, id, QueueTraits{}});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  co_return depth->total();
}

asio::awaitable<Result<std::size_t>> ScheduleLanes::reset(ResetScope scope) {
  std::vector<QueueId> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, lane] : lanes_) {
      if (!scope.covers(lane.target->bus_scope)) continue;
      retire(id, lane);
      gone.push_back(id);
    }
  }
  const std::size_t count = gone.size();
  CO_TRY_VOID(co_await drop(std::move(gone)));
  co_return count;
}

}  // namespace eventbus
