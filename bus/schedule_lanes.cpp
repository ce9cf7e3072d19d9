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
      add(scope, decode_target(object.at("target").as_object()), object.at("lane").to_number<QueueId>(), false);
    } catch (const std::exception& failure) {  // Boost.JSON's accessors and parser report by exception
      return internal("catalog key \"" + stored.key + "\": " + failure.what());
    }
  }
  return {};
}

void ScheduleLanes::add(Scope scope, Target target, QueueId id, bool pending) {
  LaneTarget lane;
  lane.lane = id;
  lane.bus_scope = scope;
  lane.rule_arn = "";
  lane.target = std::move(target);
  std::string definition = definition_of(lane.target);
  by_definition_[{std::move(scope), definition}] = id;
  lanes_[id] = {std::make_shared<LaneTarget>(std::move(lane)), std::move(definition), clock_.now(), pending};
}

QueueId ScheduleLanes::prepare(const Scope& scope, const Target& target, Commit& commit) {
  Target shared = lane_target(target);
  const std::lock_guard lock(mutex_);
  const auto known = by_definition_.find({scope, definition_of(shared)});
  if (known != by_definition_.end()) {
    lanes_.at(known->second).used_at = clock_.now();
    return known->second;
  }
  const QueueId id = storage_.queues().next_queue_id();
  commit.queues.push_back({QueueChange::kPut, id, QueueTraits{}});
  commit.catalog.push_back({lane_path(scope, id), encode_lane(id, shared), std::nullopt});
  add(scope, std::move(shared), id, true);
  return id;
}

void ScheduleLanes::settle(bool committed) {
  const std::lock_guard lock(mutex_);
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    const bool was_pending = std::exchange(lane->second.pending, false);
    if (!was_pending || committed) {
      ++lane;
      continue;
    }
    by_definition_.erase({lane->second.target->bus_scope, lane->second.definition});
    lane = lanes_.erase(lane);
  }
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
  Commit commit;
  std::vector<QueueId> idle;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, lane] : lanes_) {
      if (lane.pending || now - lane.used_at < kKeptEmpty) continue;
      const Result<QueueDepth> depth = storage_.queues().depth(id);
      if (depth && depth->total() > 0) continue;
      idle.push_back(id);
      if (storage_.queues().exists(id)) commit.queues.push_back({QueueChange::kDrop, id, QueueTraits{}});
      commit.catalog.push_back({lane_path(lane.target->bus_scope, id), std::nullopt, std::nullopt});
    }
  }
  if (idle.empty()) co_return Result<void>();
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  const std::lock_guard lock(mutex_);
  for (const QueueId id : idle) {
    const auto lane = lanes_.find(id);
    by_definition_.erase({lane->second.target->bus_scope, lane->second.definition});
    lanes_.erase(lane);
  }
  co_return Result<void>();
}

}  // namespace eventbus
