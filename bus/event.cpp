#include "bus/event.h"

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
  json.reserve(json.size() + kReadableBehind);
  return json;
}

}  // namespace eventbus
