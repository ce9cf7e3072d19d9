#include "daemon/service_events_command.h"

#include "bus/iso_time.h"
#include "bus/json_text.h"
#include "bus/trace_header.h"
#include "daemon/json_response.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

struct Entry {
  std::map<std::string, std::string, std::less<>> texts;  // members that are strings, and a Detail that is an object
  std::vector<std::string> resources;
  std::optional<TimePoint> time;

  std::string or_else(std::string_view name, std::string_view otherwise) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string(otherwise) : found->second;
  }
};

std::string text_in(std::string_view value) { return unescaped(value.substr(1, value.size() - 2)); }

std::optional<TimePoint> time_in(std::string_view value) {
  if (json_kind(value) == JsonKind::kString) return parse_iso_time(text_in(value));
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  constexpr double kSecondsMax = 1e12;
  if (error != std::errc() || end != value.data() + value.size() || !(seconds > -kSecondsMax && seconds < kSecondsMax))
    return std::nullopt;
  return TimePoint(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

bool all_strings(std::string_view array, std::vector<std::string>& into) {
  bool strings = true;
  for_each_element(array, [&](std::string_view element) {
    if (json_kind(element) == JsonKind::kString) {
      into.push_back(text_in(element));
    } else {
      strings = false;
    }
  });
  return strings;
}

Result<Entry> parse_entry(std::string_view text) {
  if (json_kind(text) != JsonKind::kObject) return invalid("an entry is not an object");
  constexpr std::string_view kTexts[] = {"Source",  "DetailType", "Detail",     "EventBusName",
                                         "Account", "Region",     "TraceHeader"};
  Entry entry;
  std::string wrong;
  for_each_member(text, [&](std::string_view key, std::string_view value) {
    const std::string name = unescaped(key);
    const JsonKind kind = json_kind(value);
    if (name == "Detail" && kind == JsonKind::kObject) {
      entry.texts[name] = value;
    } else if (std::ranges::find(kTexts, name) != std::end(kTexts) && kind == JsonKind::kString) {
      entry.texts[name] = text_in(value);
    } else if (name == "Resources" && kind == JsonKind::kArray) {
      if (!all_strings(value, entry.resources)) wrong = "\"Resources\" must hold strings";
    } else if (name == "Time" && (kind == JsonKind::kNumber || kind == JsonKind::kString)) {
      entry.time = time_in(value);
      if (!entry.time) wrong = "\"Time\" is no time";
    } else {
      wrong = "member \"" + name + "\" is unknown or has the wrong type";
    }
  });
  if (!wrong.empty()) return invalid(std::move(wrong));
  if (!entry.or_else("Source", "").starts_with("aws."))
    return invalid("\"Source\" must begin with \"aws.\"; other events are put with PutEvents");
  if (entry.or_else("DetailType", "").empty()) return invalid("\"DetailType\" is missing");
  return entry;
}

// The entries of a body in any of its three forms.
Result<std::vector<Entry>> parse_entries(std::string_view text) {
  const std::optional<std::string> document = compact_json(text);
  if (!document) return invalid("the request is not JSON");
  const std::string_view body = *document;
  std::string_view list = body;
  if (json_kind(body) == JsonKind::kObject)
    for_each_member(body, [&](std::string_view key, std::string_view value) {
      if (key == "Entries") list = value;
    });
  std::vector<Entry> entries;
  if (json_kind(list) != JsonKind::kArray) {
    TRY(Entry only, parse_entry(list));
    entries.push_back(std::move(only));
    return entries;
  }
  std::optional<Error> wrong;
  for_each_element(list, [&](std::string_view element) {
    Result<Entry> entry = parse_entry(element);
    if (entry) {
      entries.push_back(std::move(*entry));
    } else if (!wrong) {
      wrong = std::move(entry).error();
    }
  });
  if (wrong) return *wrong;
  if (entries.empty()) return invalid("there is no entry");
  return entries;
}

Result<Publisher::Addressed> accept(const Entry& entry, const ServiceEventsDependencies& dependencies,
                                    const Scope& default_scope, TimePoint now) {
  Publisher::Addressed addressed;
  addressed.scope = {entry.or_else("Account", default_scope.account), entry.or_else("Region", default_scope.region)};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string& account = addressed.scope.account;
  if (account.size() != 12 || !std::ranges::all_of(account, is_digit)) return invalid("\"Account\" must be 12 digits");
  const auto is_of_region = [&](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  if (addressed.scope.region.empty() || !std::ranges::all_of(addressed.scope.region, is_of_region))
    return invalid("\"Region\" must be a region");
  addressed.bus = entry.or_else("EventBusName", "default");
  Event& event = addressed.event;
  event.id = dependencies.rng.uuid();
  event.source = entry.or_else("Source", "");
  event.detail_type = entry.or_else("DetailType", "");
  event.origin = addressed.scope;
  event.time = std::chrono::floor<std::chrono::seconds>(entry.time.value_or(now));
  event.accepted_at = now;
  event.trace_header = propagated_trace_header(entry.or_else("TraceHeader", ""), now, dependencies.rng);
  const std::vector<std::string_view> resources(entry.resources.begin(), entry.resources.end());
  std::optional<std::string> json = make_envelope(event, resources, entry.or_else("Detail", "{}"));
  if (!json) return invalid("\"Detail\" is not a JSON object");
  event.json = std::move(*json);
  return addressed;
}

asio::awaitable<net::Response> answer(ServiceEventsDependencies dependencies, Scope default_scope,
                                      net::Request request) {
  const Result<std::vector<Entry>> entries = parse_entries(request.body);
  if (!entries) co_return json_error(400, entries.error().message);
  std::vector<Publisher::Addressed> events;
  boost::json::array ids;
  for (const Entry& entry : *entries) {
    Result<Publisher::Addressed> event = accept(entry, dependencies, default_scope, dependencies.clock.now());
    if (!event) co_return json_error(400, event.error().message);
    ids.push_back(boost::json::object{{"EventId", event->event.id}});
    events.push_back(std::move(*event));
  }
  const Result<void> published = co_await dependencies.publisher.publish(std::move(events));
  if (!published)
    co_return json_error(published.error().code == ErrorCode::kLimit ? 429 : 503, published.error().message);
  for (std::size_t i = 0; i < entries->size(); ++i) dependencies.metrics.service_event();
  co_return json_response(200, boost::json::object{{"FailedEntryCount", 0}, {"Entries", std::move(ids)}});
}

}  // namespace

net::Handler service_events_command(ServiceEventsDependencies dependencies, Scope default_scope) {
  return [dependencies, default_scope = std::move(default_scope)](net::Request request) {
    return answer(dependencies, default_scope, std::move(request));
  };
}

}  // namespace eventbus
