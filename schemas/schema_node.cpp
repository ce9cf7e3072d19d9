#include "schemas/schema_node.h"

#include "schemas/json_value.h"

#include <algorithm>
#include <array>

namespace eventbus::schemas {

namespace json = boost::json;

TypeSet type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kNull;
    case json::kind::bool_:
      return kBoolean;
    case json::kind::object:
      return kObject;
    case json::kind::array:
      return kArray;
    case json::kind::string:
      return kString;
    default:
      return is_integer(value) ? kInteger : kFraction;
  }
}

std::string names_of(TypeSet types) {
  constexpr std::array<std::pair<TypeSet, std::string_view>, 8> kNames = {{{kNull, "null"},
                                                                           {kBoolean, "boolean"},
                                                                           {kObject, "object"},
                                                                           {kArray, "array"},
                                                                           {kString, "string"},
                                                                           {kNumber, "number"},
                                                                           {kInteger, "integer"},
                                                                           {kFraction, "fraction"}}};
  std::string names;
  for (const auto& [bits, name] : kNames) {
    if ((types & bits) != bits) continue;
    if (!names.empty()) names += " or ";
    names += name;
    types = static_cast<TypeSet>(types & ~bits);
  }
  return names;
}

const Property* ObjectRules::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(properties, name, {}, &Property::name);
  return found != properties.end() && found->name == name ? &*found : nullptr;
}

}  // namespace eventbus::schemas
