#include "schemas/shape_components.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

json::object typed(std::string_view type) {
  json::object schema;
  schema["type"] = type;
  return schema;
}

}  // namespace

std::string component_name(std::string_view text) {
  std::string name;
  bool capital = true;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c)) {
      capital = true;
      continue;
    }
    name += capital ? upper(c) : c;
    capital = false;
  }
  return name.empty() ? "Item" : name;
}

std::string Components::reserve(std::string wanted) {
  std::string name = wanted;
  for (int number = 1; taken_.contains(name); ++number) name = wanted + "_" + std::to_string(number);
  taken_[name] = true;
  return name;
}

void Components::add(const std::string& name, const Shape& object) {
  json::object schema = typed("object");
  if (object.null) schema["nullable"] = true;
  if (object.dictionary) {
    schema["additionalProperties"] = schema_of(object.values.front(), name + "Item", name);
  } else {
    json::array required;
    json::object properties;
    for (const auto& [property, shape] : object.members) {
      if (shape.required) required.emplace_back(property);
      properties[property] = schema_of(shape, component_name(property), name);
    }
    if (!required.empty()) schema["required"] = std::move(required);  // draft 4: never empty
    if (!properties.empty()) schema["properties"] = std::move(properties);
  }
  schemas_[name] = std::move(schema);
}

json::object Components::schema_of(const Shape& shape, const std::string& name, const std::string& parent) {
  const std::size_t alternatives = shape.alternatives();
  if (alternatives == 1 && shape.object)
    return alternative(shape, name, parent);  // its component says that it is nullable
  json::object schema;
  if (alternatives == 1) {
    schema = alternative(shape, name, parent);
  } else if (alternatives > 1) {
    json::array one_of;
    for (const Shape& part : shape.parts()) one_of.emplace_back(alternative(part, name, parent));
    schema["oneOf"] = std::move(one_of);
  }
  if (shape.null) schema["nullable"] = true;
  return schema;
}

// Of a shape with exactly one type.
json::object Components::alternative(const Shape& shape, const std::string& name, const std::string& parent) {
  if (shape.boolean) return typed("boolean");
  if (shape.number) return typed("number");
  if (shape.string) {
    json::object schema = typed("string");
    if (shape.date_time) schema["format"] = "date-time";
    return schema;
  }
  if (shape.array()) {
    json::object schema = typed("array");
    schema["items"] = schema_of(shape.elements.front(), parent + "Item", parent);
    return schema;
  }
  const std::string component = reserve(name);
  add(component, shape);
  json::object reference;
  reference["$ref"] = prefix_ + component;
  return reference;
}

}  // namespace eventbus::schemas
