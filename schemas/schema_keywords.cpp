#include "schemas/schema_keywords.h"

#include "schemas/json_pointer.h"
#include "schemas/json_value.h"

#include <algorithm>
#include <array>
#include <compare>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<std::string_view, TypeSet>, 7> kTypes = {{{"null", kNull},
                                                                         {"boolean", kBoolean},
                                                                         {"object", kObject},
                                                                         {"array", kArray},
                                                                         {"string", kString},
                                                                         {"number", kNumber},
                                                                         {"integer", kInteger}}};

constexpr std::array<std::string_view, 4> kDialects = {
    "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema", "https://json-schema.org/draft-06/schema"};

}  // namespace

Error at(const std::string& location, std::string_view problem) {
  return invalid("at " + (location.empty() ? std::string("the root") : location) + ": " + std::string(problem));
}

std::string text_of(const json::value& value) { return std::string(value.get_string()); }

Result<void> check_dialect(const json::object& root) {
  const json::value* dialect = root.if_contains("$schema");
  if (!dialect) return {};
  if (!dialect->is_string()) return at("/$schema", "must be a string");
  std::string_view uri = dialect->get_string();
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (std::ranges::find(kDialects, uri) != kDialects.end()) return {};
  return at("/$schema", "is not draft-07, which is what is understood here");
}

Result<void> compile_type(SchemaNode& node, const json::value& value) {
  const std::string location = joined(node.location, "type");
  TypeSet types = 0;
  const auto add = [&](const json::value& name) {
    if (!name.is_string()) return false;
    const auto known =
        std::ranges::find(kTypes, std::string_view(name.get_string()), [](const auto& t) { return t.first; });
    if (known == kTypes.end()) return false;
    types = static_cast<TypeSet>(types | known->second);
    return true;
  };
  bool understood = true;
  if (const json::array* list = value.if_array()) {
    understood = !list->empty() && std::ranges::all_of(*list, add);
  } else {
    understood = add(value);
  }
  if (!understood) return at(location, "must be a type of JSON, or a list of them");
  node.types = types;
  return {};
}

Result<void> compile_enumeration(SchemaNode& node, std::string_view keyword, const json::value& value) {
  std::vector<json::value> values;
  if (keyword == "const") {
    values.push_back(value);
  } else {
    if (!value.is_array()) return at(joined(node.location, keyword), "must be a list");
    values.assign(value.get_array().begin(), value.get_array().end());
  }
  if (!node.values) {
    node.values = std::move(values);
    return {};
  }
  // Both are there: what fits both.
  std::erase_if(*node.values, [&](const json::value& one) {
    return std::ranges::none_of(values, [&](const json::value& other) { return equal(one, other); });
  });
  return {};
}

Result<void> compile_number(SchemaNode& node, std::string_view keyword, const json::value& value) {
  std::optional<json::value> NumberRules::*rule = nullptr;
  if (keyword == "minimum") rule = &NumberRules::minimum;
  if (keyword == "maximum") rule = &NumberRules::maximum;
  if (keyword == "exclusiveMinimum") rule = &NumberRules::exclusive_minimum;
  if (keyword == "exclusiveMaximum") rule = &NumberRules::exclusive_maximum;
  if (keyword == "multipleOf") rule = &NumberRules::multiple_of;
  if (!rule) return {};
  if (!value.is_number()) return at(joined(node.location, keyword), "must be a number");
  if (rule == &NumberRules::multiple_of && compare_numbers(value, 0) != std::partial_ordering::greater)
    return at(joined(node.location, keyword), "must be greater than 0");
  rules(node.number).*rule = value;
  return {};
}

Result<void> compile_count(SchemaNode& node, std::string_view keyword, const json::value& value,
                           std::optional<std::size_t>& into) {
  constexpr double kMax = 9007199254740992.0;  // 2^53
  if (value.is_number() && is_integer(value)) {
    const double number = value.to_number<double>();
    if (number >= 0 && number <= kMax) {
      into = static_cast<std::size_t>(number);
      return {};
    }
  }
  return at(joined(node.location, keyword), "must be a whole number, 0 or greater");
}

Result<std::vector<std::string>> texts(const std::string& location, const json::value& value) {
  std::vector<std::string> all;
  if (!value.is_array()) return at(location, "must be a list of strings");
  for (const json::value& item : value.get_array()) {
    if (!item.is_string()) return at(location, "must be a list of strings");
    all.push_back(text_of(item));
  }
  return all;
}

}  // namespace eventbus::schemas
