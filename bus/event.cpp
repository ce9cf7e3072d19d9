#include "bus/event.h"

#include "bus/iso_time.h"
#include "bus/json_text.h"

#include <algorithm>

namespace eventbus {

namespace {

constexpr std::size_t kReadableBehind = 64;  // simdjson may look there

}  // namespace

std::optional<std::string> make_envelope(const Event& event, std::span<const std::string_view> resources,
                                         std::string_view detail) {
  std::string json;
  json.reserve(detail.size() + event.source.size() + event.detail_type.size() + 256 + kReadableBehind);
  json += "{\"version\":\"0\",\"id\":\"";
  json += event.id;
  json += "\",\"detail-type\":";
  append_json_string(json, event.detail_type);
  json += ",\"source\":";
  append_json_string(json, event.source);
  json += ",\"account\":\"";
  json += event.origin.account;
  json += "\",\"time\":\"";
  json += format_iso_seconds(event.time);
  json += "\",\"region\":\"";
  json += event.origin.region;
  json += "\",\"resources\":[";
  for (const std::string_view resource : resources) {
    if (json.back() == '"') json += ',';
    append_json_string(json, resource);
  }
  json += "],\"detail\":";
  JsonCursor cursor(detail);
  if (cursor.peek() != '{' || !cursor.compact_value(json, kDetailDepthMax) || !cursor.at_end()) return std::nullopt;
  json += '}';
  make_readable_behind(json);
  return json;
}

void make_readable_behind(std::string& json) { json.reserve(json.size() + kReadableBehind); }

Result<Event> event_of_envelope(std::string json) {
  Event event;
  std::string time;
  for_each_member(json, [&](std::string_view name, std::string_view value) {
    std::string* member = nullptr;
    if (name == "id") member = &event.id;
    if (name == "detail-type") member = &event.detail_type;
    if (name == "source") member = &event.source;
    if (name == "account") member = &event.origin.account;
    if (name == "region") member = &event.origin.region;
    if (name == "time") member = &time;
    if (member && json_kind(value) == JsonKind::kString) *member = unescaped(value.substr(1, value.size() - 2));
  });
  const std::optional<TimePoint> parsed = parse_iso_time(time);
  if (event.id.empty() || event.origin.account.empty() || event.origin.region.empty() || !parsed)
    return internal("A stored event cannot be read: it is no envelope.");
  event.time = *parsed;
  event.json = std::move(json);
  make_readable_behind(event.json);
  return event;
}

Result<Event> replayed_event(std::string_view archived, std::string id, std::string_view replay, TimePoint now) {
  constexpr std::size_t kNone = std::string_view::npos;
  const auto offset_of = [&](std::string_view part) { return static_cast<std::size_t>(part.data() - archived.data()); };
  std::size_t id_begin = kNone, id_end = kNone, name_at = kNone;
  std::string_view time;
  Event event;
  for_each_member(archived, [&](std::string_view name, std::string_view value) {
    const bool is_text = json_kind(value) == JsonKind::kString;
    const std::string_view content = is_text ? value.substr(1, value.size() - 2) : std::string_view();
    if (name == "id" && is_text && name_at == kNone) {
      id_begin = offset_of(content);
      id_end = id_begin + content.size();
    }
    if (name == "detail-type") event.detail_type = unescaped(content);
    if (name == "source") event.source = unescaped(content);
    if (name == "account") event.origin.account = content;
    if (name == "region") event.origin.region = content;
    if (name == "time") time = content;
    if (name == "resources" && id_end != kNone) name_at = offset_of(name) - 1;
  });
  const std::optional<TimePoint> parsed = parse_iso_time(time);
  if (name_at == kNone || !parsed || event.origin.account.empty() || event.origin.region.empty())
    return internal("An archived event cannot be read: it is no envelope.");

  std::string& json = event.json;
  json.reserve(archived.size() + id.size() + replay.size() + 20 + kReadableBehind);
  json.append(archived.substr(0, id_begin)).append(id);
  json.append(archived.substr(id_end, name_at - id_end));
  json.append("\"replay-name\":");
  append_json_string(json, replay);
  json.append(",").append(archived.substr(name_at));
  make_readable_behind(json);
  event.id = std::move(id);
  event.time = *parsed;
  event.accepted_at = now;
  return event;
}

}  // namespace eventbus
