#include "schemas/type_model.h"

#include "schemas/schema_content.h"
#include "schemas/shape_components.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr std::size_t kDepthMax = 255;
constexpr std::size_t kObjectsMax = 5'000;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_lower(char c) { return is_small(c) || (c >= '0' && c <= '9'); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// "EC2InstanceStateChange" → "ec2_instance_state_change"
std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins_word =
        is_upper(name[i]) && i > 0 && (is_lower(name[i - 1]) || (i + 1 < name.size() && is_small(name[i + 1])));
    if (begins_word && !out.ends_with('_')) out += '_';
    out += is_upper(name[i]) || is_lower(name[i]) ? lower(name[i]) : '_';
  }
  return out;
}

std::string package_part(std::string_view text) {
  std::string part;
  for (const char c : text) part += is_upper(c) || is_lower(c) ? lower(c) : '_';
  if (part.empty() || !is_small(part[0])) part.insert(0, "p_");
  return part;
}

std::vector<std::string> package_of(std::string_view schema_name) {
  std::vector<std::string> package = {"schema"};
  const std::size_t at = schema_name.find('@');
  const std::string_view source = at == std::string_view::npos ? std::string_view() : schema_name.substr(0, at);
  for (std::size_t begin = 0; begin < source.size();) {
    const std::size_t end = std::min(source.find('.', begin), source.size());
    if (end > begin) package.push_back(package_part(source.substr(begin, end - begin)));
    begin = end + 1;
  }
  const std::string_view type = at == std::string_view::npos ? schema_name : schema_name.substr(at + 1);
  package.push_back(package_part(snake_case(component_name(type))));
  return package;
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member && member->is_object() ? &member->get_object() : nullptr;
}

// Reads a JSON Schema. Each object becomes a type once, be it referred to, or written where it is used.
class ModelReader {
 public:
  explicit ModelReader(const json::object& document) : document_(document) {}

  Result<TypeModel> read(std::string_view schema_name) {
    TypeModel model;
    model.package = package_of(schema_name);
    const json::value* title = document_.if_contains("title");
    std::string name = document_.contains("x-amazon-events-source") ? "AWSEvent" : "Event";
    if (name == "Event" && title && title->is_string()) name = component_name(std::string_view(title->get_string()));
    const TypeUse root = use_of_schema(document_, name, 0);
    if (root.kind != TypeUse::kObject) return invalid("The schema does not describe a JSON object.");
    if (objects_.size() > kObjectsMax) return invalid("The schema has too many objects for code.");
    model.root = root.object;
    model.objects = std::move(objects_);
    return model;
  }

 private:
  TypeUse use_of(const json::value& schema, const std::string& name, std::size_t depth) {
    return schema.is_object() ? use_of_schema(schema.get_object(), name, depth) : TypeUse{};
  }

  TypeUse use_of_schema(const json::object& schema, const std::string& name, std::size_t depth) {
    if (depth > kDepthMax || objects_.size() > kObjectsMax) return {};
    if (const json::value* reference = schema.if_contains("$ref")) return use_of_reference(*reference, depth);
    const json::object* only = only_alternative(schema);
    if (only) return use_of_schema(*only, name, depth + 1);
    const std::string_view type = type_of(schema);
    if (type == "boolean") return {TypeUse::kBoolean, {}, {}};
    if (type == "integer") return {TypeUse::kInteger, {}, {}};
    if (type == "number") return {TypeUse::kNumber, {}, {}};
    if (type == "string") {
      const json::value* format = schema.if_contains("format");
      const bool time = format && format->is_string() && format->get_string() == "date-time";
      return {time ? TypeUse::kDateTime : TypeUse::kString, {}, {}};
    }
    if (type == "array") {
      const json::value* items = schema.if_contains("items");
      return {TypeUse::kList, {items ? use_of(*items, name + "Item", depth + 1) : TypeUse{}}, {}};
    }
    if (type == "object") return use_of_object(schema, name, depth);
    return {};
  }

  TypeUse use_of_object(const json::object& schema, const std::string& name, std::size_t depth) {
    const auto known = named_.find(&schema);
    if (known != named_.end()) return {TypeUse::kObject, {}, known->second};
    const json::object* properties = object_at(schema, "properties");
    const json::value* values = schema.if_contains("additionalProperties");
    const bool is_named = depth == 0 || named_roots_.contains(&schema);
    if (!properties && (values || !is_named)) {
      return {TypeUse::kMap, {values ? use_of(*values, name + "Item", depth + 1) : TypeUse{}}, {}};
    }
    const std::string own = free_name(name);
    named_[&schema] = own;
    const std::size_t index = objects_.size();
    objects_.push_back({own, {}});
    std::set<std::string, std::less<>> required;
    if (const json::value* list = schema.if_contains("required"); list && list->is_array()) {
      for (const json::value& each : list->get_array())
        if (each.is_string()) required.emplace(each.get_string());
    }
    std::vector<TypeProperty> read;
    if (properties) {
      for (const auto& [property, inner] : *properties)
        read.push_back({std::string(property), use_of(inner, component_name(property), depth + 1),
                        required.contains(std::string_view(property))});
    }
    objects_[index].properties = std::move(read);
    return {TypeUse::kObject, {}, own};
  }

  TypeUse use_of_reference(const json::value& reference, std::size_t depth) {
    if (!reference.is_string()) return {};
    std::string_view name(reference.get_string());
    if (name == "#") return use_of_schema(document_, "Event", depth + 1);
    for (const auto& [prefix, member] :
         {std::pair{std::string_view("#/definitions/"), "definitions"}, {std::string_view("#/$defs/"), "$defs"}}) {
      if (!name.starts_with(prefix)) continue;
      const json::object* definitions = object_at(document_, member);
      const json::object* named = definitions ? object_at(*definitions, name.substr(prefix.size())) : nullptr;
      if (!named) return {};
      named_roots_.insert(named);
      return use_of_schema(*named, component_name(name.substr(prefix.size())), depth + 1);
    }
    return {};
  }

  // What can be null besides has the type that it has otherwise; a real mix is anything.
  static const json::object* only_alternative(const json::object& schema) {
    for (const char* keyword : {"oneOf", "anyOf", "allOf"}) {
      const json::value* list = schema.if_contains(keyword);
      if (!list || !list->is_array()) continue;
      const json::object* only = nullptr;
      for (const json::value& each : list->get_array()) {
        if (!each.is_object()) return nullptr;
        if (type_of(each.get_object()) == "null") continue;
        if (only) return nullptr;
        only = &each.get_object();
      }
      return only;
    }
    return nullptr;
  }

  // Empty: none, or several.
  static std::string_view type_of(const json::object& schema) {
    const json::value* type = schema.if_contains("type");
    if (!type) return schema.contains("properties") ? std::string_view("object") : std::string_view();
    if (type->is_string()) return std::string_view(type->get_string());
    if (!type->is_array()) return {};
    std::string_view only;
    for (const json::value& each : type->get_array()) {
      if (!each.is_string()) return {};
      const std::string_view name(each.get_string());
      if (name == "null") continue;
      if (!only.empty()) return {};
      only = name;
    }
    return only;
  }

  // File systems that do not tell cases apart are common where code is unpacked.
  std::string free_name(const std::string& wanted) {
    std::string base = wanted;
    if (base.empty() || !is_upper(base[0])) base.insert(0, "T");
    std::string name = base;
    const auto folded = [](std::string text) {
      std::ranges::transform(text, text.begin(), lower);
      return text;
    };
    for (int number = 1; !taken_.insert(folded(name)).second; ++number) name = base + "_" + std::to_string(number);
    return name;
  }

  const json::object& document_;
  std::vector<ObjectType> objects_;
  std::map<const json::object*, std::string> named_;
  std::set<const json::object*> named_roots_;  // what stands in definitions is a type even without properties
  // What the code of some language has already: the marshaller, and types that it names.
  std::set<std::string> taken_ = {"marshaller", "marshalevent", "unmarshalevent", "array", "date", "object", "type"};
};

}  // namespace

Result<TypeModel> type_model(std::string_view content, SchemaType type, std::string_view schema_name) {
  TRY(const json::object document, json_schema_of(content, type));
  return ModelReader(document).read(schema_name);
}

}  // namespace eventbus::schemas
