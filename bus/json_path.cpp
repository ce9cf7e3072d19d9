#include "bus/json_path.h"

#include "bus/json_text.h"

#include <algorithm>
#include <charconv>
#include <span>

namespace eventbus {

namespace {

constexpr std::size_t kIndexDigitsMax = 9;

// Characters that would begin what the dialect rejects (wildcards, filters, bracket names, functions) or end a name.
bool in_name(char c) {
  constexpr std::string_view kForbidden = ".[]*'\"()?@,";
  return static_cast<unsigned char>(c) > ' ' && c != 0x7F && kForbidden.find(c) == std::string_view::npos;
}

std::string_view take_name(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, in_name);
  const std::string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return name;
}

std::optional<JsonPath::Step> take_index(std::string_view& text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view inside = text.substr(0, close);
  text.remove_prefix(close + 1);
  if (inside == "*") return JsonPath::Step(JsonPath::AnyIndex{});
  if (inside.empty() || inside.size() > kIndexDigitsMax) return std::nullopt;
  if (!std::ranges::all_of(inside, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::size_t index = 0;
  std::from_chars(inside.data(), inside.data() + inside.size(), index);
  return JsonPath::Step(index);
}

bool same_key(std::string_view escaped, std::string_view name) {
  if (escaped.find('\\') == std::string_view::npos) return escaped == name;
  return unescaped(escaped) == name;
}

// The value a name or an index leads to; of duplicate names the last one, as parsers into maps have it.
std::optional<std::string_view> step_into(std::string_view value, const JsonPath::Step& step) {
  std::optional<std::string_view> found;
  if (const auto* name = std::get_if<std::string>(&step)) {
    if (json_kind(value) != JsonKind::kObject) return std::nullopt;
    for_each_member(value, [&](std::string_view key, std::string_view member) {
      if (same_key(key, *name)) found = member;
    });
  } else if (const auto* index = std::get_if<std::size_t>(&step)) {
    if (json_kind(value) != JsonKind::kArray) return std::nullopt;
    std::size_t position = 0;
    for_each_element(value, [&](std::string_view element) {
      if (position++ == *index) found = element;
    });
  }
  return found;
}

// Appends everything `steps` lead to below `value`, separated by commas. Elements that lack the rest of the path are
// left out.
void collect(std::string_view value, std::span<const JsonPath::Step> steps, std::string& out) {
  if (steps.empty()) {
    if (out.size() > 1) out += ',';
    JsonCursor(value).compact_value(out);
    return;
  }
  if (std::holds_alternative<JsonPath::AnyIndex>(steps.front())) {
    if (json_kind(value) != JsonKind::kArray) return;
    for_each_element(value, [&](std::string_view element) { collect(element, steps.subspan(1), out); });
    return;
  }
  if (const std::optional<std::string_view> next = step_into(value, steps.front()))
    collect(*next, steps.subspan(1), out);
}

}  // namespace

std::optional<JsonPath> JsonPath::parse(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  text.remove_prefix(1);
  JsonPath path;
  while (!text.empty()) {
    const char opener = text.front();
    text.remove_prefix(1);
    if (opener == '.') {
      const std::string_view name = take_name(text);
      if (name.empty()) return std::nullopt;
      path.steps_.emplace_back(std::string(name));
    } else if (opener == '[') {
      std::optional<Step> step = take_index(text);
      if (!step) return std::nullopt;
      path.steps_.push_back(std::move(*step));
    } else {
      return std::nullopt;
    }
  }
  return path;
}

std::optional<std::string> JsonPath::find(std::string_view document) const {
  std::string_view value = document;
  for (auto step = steps_.begin(); step != steps_.end(); ++step) {
    if (std::holds_alternative<AnyIndex>(*step)) {
      if (json_kind(value) != JsonKind::kArray) return std::nullopt;
      std::string array = "[";
      collect(value, std::span(step, steps_.end()), array);
      array += ']';
      return array;
    }
    const std::optional<std::string_view> next = step_into(value, *step);
    if (!next) return std::nullopt;
    value = *next;
  }
  std::string found;
  found.reserve(value.size());
  JsonCursor(value).compact_value(found);
  return found;
}

}  // namespace eventbus
