#include "cli/answer.h"

#include "bus/json_text.h"

#include <charconv>

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
  return unescaped(value.substr(1, value.size() - 2));
}

std::size_t number_in(std::string_view object, std::string_view name) {
  const std::string_view value = value_in(object, name);
  std::size_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

}  // namespace eventbus::cli
