#include "schemas/shape_reader.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

class SchemaReader {
 public:
  SchemaReader(const json::object& components, std::string_view prefix) : components_(components), prefix_(prefix) {}

  std::optional<Shape> read(const json::object& schema, std::size_t depth) {
    if (depth > Shape::kDepthMax || ++schemas_ > kSchemasMax) return std::nullopt;
    Shape shape;
    for (const auto& [key, value] : schema) {
      if (key == "nullable") {
        if (!value.is_bool()) return std::nullopt;
        shape.null |= value.get_bool();
      } else if (key == "$ref") {
        if (!add_reference(shape, value, depth)) return std::nullopt;
      } else if (key == "oneOf") {
        if (!add_alternatives(shape, value, depth)) return std::nullopt;
      } else if (key == "type") {
        if (!add_type(shape, schema, value, depth)) return std::nullopt;
      } else if (!kBesideType.contains(key)) {
        return std::nullopt;
      }
    }
    return shape;
  }

 private:
  // A reference may stand in many places of a document that somebody wrote; one that Components wrote stands in one.
  static constexpr std::size_t kSchemasMax = 100'000;
  struct Keywords {
    static constexpr std::string_view kAll[] = {"format", "items", "required", "properties", "additionalProperties"};
    bool contains(std::string_view key) const { return std::ranges::find(kAll, key) != std::end(kAll); }
  };
  static constexpr Keywords kBesideType{};

  bool add(Shape& shape, std::optional<Shape> other) {
    if (!other) return false;
    shape = merged(std::move(shape), *other);
    return true;
  }

  bool add_reference(Shape& shape, const json::value& value, std::size_t depth) {
    if (!value.is_string()) return false;
    std::string_view name(value.get_string());
    if (!name.starts_with(prefix_)) return false;
    name.remove_prefix(prefix_.size());
    const json::value* component = components_.if_contains(name);
    return component && component->is_object() && add(shape, read(component->get_object(), depth + 1));
  }

  bool add_alternatives(Shape& shape, const json::value& value, std::size_t depth) {
    if (!value.is_array()) return false;
    for (const json::value& each : value.get_array()) {
      if (!each.is_object() || !add(shape, read(each.get_object(), depth + 1))) return false;
    }
    return true;
  }

  bool add_type(Shape& shape, const json::object& schema, const json::value& type, std::size_t depth) {
    if (!type.is_string()) return false;
    const std::string_view name(type.get_string());
    if (name == "boolean") shape.boolean = true;
    if (name == "number" || name == "integer") shape.number = true;
    if (name == "string") {
      const json::value* format = schema.if_contains("format");
      shape.string = true;
      shape.date_time = format && format->is_string() && format->get_string() == "date-time";
    }
    if (name == "array") return add_array(shape, schema, depth);
    if (name == "object") return add_object(shape, schema, depth);
    return shape.alternatives() > 0;
  }

  bool add_array(Shape& shape, const json::object& schema, std::size_t depth) {
    const json::value* items = schema.if_contains("items");
    if (!items || !items->is_object()) return false;
    std::optional<Shape> element = read(items->get_object(), depth + 1);
    if (!element) return false;
    shape.elements.assign(1, *std::move(element));
    return true;
  }

  bool add_object(Shape& shape, const json::object& schema, std::size_t depth) {
    shape.object = true;
    if (const json::value* values = schema.if_contains("additionalProperties")) {
      if (!values->is_object()) return false;
      std::optional<Shape> value = read(values->get_object(), depth + 1);
      if (!value) return false;
      shape.dictionary = true;
      shape.values.assign(1, *std::move(value));
      return true;
    }
    if (const json::value* properties = schema.if_contains("properties")) {
      if (!properties->is_object()) return false;
      for (const auto& [name, property] : properties->get_object()) {
        if (!property.is_object()) return false;
        std::optional<Shape> member = read(property.get_object(), depth + 1);
        if (!member) return false;
        shape.members.insert_or_assign(std::string(name), *std::move(member));
      }
    }
    const json::value* required = schema.if_contains("required");
    if (!required) return true;
    if (!required->is_array()) return false;
    for (const json::value& name : required->get_array()) {
      if (!name.is_string()) return false;
      const auto member = shape.members.find(std::string_view(name.get_string()));
      if (member == shape.members.end()) return false;
      member->second.required = true;
    }
    return true;
  }

  const json::object& components_;
  const std::string_view prefix_;
  std::size_t schemas_ = 0;
};

}  // namespace

std::optional<Shape> shape_of_schema(const json::object& schema, const json::object& components,
                                     std::string_view prefix) {
  return SchemaReader(components, prefix).read(schema, 0);
}

}  // namespace eventbus::schemas
