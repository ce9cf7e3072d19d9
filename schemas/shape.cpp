#include "schemas/shape.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Two digits at `at`, within bounds; -1 otherwise.
int two_digits(std::string_view text, std::size_t at, int min, int max) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
  const int value = (text[at] - '0') * 10 + (text[at + 1] - '0');
  return value < min || value > max ? -1 : value;
}

bool has(std::string_view text, std::size_t at, char c) { return at < text.size() && text[at] == c; }

int days_of(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

void merge_into(Shape& a, const Shape& b);

// An object that has come to have too many keys.
void become_dictionary(Shape& shape) {
  Shape all;
  for (const auto& [name, member] : shape.members) merge_into(all, member);
  all.required = false;
  shape.members.clear();
  shape.dictionary = true;
  shape.values.assign(1, std::move(all));
}

void merge_lists(std::vector<Shape>& a, const std::vector<Shape>& b) {
  if (b.empty()) return;
  if (a.empty()) {
    a = b;
    return;
  }
  merge_into(a.front(), b.front());
}

void merge_objects(Shape& a, const Shape& b) {
  if (!b.object) return;
  if (!a.object) {
    a.object = true;
    a.dictionary = b.dictionary;
    a.values = b.values;
    a.members = b.members;
    return;
  }
  if (a.dictionary || b.dictionary) {
    if (!a.dictionary) become_dictionary(a);
    Shape other;
    other.object = true;
    other.dictionary = b.dictionary;
    other.values = b.values;
    other.members = b.members;
    if (!other.dictionary) become_dictionary(other);
    merge_lists(a.values, other.values);
    return;
  }
  for (auto& [name, member] : a.members) {
    const auto found = b.members.find(name);
    if (found == b.members.end())
      member.required = false;
    else
      merge_into(member, found->second);
  }
  for (const auto& [name, member] : b.members) {
    const auto [added, is_new] = a.members.try_emplace(name, member);
    if (is_new) added->second.required = false;
  }
  if (a.members.size() > Shape::kMembersMax) become_dictionary(a);
}

void merge_into(Shape& a, const Shape& b) {
  a.null |= b.null;
  a.boolean |= b.boolean;
  a.number |= b.number;
  a.date_time = (a.string ? a.date_time : b.date_time) && (b.string ? b.date_time : a.date_time);
  a.string |= b.string;
  a.required = a.required && b.required;
  merge_lists(a.elements, b.elements);
  merge_objects(a, b);
}

std::optional<Shape> shape_at(const json::value& value, std::size_t depth) {
  if (depth > Shape::kDepthMax) return std::nullopt;
  Shape shape;
  switch (value.kind()) {
    case json::kind::null:
      shape.null = true;
      break;
    case json::kind::bool_:
      shape.boolean = true;
      break;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      shape.number = true;
      break;
    case json::kind::string:
      shape.string = true;
      shape.date_time = is_date_time(std::string_view(value.get_string()));
      break;
    case json::kind::array: {
      Shape all;
      bool first = true;
      for (const json::value& element : value.get_array()) {
        std::optional<Shape> one = shape_at(element, depth + 1);
        if (!one) return std::nullopt;
        if (std::exchange(first, false))
          all = *std::move(one);
        else
          merge_into(all, *one);
      }
      shape.elements.push_back(std::move(all));
      break;
    }
    case json::kind::object:
      shape.object = true;
      for (const auto& [name, member] : value.get_object()) {
        std::optional<Shape> one = shape_at(member, depth + 1);
        if (!one) return std::nullopt;
        one->required = true;
        shape.members.insert_or_assign(std::string(name), *std::move(one));
      }
      if (shape.members.size() > Shape::kMembersMax) become_dictionary(shape);
      break;
  }
  return shape;
}

json::object typed(std::string_view type) {
  json::object schema;
  schema["type"] = type;
  return schema;
}

}  // namespace

std::size_t Shape::alternatives() const {
  return static_cast<std::size_t>(boolean) + number + string + object + array();
}

std::optional<Shape> shape_of(const json::value& value) { return shape_at(value, 0); }

Shape merged(Shape a, const Shape& b) {
  merge_into(a, b);
  return a;
}

bool is_date_time(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS
  if (text.size() < 20 || !has(text, 4, '-') || !has(text, 7, '-') || !has(text, 13, ':') || !has(text, 16, ':'))
    return false;
  if (text[10] != 'T' && text[10] != 't') return false;
  const int century = two_digits(text, 0, 0, 99), year = two_digits(text, 2, 0, 99);
  const int month = two_digits(text, 5, 1, 12);
  if (century < 0 || year < 0 || month < 0) return false;
  if (two_digits(text, 8, 1, days_of(century * 100 + year, month)) < 0) return false;
  if (two_digits(text, 11, 0, 23) < 0 || two_digits(text, 14, 0, 59) < 0 || two_digits(text, 17, 0, 60) < 0)
    return false;
  std::size_t at = 19;
  if (has(text, at, '.')) {
    const std::size_t begin = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == begin) return false;
  }
  if (at + 1 == text.size()) return text[at] == 'Z' || text[at] == 'z';
  return at + 6 == text.size() && (text[at] == '+' || text[at] == '-') && two_digits(text, at + 1, 0, 23) >= 0 &&
         text[at + 3] == ':' && two_digits(text, at + 4, 0, 59) >= 0;
}

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

// ---- Writing ----

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
    Shape each;
    const auto push = [&](const Shape& only) { one_of.emplace_back(alternative(only, name, parent)); };
    if (shape.boolean)
      push([] {
        Shape only;
        only.boolean = true;
        return only;
      }());
    if (shape.number)
      push([] {
        Shape only;
        only.number = true;
        return only;
      }());
    if (shape.string)
      push([&] {
        Shape only;
        only.string = true;
        only.date_time = shape.date_time;
        return only;
      }());
    if (shape.array())
      push([&] {
        Shape only;
        only.elements = shape.elements;
        return only;
      }());
    if (shape.object) {
      Shape only;
      only.object = true;
      only.dictionary = shape.dictionary;
      only.values = shape.values;
      only.members = shape.members;
      push(only);
    }
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

// ---- Reading ----

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
    merge_into(shape, *other);
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
