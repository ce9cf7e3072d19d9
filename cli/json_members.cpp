#include "cli/json_members.h"

#include "bus/json_text.h"

namespace eventbus::cli {

std::string_view value_in(std::string_view object, std::string_view name) {
  std::string_view found;
  for_each_member(object, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
  });
  return found;
}

std::string text_in(std::string_view object, std::string_view name) {
  const std::string_view value = value_in(object, name);
  if (value.empty() || json_kind(value) != JsonKind::kString) return "";
  JsonCursor cursor(value);
  return unescaped(*cursor.string());
}

}  // namespace eventbus::cli
