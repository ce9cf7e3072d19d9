// The stored document, version 1: a JSON object; a member without a value is left out. Times are milliseconds since
// 1970, counts are numbers.
//   {version, name, description, archive, archiveId, destination, filter: [ARN], start, end, pattern, speed,
//    state, reason, startedAt, endedAt, until, place: [time, sequence], eventsMax, seen, replayed, failed, lastFailure}

#include "bus/replay_record.h"

#include "bus/arn.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::array<std::string_view, 6> kStateNames = {"STARTING",  "RUNNING",   "CANCELLING",
                                                         "COMPLETED", "CANCELLED", "FAILED"};

std::optional<std::string> text_of(const json::object& document, std::string_view name) {
  const json::value* const value = document.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::int64_t> number_of(const json::object& document, std::string_view name) {
  const json::value* const value = document.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::uint64_t count_of(const json::object& document, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_of(document, name).value_or(0), 0));
}

std::optional<TimePoint> time_of(const json::object& document, std::string_view name) {
  const std::optional<std::int64_t> milliseconds = number_of(document, name);
  if (!milliseconds) return std::nullopt;
  return TimePoint(Duration(*milliseconds));
}

std::int64_t number(TimePoint time) { return time.time_since_epoch().count(); }
std::int64_t number(std::uint64_t count) { return static_cast<std::int64_t>(count); }

std::optional<ReplayPlace> place_of(const json::object& document) {
  const json::value* const value = document.if_contains("place");
  const json::array* const pair = value == nullptr ? nullptr : value->if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64()) return std::nullopt;
  return ReplayPlace{TimePoint(Duration((*pair)[0].get_int64())), static_cast<std::uint64_t>((*pair)[1].get_int64())};
}

}  // namespace

std::string_view to_string(ReplayState state) { return kStateNames[static_cast<std::size_t>(state)]; }

std::optional<ReplayState> parse_replay_state(std::string_view text) {
  const auto known = std::ranges::find(kStateNames, text);
  if (known == kStateNames.end()) return std::nullopt;
  return static_cast<ReplayState>(known - kStateNames.begin());
}

std::optional<TimePoint> ReplayRecord::last_replayed_time() const {
  if (state == ReplayState::kCompleted)
    return std::chrono::floor<std::chrono::minutes>(window.end - std::chrono::seconds(1));
  if (!place) return std::nullopt;
  return std::chrono::floor<std::chrono::minutes>(place->time);
}

bool is_forgotten(const ReplayRecord& replay, TimePoint now) {
  return replay.over() && replay.ended_at && *replay.ended_at + kReplayHistory <= now;
}

std::string replay_path_prefix(const Scope& scope) {
  std::string path(kReplayPathPrefix);
  return path.append(scope.account).append("/").append(scope.region).append("/");
}

std::string replay_path(const ReplayKey& key) { return replay_path_prefix(key.scope).append(key.name); }

std::optional<ReplayKey> replay_key_of(std::string_view path) {
  if (!path.starts_with(kReplayPathPrefix)) return std::nullopt;
  path.remove_prefix(kReplayPathPrefix.size());
  const std::size_t first = path.find('/');
  const std::size_t second = first == std::string_view::npos ? first : path.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return ReplayKey{{std::string(path.substr(0, first)), std::string(path.substr(first + 1, second - first - 1))},
                   std::string(path.substr(second + 1))};
}

std::string replay_arn(const ReplayKey& key) {
  return Arn{"aws", "events", key.scope.region, key.scope.account, "replay/" + key.name}.to_string();
}

std::string encode(const ReplayRecord& replay) {
  json::object document;
  document["version"] = kVersion;
  document["name"] = replay.name;
  if (replay.description) document["description"] = *replay.description;
  document["archive"] = replay.archive_arn;
  document["archiveId"] = replay.archive_id;
  document["destination"] = replay.destination_arn;
  if (!replay.filter_arns.empty()) {
    json::array& filter = document["filter"].emplace_array();
    for (const std::string& arn : replay.filter_arns) filter.emplace_back(arn);
  }
  document["start"] = number(replay.window.start);
  document["end"] = number(replay.window.end);
  if (replay.pattern) document["pattern"] = *replay.pattern;
  if (replay.speed > 0) document["speed"] = replay.speed;
  document["state"] = to_string(replay.state);
  if (!replay.state_reason.empty()) document["reason"] = replay.state_reason;
  document["startedAt"] = number(replay.started_at);
  if (replay.ended_at) document["endedAt"] = number(*replay.ended_at);
  document["until"] = number(replay.until);
  if (replay.place) document["place"] = json::array{number(replay.place->time), number(replay.place->sequence)};
  document["eventsMax"] = number(replay.events_max);
  document["seen"] = number(replay.seen);
  document["replayed"] = number(replay.replayed);
  document["failed"] = number(replay.failed);
  if (!replay.last_failure.empty()) document["lastFailure"] = replay.last_failure;
  return json::serialize(document);
}

Result<ReplayRecord> decode_replay(std::string_view text) {
  boost::system::error_code failure;
  const json::value value = json::parse(text, failure);
  const json::object* const document = failure ? nullptr : value.if_object();
  const std::optional<ReplayState> state =
      document ? parse_replay_state(text_of(*document, "state").value_or("")) : std::nullopt;
  if (!state || number_of(*document, "version") != kVersion)
    return internal("A stored replay cannot be read: its document is of another version, or damaged.");

  ReplayRecord replay;
  replay.name = text_of(*document, "name").value_or("");
  replay.description = text_of(*document, "description");
  replay.archive_arn = text_of(*document, "archive").value_or("");
  replay.archive_id = text_of(*document, "archiveId").value_or("");
  replay.destination_arn = text_of(*document, "destination").value_or("");
  if (const json::value* const filter = document->if_contains("filter"); filter != nullptr && filter->is_array()) {
    for (const json::value& arn : filter->get_array())
      if (arn.is_string()) replay.filter_arns.emplace_back(arn.get_string());
  }
  replay.window.start = time_of(*document, "start").value_or(TimePoint());
  replay.window.end = time_of(*document, "end").value_or(TimePoint());
  replay.pattern = text_of(*document, "pattern");
  if (const json::value* const speed = document->if_contains("speed"); speed != nullptr && speed->is_number())
    replay.speed = speed->to_number<double>();
  replay.state = *state;
  replay.state_reason = text_of(*document, "reason").value_or("");
  replay.started_at = time_of(*document, "startedAt").value_or(TimePoint());
  replay.ended_at = time_of(*document, "endedAt");
  replay.until = count_of(*document, "until");
  replay.place = place_of(*document);
  replay.events_max = count_of(*document, "eventsMax");
  replay.seen = count_of(*document, "seen");
  replay.replayed = count_of(*document, "replayed");
  replay.failed = count_of(*document, "failed");
  replay.last_failure = text_of(*document, "lastFailure").value_or("");
  return replay;
}

}  // namespace eventbus
