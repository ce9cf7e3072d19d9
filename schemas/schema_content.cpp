#include "schemas/schema_content.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr std::size_t kDepthMax = 1'000;
constexpr std::string_view kComponents = "#/components/schemas/";
constexpr std::string_view kDefinitions = "#/definitions/";

const json::object* object_at(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member && member->is_object() ? &member->get_object() : nullptr;
}

std::optional<std::string_view> text_at(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (!member || !member->is_string()) return std::nullopt;
  return std::string_view(member->get_string());
}

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

// ---- Checking ----

// Walks the schemas of a document as far as JSON Schema's draft 4, 6 and 7 and OpenAPI 3 agree on what they look like.
// What it does not know, it passes over: keywords may be anybody's.
class SchemaCheck {
 public:
  SchemaCheck(const json::object* components, bool any_draft) : components_(components), booleans_(any_draft) {}

  Result<void> check(const json::value& schema, const std::string& at, std::size_t depth = 0) {
    if (depth > kDepthMax) return invalid("Schema at " + at + " is nested too deeply.");
    if (schema.is_bool() && booleans_) return {};
    if (!schema.is_object()) return invalid("Schema at " + at + " must be an object.");
    const json::object& members = schema.get_object();
    TRY_VOID(check_type(members, at));
    TRY_VOID(check_required(members, at));
    TRY_VOID(check_reference(members, at));
    for (const char* name : {"properties", "definitions", "patternProperties", "$defs", "dependentSchemas"})
      TRY_VOID(check_map(members, name, at, depth));
    for (const char* name : {"allOf", "anyOf", "oneOf"}) TRY_VOID(check_list(members, name, at, depth));
    for (const char* name : {"not", "if", "then", "else", "contains", "propertyNames"}) {
      if (const json::value* inner = members.if_contains(name)) TRY_VOID(check(*inner, at + "/" + name, depth + 1));
    }
    for (const char* name : {"additionalProperties", "additionalItems"}) {
      const json::value* inner = members.if_contains(name);
      if (inner && !inner->is_bool()) TRY_VOID(check(*inner, at + "/" + name, depth + 1));
    }
    if (const json::value* items = members.if_contains("items")) {
      if (items->is_array()) return check_list(members, "items", at, depth);
      TRY_VOID(check(*items, at + "/items", depth + 1));
    }
    if (const json::value* list = members.if_contains("enum"); list && !list->is_array())
      return invalid("enum at " + at + " must be an array.");
    return {};
  }

 private:
  static Result<void> check_type(const json::object& schema, const std::string& at) {
    constexpr std::string_view kTypes[] = {"array", "boolean", "integer", "null", "number", "object", "string"};
    const auto known = [&](const json::value& type) {
      return type.is_string() && std::ranges::find(kTypes, std::string_view(type.get_string())) != std::end(kTypes);
    };
    const json::value* type = schema.if_contains("type");
    const bool good = !type || known(*type) ||
                      (type->is_array() && !type->get_array().empty() && std::ranges::all_of(type->get_array(), known));
    if (!good) return invalid("type at " + at + " is not a type of JSON Schema.");
    return {};
  }

  static Result<void> check_required(const json::object& schema, const std::string& at) {
    const json::value* required = schema.if_contains("required");
    if (!required) return {};
    const auto is_text = [](const json::value& name) { return name.is_string(); };
    if (!required->is_array() || !std::ranges::all_of(required->get_array(), is_text))
      return invalid("required at " + at + " must be an array of property names.");
    return {};
  }

  Result<void> check_reference(const json::object& schema, const std::string& at) const {
    const json::value* reference = schema.if_contains("$ref");
    if (!reference) return {};
    if (!reference->is_string()) return invalid("$ref at " + at + " must be a string.");
    std::string_view name(reference->get_string());
    if (!components_ || !name.starts_with(kComponents)) return {};
    name.remove_prefix(kComponents.size());
    // A JSON pointer into a component, or a name with escapes, is not followed.
    if (name.find_first_of("/~%") != std::string_view::npos || components_->contains(name)) return {};
    return invalid("$ref at " + at + " names the component " + quoted(name) + ", which does not exist.");
  }

  Result<void> check_map(const json::object& schema, const char* name, const std::string& at, std::size_t depth) {
    const json::value* map = schema.if_contains(name);
    if (!map) return {};
    if (!map->is_object()) return invalid(std::string(name) + " at " + at + " must be an object.");
    for (const auto& [key, inner] : map->get_object())
      TRY_VOID(check(inner, at + "/" + name + "/" + std::string(key), depth + 1));
    return {};
  }

  Result<void> check_list(const json::object& schema, const char* name, const std::string& at, std::size_t depth) {
    const json::value* list = schema.if_contains(name);
    if (!list) return {};
    if (!list->is_array()) return invalid(std::string(name) + " at " + at + " must be an array.");
    std::size_t index = 0;
    for (const json::value& inner : list->get_array())
      TRY_VOID(check(inner, at + "/" + name + "/" + std::to_string(index++), depth + 1));
    return {};
  }

  const json::object* components_;  // of OpenAPI
  const bool booleans_;             // `true` and `false` are schemas: from draft 6
};

Result<void> check_open_api(const json::object& document) {
  const std::optional<std::string_view> version = text_at(document, "openapi");
  if (!version || !version->starts_with("3.")) return invalid("OpenApi3 content must begin with openapi: \"3.x.y\".");
  const json::object* info = object_at(document, "info");
  if (!info || !text_at(*info, "title") || !text_at(*info, "version"))
    return invalid("OpenApi3 content must have info with title and version.");
  const json::value* paths = document.if_contains("paths");
  if (!paths && version->starts_with("3.0")) return invalid("OpenApi3 content must have paths.");
  if (paths && !paths->is_object()) return invalid("paths must be an object.");
  const json::value* components = document.if_contains("components");
  if (!components) return {};
  if (!components->is_object()) return invalid("components must be an object.");
  const json::value* schemas = components->get_object().if_contains("schemas");
  if (!schemas) return {};
  if (!schemas->is_object()) return invalid("components.schemas must be an object.");
  SchemaCheck check(&schemas->get_object(), version->starts_with("3.1"));
  for (const auto& [name, schema] : schemas->get_object())
    TRY_VOID(check.check(schema, std::string(kComponents) + std::string(name)));
  return {};
}

Result<void> check_json_schema(const json::object& document) {
  constexpr std::string_view kDrafts[] = {"http://json-schema.org/draft-04/schema",
                                          "http://json-schema.org/draft-06/schema",
                                          "http://json-schema.org/draft-07/schema", "http://json-schema.org/schema"};
  bool later = false;
  if (const json::value* named = document.if_contains("$schema")) {
    std::string_view draft;
    if (named->is_string()) draft = named->get_string();
    if (draft.starts_with("https:")) draft.remove_prefix(std::string_view("https:").size());
    if (draft.starts_with("http:")) draft.remove_prefix(std::string_view("http:").size());
    if (draft.ends_with('#')) draft.remove_suffix(1);
    const auto same = [draft](std::string_view known) {
      return known.substr(std::string_view("http:").size()) == draft;
    };
    if (std::ranges::none_of(kDrafts, same))
      return invalid("$schema must name draft 4 of JSON Schema (drafts 6 and 7 are taken here, too).");
    later = draft.find("draft-04") == std::string_view::npos;
  }
  return SchemaCheck(nullptr, later).check(document, "#");
}

// ---- Exporting ----

std::string draft4_reference(std::string_view reference, std::string_view root) {
  if (!reference.starts_with(kComponents)) return std::string(reference);
  const std::string_view name = reference.substr(kComponents.size());
  return name == root ? "#" : std::string(kDefinitions) + std::string(name);
}

json::value draft4_value(const json::value& value, std::string_view root);

void make_nullable(json::object& schema) {
  json::object null;
  null["type"] = "null";
  if (json::value* type = schema.if_contains("type"); type && type->is_string()) {
    json::array both{*type, "null"};
    *type = std::move(both);
    if (json::value* values = schema.if_contains("enum"); values && values->is_array())
      values->get_array().emplace_back(nullptr);
  } else if (json::value* one_of = schema.if_contains("oneOf"); one_of && one_of->is_array()) {
    one_of->get_array().emplace_back(std::move(null));
  } else if (schema.contains("$ref")) {
    json::object any;
    json::array& alternatives = any["anyOf"].emplace_array();
    alternatives.emplace_back(std::move(schema));
    alternatives.emplace_back(std::move(null));
    schema = std::move(any);
  }  // else it says nothing about types: null is allowed already
}

// A map of names to schemas: the names are not keywords.
json::value draft4_map(const json::value& map, std::string_view root) {
  if (!map.is_object()) return map;
  json::object out;
  for (const auto& [name, schema] : map.get_object()) out[name] = draft4_value(schema, root);
  return out;
}

json::value draft4_value(const json::value& value, std::string_view root) {
  if (value.is_array()) {
    json::array out;
    for (const json::value& each : value.get_array()) out.push_back(draft4_value(each, root));
    return out;
  }
  if (!value.is_object()) return value;
  json::object out;
  bool nullable = false;
  for (const auto& [name, member] : value.get_object()) {
    if (name == "nullable") {
      nullable = member.is_bool() && member.get_bool();
    } else if (name == "$ref" && member.is_string()) {
      out[name] = draft4_reference(std::string_view(member.get_string()), root);
    } else if (name == "properties" || name == "patternProperties" || name == "definitions") {
      out[name] = draft4_map(member, root);
    } else if (name == "enum" || name == "default" || name == "example" || name == "examples" || name == "const") {
      out[name] = member;  // data, whatever it looks like
    } else {
      out[name] = draft4_value(member, root);
    }
  }
  if (nullable) make_nullable(out);
  return out;
}

}  // namespace

Result<json::object> parse_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code failure;
  json::value value = json::parse(text, failure, {}, options);
  if (failure) return invalid("Not valid JSON: " + failure.message() + ".");
  if (!value.is_object()) return invalid("Not a JSON object.");
  return std::move(value.get_object());
}

Result<void> check_content(std::string_view content, SchemaType type) {
  TRY(const json::object document, parse_object(content));
  return type == SchemaType::kOpenApi3 ? check_open_api(document) : check_json_schema(document);
}

bool same_content(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const Result<json::object> first = parse_object(a), second = parse_object(b);
  return first && second && json::value(*first) == json::value(*second);
}

Result<json::object> draft4_of(const json::object& open_api) {
  const json::object* components = object_at(open_api, "components");
  const json::object* schemas = components ? object_at(*components, "schemas") : nullptr;
  if (!schemas || schemas->empty()) return invalid("The schema has no components.");
  const json::object* info = object_at(open_api, "info");
  std::string title;
  if (info) title = text_at(*info, "title").value_or("");
  std::string root = "AWSEvent";
  if (!object_at(*schemas, root)) root = title;
  if (!object_at(*schemas, root) && schemas->size() == 1) root = schemas->begin()->key();
  const json::object* event = object_at(*schemas, root);
  if (!event) return invalid("No component of the schema is the event: AWSEvent, or the one that info.title names.");

  json::object out;
  out["$schema"] = "http://json-schema.org/draft-04/schema#";
  out["title"] = title.empty() ? root : title;
  json::object definitions;
  for (const auto& [name, schema] : *schemas) {
    if (name != root) definitions[name] = draft4_value(schema, root);
  }
  if (!definitions.empty()) out["definitions"] = std::move(definitions);
  json::value own = draft4_value(*event, root);
  for (auto& [name, member] : own.get_object()) out[name] = std::move(member);
  return out;
}

Result<json::object> json_schema_of(std::string_view content, SchemaType type) {
  TRY(json::object document, parse_object(content));
  if (type == SchemaType::kJsonSchemaDraft4) return document;
  return draft4_of(document);
}

}  // namespace eventbus::schemas
