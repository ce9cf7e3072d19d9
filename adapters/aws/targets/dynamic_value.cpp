#include "adapters/aws/targets/dynamic_value.h"

#include "bus/json_path.h"
#include "bus/json_text.h"

#include <optional>

namespace eventbus::aws {

namespace {

constexpr std::size_t kReadableBytesBehind = 64;  // bus/json_path.h

std::optional<std::string> find(const JsonPath& path, const std::string& event) {
  std::string document = event;
  document.reserve(document.size() + kReadableBytesBehind);
  return path.find(document);
}

}  // namespace

std::string dynamic_text(std::string_view parameter, const std::string& event) {
  const std::optional<JsonPath> path = parameter.starts_with('$') ? JsonPath::parse(parameter) : std::nullopt;
  if (!path) return std::string(parameter);
  const std::string value = find(*path, event).value_or("");
  if (value.size() >= 2 && value.front() == '"') return unescaped(std::string_view(value).substr(1, value.size() - 2));
  return value;
}

std::string json_text_at(std::string_view text, const std::string& event) {
  const std::optional<JsonPath> path = JsonPath::parse(text);
  std::string value = path ? find(*path, event).value_or("") : std::string();
  if (value.empty() || value == "null") return "{}";
  return value;
}

}  // namespace eventbus::aws
