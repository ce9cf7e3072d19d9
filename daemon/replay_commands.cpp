#include "daemon/replay_commands.h"

#include "bus/archive_pages.h"
#include "bus/iso_time.h"
#include "bus/json_text.h"
#include "daemon/command_members.h"
#include "daemon/json_response.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr double kLatest = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr double kSpeedMax = 1e9;

struct ReplayDesk {
  Replayer& replayer;
  const Scope default_scope;
};

// ---- reading requests

// A member's text as it stands, which no tree keeps.
std::string_view value_in(std::string_view object, std::string_view name) {
  std::string_view found;
  for_each_member(object, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
  });
  return found;
}

// "-15m": so long before `now`.
std::optional<TimePoint> ago(std::string_view text, TimePoint now) {
  if (text.size() < 3 || text.front() != '-') return std::nullopt;
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data() + 1, text.data() + text.size() - 1, count);
  if (failure != std::errc() || end != text.data() + text.size() - 1 || count < 0 || count > 1'000'000'000)
    return std::nullopt;
  switch (text.back()) {
    case 's':
      return now - seconds(count);
    case 'm':
      return now - std::chrono::minutes(count);
    case 'h':
      return now - std::chrono::hours(count);
    case 'd':
      return now - std::chrono::hours(24) * count;
    default:
      return std::nullopt;
  }
}

std::optional<TimePoint> time_of(const json::value& value, TimePoint now) {
  if (value.is_number()) {
    const double given = value.to_number<double>();
    if (!(std::abs(given) <= kLatest)) return std::nullopt;
    return TimePoint(seconds(static_cast<std::int64_t>(std::floor(given))));
  }
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  // What has just been put is before now.
  if (text == "now") return std::chrono::floor<seconds>(now) + seconds(1);
  if (const std::optional<TimePoint> before = ago(text, now)) return before;
  return parse_iso_time(text);
}

std::vector<std::string> texts_of(const json::value* value, std::string_view name, CommandMembers& members) {
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (!value->is_array()) return members.wrong(name), texts;
  for (const json::value& element : value->get_array()) {
    if (!element.is_string()) return members.wrong(name), texts;
    texts.emplace_back(element.get_string());
  }
  return texts;
}

// What the commands have in common; each reads what it wants of the rest.
struct ReplayRequest {
  Scope scope;
  std::string name, description, archive, bus, next;
  std::vector<std::string> rules;
  std::optional<TimePoint> from, to;
  std::optional<std::string> pattern;
  double speed = 0;
};

Result<json::object> object_of(const std::string& body) {
  boost::system::error_code error;
  json::value document = json::parse(body, error);
  if (error || !document.is_object()) return invalid("the request is not a JSON object");
  return std::move(document.get_object());
}

std::optional<std::string> pattern_of(const std::string& body, const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->get_string());
  return compact_json(value_in(body, "pattern"));
}

Result<ReplayRequest> parse(const ReplayDesk& desk, const std::string& body) {
  TRY(const json::object object, object_of(body));
  CommandMembers members(object);
  const TimePoint now = desk.replayer.context().clock.now();
  ReplayRequest request;
  request.scope = {members.text("account", desk.default_scope.account),
                   members.text("region", desk.default_scope.region)};
  request.name = members.text("name");
  request.description = members.text("description");
  request.archive = members.text("archive");
  request.bus = members.text("bus");
  request.next = members.text("next");
  request.rules = texts_of(members.take("rules"), "rules", members);
  const auto time = [&](std::string_view name, std::optional<TimePoint>& into) {
    const json::value* const value = members.take(name);
    if (value != nullptr && !(into = time_of(*value, now))) members.wrong(name);
  };
  time("from", request.from);
  time("to", request.to);
  request.pattern = pattern_of(body, members.take("pattern"));
  if (const json::value* const speed = members.take("speed")) {
    request.speed = speed->is_number() ? speed->to_number<double>() : 0;
    if (!(request.speed > 0 && request.speed <= kSpeedMax)) members.wrong("speed");
  }
  if (std::string fault = members.fault(); !fault.empty()) return invalid(std::move(fault));
  return request;
}

CatalogResult<ArchivePtr> archive_of(const ReplayDesk& desk, const Scope& scope, const std::string& given) {
  if (given.empty()) return invalid("\"archive\" is missing");
  const std::optional<ArchiveKey> key = archive_of_arn(given);
  if (!key && given.starts_with("arn:")) return invalid("\"archive\" is an ARN of something else");
  return desk.replayer.context().archives.archive(key ? *key : ArchiveKey{scope, given});
}

asio::awaitable<CatalogResult<ReplayWindow>> window_of(const ReplayDesk& desk, const ReplayRequest& request,
                                                       ArchivePtr archive) {
  ReplayWindow window;
  if (!request.from || !request.to) {
    CO_TRY(window, co_await desk.replayer.whole_window(archive));
  }
  // Of an archive with nothing in it; or one end of it was given.
  if (request.from) window.start = std::chrono::floor<seconds>(*request.from);
  if (request.to) window.end = std::chrono::floor<seconds>(*request.to);
  if (window.start >= window.end) {
    if (request.from && request.to) co_return invalid("\"from\" must be before \"to\"");
    if (request.to) window.start = window.end - seconds(1);
    if (!request.to) window.end = window.start + seconds(1);
  }
  co_return window;
}

std::string bus_arn_of(const ReplayRequest& request, const Archive& archive) {
  if (request.bus.empty()) return bus_arn(archive.scope, archive.record.bus);
  return request.bus.starts_with("arn:") ? request.bus : bus_arn(request.scope, request.bus);
}

std::vector<std::string> rule_arns_of(const ReplayRequest& request, const std::string& bus) {
  std::vector<std::string> arns;
  const std::optional<Arn> arn = Arn::parse(bus);
  const std::optional<LocalName> local = arn ? local_bus(*arn) : std::nullopt;
  for (const std::string& rule : request.rules) {
    const bool is_name = local && !rule.starts_with("arn:");
    arns.push_back(is_name ? rule_arn(local->scope, local->name, rule) : rule);
  }
  return arns;
}

// "3.14": numbers of a `next`.
template <std::size_t N>
std::optional<std::array<std::int64_t, N>> numbers_of(std::string_view next) {
  std::array<std::int64_t, N> numbers{};
  const char* at = next.data();
  const char* const end = next.data() + next.size();
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const auto [behind, failure] = std::from_chars(at, end, numbers[i]);
    if (failure != std::errc()) return std::nullopt;
    at = behind;
  }
  if (at != end) return std::nullopt;
  return numbers;
}

// ---- answering

std::int64_t number(std::uint64_t count) { return static_cast<std::int64_t>(count); }

json::object shown(const Scope& scope, const ReplayRecord& replay) {
  json::object object{{"name", replay.name},
                      {"arn", replay_arn({scope, replay.name})},
                      {"state", to_string(replay.state)},
                      {"archive", replay.archive_arn},
                      {"bus", replay.destination_arn},
                      {"from", format_iso_seconds(replay.window.start)},
                      {"to", format_iso_seconds(replay.window.end)},
                      {"startedAt", format_iso_milliseconds(replay.started_at)},
                      {"eventsMax", number(std::max(replay.events_max, replay.seen))},
                      {"seen", number(replay.seen)},
                      {"replayed", number(replay.replayed)},
                      {"leftOut", number(replay.seen - replay.replayed - replay.failed)},
                      {"failed", number(replay.failed)}};
  if (!replay.state_reason.empty()) object["reason"] = replay.state_reason;
  if (replay.description) object["description"] = *replay.description;
  if (replay.pattern) object["pattern"] = *replay.pattern;
  if (replay.speed > 0) object["speed"] = replay.speed;
  if (replay.ended_at) object["endedAt"] = format_iso_milliseconds(*replay.ended_at);
  if (replay.place) object["at"] = format_iso_seconds(replay.place->time);
  if (!replay.last_failure.empty()) object["lastFailure"] = replay.last_failure;
  if (!replay.filter_arns.empty()) {
    json::array& rules = object["rules"].emplace_array();
    for (const std::string& arn : replay.filter_arns) rules.emplace_back(arn);
  }
  return object;
}

// ---- the commands

asio::awaitable<net::Response> start(const ReplayDesk& desk, net::Request http) {
  const auto request = parse(desk, http.body);
  if (!request) co_return refusal(request.error());
  const auto archive = archive_of(desk, request->scope, request->archive);
  if (!archive) co_return refusal(archive.error());
  const auto window = co_await window_of(desk, *request, *archive);
  if (!window) co_return refusal(window.error());
  Replayer::NewReplay wanted;
  if (!request->description.empty()) wanted.description = request->description;
  wanted.archive_arn = (*archive)->arn();
  wanted.destination_arn = bus_arn_of(*request, **archive);
  wanted.filter_arns = rule_arns_of(*request, wanted.destination_arn);
  wanted.start = window->start;
  wanted.end = window->end;
  wanted.any_bus = true;
  wanted.pattern = request->pattern;
  wanted.speed = request->speed;
  ReplayKey key{(*archive)->scope, request->name};
  if (key.name.empty()) key.name = "replay-" + desk.replayer.context().rng.uuid().substr(0, 8);
  const std::size_t letters = key.name.find_first_not_of(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");  // AWS: ReplayName
  if (letters != std::string::npos || key.name.size() > 64)
    co_return json_error(400, "\"name\" is up to 64 of A–Z, a–z, 0–9, '.', '_' and '-'");
  const auto started = co_await desk.replayer.start(key, std::move(wanted));
  if (!started) co_return refusal(started.error());
  co_return json_response(200, shown(key.scope, *started));
}

asio::awaitable<net::Response> status(const ReplayDesk& desk, net::Request http) {
  const auto request = parse(desk, http.body);
  if (!request) co_return refusal(request.error());
  const auto replay = desk.replayer.replay({request->scope, request->name});
  if (!replay) co_return refusal(replay.error());
  co_return json_response(200, shown(request->scope, *replay));
}

asio::awaitable<net::Response> cancel(const ReplayDesk& desk, net::Request http) {
  const auto request = parse(desk, http.body);
  if (!request) co_return refusal(request.error());
  const ReplayKey key{request->scope, request->name};
  const auto replay = co_await desk.replayer.cancel(key);
  if (!replay) co_return refusal(replay.error());
  co_return json_response(200, shown(request->scope, *replay));
}

asio::awaitable<net::Response> list(const ReplayDesk& desk, net::Request http) {
  const auto request = parse(desk, http.body);
  if (!request) co_return refusal(request.error());
  json::array replays;
  for (const ReplayRecord& replay : desk.replayer.replays(request->scope))
    replays.push_back(shown(request->scope, replay));
  co_return json_response(200, json::object{{"replays", std::move(replays)}});
}

// The events that are meant. `until`: 0 for the first page, which then fixes it.
asio::awaitable<CatalogResult<EventSelection>> selection_of(const ReplayDesk& desk, const ReplayRequest& request,
                                                            std::uint64_t until) {
  EventSelection selection;
  CO_TRY(selection.archive, archive_of(desk, request.scope, request.archive));
  CO_TRY(selection.window, co_await window_of(desk, request, selection.archive));
  selection.until = until > 0 ? until : desk.replayer.context().reader.head(*selection.archive);
  if (request.pattern) {
    CO_TRY(selection.pattern, PatternFilter::compile(*request.pattern));
  }
  co_return selection;
}

asio::awaitable<Result<std::uint64_t>> events_max(const ReplayDesk& desk, const EventSelection& selection) {
  if (selection.until == 0) co_return std::uint64_t{0};
  const ArchiveWindow window{selection.window.start, selection.window.end, 1, selection.until};
  CO_TRY(const ArchiveReader::Extent extent, co_await desk.replayer.context().reader.extent(selection.archive, window));
  co_return extent.events;
}

asio::awaitable<net::Response> rehearse_page(const ReplayDesk& desk, net::Request http) {
  const auto request = parse(desk, http.body);
  if (!request) co_return refusal(request.error());
  const auto next = numbers_of<2>(request->next.empty() ? "0.1" : request->next);  // until, from
  if (!next) co_return json_error(400, "\"next\" is not from an answer");
  auto selection = co_await selection_of(desk, *request, static_cast<std::uint64_t>((*next)[0]));
  if (!selection) co_return refusal(selection.error());
  const std::string bus = bus_arn_of(*request, *selection->archive);
  const std::optional<Arn> arn = Arn::parse(bus);
  const std::optional<LocalName> local = arn ? local_bus(*arn) : std::nullopt;
  if (!local) co_return json_error(400, "\"bus\" is no bus");
  const ReplayContext& context = desk.replayer.context();
  if (context.leads_elsewhere && context.leads_elsewhere(*arn))
    co_return json_error(400, "the rules of a bus elsewhere are not known here");
  const auto compiled = context.buses.find(local->scope, local->name);
  if (!compiled) co_return json_error(404, "Event bus " + local->name + " does not exist.");
  std::shared_ptr<const Publisher::RuleFilter> only;
  if (!request->rules.empty()) {
    const std::vector<std::string> arns = rule_arns_of(*request, bus);
    only = std::make_shared<const Publisher::RuleFilter>(arns.begin(), arns.end());
  }
  const auto most = co_await events_max(desk, *selection);
  if (!most) co_return refusal(most.error());
  const std::uint64_t until = selection->until;
  const std::string name = request->name.empty() ? "rehearsal" : request->name;
  Result<RehearsalPage> page = RehearsalPage{};
  if (until > 0) {
    page = co_await rehearse(context.reader, std::move(*selection), compiled, std::move(only), name,
                             static_cast<std::uint64_t>((*next)[1]));
  }
  if (!page) co_return refusal(page.error());
  json::array rules;
  for (const auto& [rule, counted] : page->rules)
    rules.push_back(
        json::object{{"ruleArn", rule}, {"events", number(counted.events)}, {"targets", number(counted.targets)}});
  json::object answer{{"seen", number(page->seen)},
                      {"leftOut", number(page->left_out)},
                      {"unmatched", number(page->unmatched)},
                      {"rules", std::move(rules)},
                      {"eventsMax", number(*most)}};
  if (page->next) answer["next"] = std::to_string(until) + "." + std::to_string(*page->next);
  co_return json_response(200, answer);
}

asio::awaitable<net::Response> export_page(const ReplayDesk& desk, net::Request http) {
  const auto request = parse(desk, http.body);
  if (!request) co_return refusal(request.error());
  std::optional<ReplayPlace> after;
  std::uint64_t until = 0;
  if (!request->next.empty()) {
    const auto next = numbers_of<3>(request->next);  // until, time, sequence
    if (!next) co_return json_error(400, "\"next\" is not from an answer");
    until = static_cast<std::uint64_t>((*next)[0]);
    after = ReplayPlace{TimePoint(Duration((*next)[1])), static_cast<std::uint64_t>((*next)[2])};
  }
  auto selection = co_await selection_of(desk, *request, until);
  if (!selection) co_return refusal(selection.error());
  const auto most = co_await events_max(desk, *selection);
  if (!most) co_return refusal(most.error());
  until = selection->until;
  const auto page = co_await export_events(desk.replayer.context().reader, std::move(*selection), after);
  if (!page) co_return refusal(page.error());
  // By hand: no tree keeps the bytes of the events.
  std::string answer = "{\"seen\":" + std::to_string(page->seen) + ",\"eventsMax\":" + std::to_string(*most);
  if (page->next)
    answer += ",\"next\":\"" + std::to_string(until) + "." +
              std::to_string(page->next->time.time_since_epoch().count()) + "." + std::to_string(page->next->sequence) +
              "\"";
  answer += ",\"events\":[";
  for (const std::string& event : page->events) {
    if (&event != &page->events.front()) answer += ',';
    answer += event;
  }
  answer += "]}";
  co_return json_response(200, std::move(answer));
}

asio::awaitable<net::Response> import_page(const ReplayDesk& desk, net::Request http) {
  // As text: no tree keeps the bytes of the events.
  if (!is_json(http.body) || json_kind(http.body) != JsonKind::kObject)
    co_return json_error(400, "the request is not a JSON object");
  Scope scope = desk.default_scope;
  std::string named, wrong;
  std::vector<std::string> events;
  for_each_member(http.body, [&](std::string_view key, std::string_view value) {
    const bool is_text = json_kind(value) == JsonKind::kString;
    std::string* const text = key == "archive"   ? &named
                              : key == "account" ? &scope.account
                              : key == "region"  ? &scope.region
                                                 : nullptr;
    if (text != nullptr && is_text) {
      *text = unescaped(value.substr(1, value.size() - 2));
    } else if (key == "events" && json_kind(value) == JsonKind::kArray) {
      for_each_element(value, [&](std::string_view event) { events.emplace_back(event); });
    } else {
      wrong = key;
    }
  });
  if (!wrong.empty()) co_return json_error(400, "\"" + wrong + "\" is unknown or has the wrong type");
  const auto archive = archive_of(desk, scope, named);
  if (!archive) co_return refusal(archive.error());
  const ReplayContext& context = desk.replayer.context();
  const auto page = co_await import_events(context.storage, *archive, context.clock.now(), std::move(events));
  if (!page) co_return refusal(page.error());
  co_return json_response(200, json::object{{"imported", number(page->imported)}, {"leftOut", number(page->left_out)}});
}

}  // namespace

std::map<std::string, net::Handler, std::less<>> replay_commands(Replayer& replayer, Scope default_scope) {
  const auto desk = std::make_shared<const ReplayDesk>(ReplayDesk{replayer, std::move(default_scope)});
  using Command = asio::awaitable<net::Response> (*)(const ReplayDesk&, net::Request);
  const auto handler = [&](Command command) -> net::Handler {
    return [desk, command](net::Request request) { return command(*desk, std::move(request)); };
  };
  return {{"/_eventbus/replays/start", handler(start)},
          {"/_eventbus/replays/status", handler(status)},
          {"/_eventbus/replays/cancel", handler(cancel)},
          {"/_eventbus/replays/list", handler(list)},
          {"/_eventbus/replays/rehearse", handler(rehearse_page)},
          {"/_eventbus/archives/export", handler(export_page)},
          {"/_eventbus/archives/import", handler(import_page)}};
}

}  // namespace eventbus
