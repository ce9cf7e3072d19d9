#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"
#include "bus/replayer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace eventbus::aws {

namespace {

// Epoch seconds, as every client sends them. Whole seconds count (behaviour §16); what no calendar holds is its end.
TimePoint time_of(const json::object& input, std::string_view name) {
  constexpr double kLatest = 253'402'300'799;  // 9999-12-31T23:59:59Z
  const double seconds = std::clamp(std::floor(input.at(name).to_number<double>()), -kLatest, kLatest);
  return TimePoint(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

void put_time(json::object& output, std::string_view name, const std::optional<TimePoint>& time) {
  if (time) output[name] = to_epoch_seconds(*time);
}

void put_state(json::object& output, const ReplayRecord& replay) {
  output["State"] = to_string(replay.state);
  if (!replay.state_reason.empty()) output["StateReason"] = replay.state_reason;
}

json::object changed(const ReplayKey& key, const ReplayRecord& replay) {
  json::object output;
  output["ReplayArn"] = replay_arn(key);
  put_state(output, replay);
  return output;
}

// As ListReplays shows a replay; DescribeReplay adds its ARN, the description and the destination.
json::object shown(const ReplayRecord& replay) {
  json::object output;
  output["ReplayName"] = replay.name;
  output["EventSourceArn"] = replay.archive_arn;
  put_state(output, replay);
  put_time(output, "EventStartTime", replay.window.start);
  put_time(output, "EventEndTime", replay.window.end);
  put_time(output, "EventLastReplayedTime", replay.last_replayed_time());
  put_time(output, "ReplayStartTime", replay.started_at);
  put_time(output, "ReplayEndTime", replay.ended_at);
  return output;
}

json::object destination_of(const ReplayRecord& replay) {
  json::object destination;
  destination["Arn"] = replay.destination_arn;
  if (replay.filter_arns.empty()) return destination;
  json::array& filter = destination["FilterArns"].emplace_array();
  for (const std::string& arn : replay.filter_arns) filter.emplace_back(arn);
  return destination;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> start_replay(EventsApi& api, const RequestContext& context,
                                                      json::object input) {
  const ReplayKey key{context.scope, required_text(input, "ReplayName")};
  const json::object& destination = input.at("Destination").as_object();
  Replayer::NewReplay wanted;
  wanted.description = text(input, "Description");
  wanted.archive_arn = required_text(input, "EventSourceArn");
  wanted.destination_arn = required_text(destination, "Arn");
  if (destination.contains("FilterArns")) wanted.filter_arns = text_list(destination, "FilterArns");
  wanted.start = time_of(input, "EventStartTime");
  wanted.end = time_of(input, "EventEndTime");
  CO_TRY(const ReplayRecord started, to_aws(co_await api.replays.start(key, std::move(wanted))));
  json::object output = changed(key, started);
  put_time(output, "ReplayStartTime", started.started_at);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> describe_replay(EventsApi& api, const RequestContext& context,
                                                         json::object input) {
  const ReplayKey key{context.scope, required_text(input, "ReplayName")};
  CO_TRY(const ReplayRecord replay, to_aws(api.replays.replay(key)));
  json::object output = shown(replay);
  output["ReplayArn"] = replay_arn(key);
  put(output, "Description", replay.description);
  output["Destination"] = destination_of(replay);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> list_replays(EventsApi& api, const RequestContext& context,
                                                      json::object input) {
  const std::optional<std::string> prefix = text(input, "NamePrefix");
  const std::optional<std::string> source = text(input, "EventSourceArn");
  const std::optional<std::string> state = text(input, "State");
  if (int{prefix.has_value()} + int{source.has_value()} + int{state.has_value()} > 1)
    co_return validation(
        "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.");
  std::vector<ReplayRecord> replays = api.replays.replays(context.scope);
  std::erase_if(replays, [&](const ReplayRecord& replay) {
    return (prefix && !replay.name.starts_with(*prefix)) || (source && replay.archive_arn != *source) ||
           (state && to_string(replay.state) != *state);
  });
  std::vector<std::string_view> names;
  for (const ReplayRecord& replay : replays) names.push_back(replay.name);
  const std::string binding = "ListReplays " + context.scope.account + " " + context.scope.region + " " +
                              source.value_or("") + " " + state.value_or("") + " " + prefix.value_or("");
  CO_TRY(const Page page, page_of(input, binding, names));

  co_return page_output("Replays", page, [&](std::size_t i) { return shown(replays[i]); });
}

asio::awaitable<AwsResult<json::object>> cancel_replay(EventsApi& api, const RequestContext& context,
                                                       json::object input) {
  const ReplayKey key{context.scope, required_text(input, "ReplayName")};
  CatalogResult<ReplayRecord> cancelled = co_await api.replays.cancel(key);
  if (!cancelled && cancelled.error().code == ErrorCode::kConflict)
    co_return AwsError("IllegalStatusException", std::move(cancelled).error().message);
  CO_TRY(const ReplayRecord replay, to_aws(std::move(cancelled)));
  co_return changed(key, replay);
}

}  // namespace eventbus::aws
