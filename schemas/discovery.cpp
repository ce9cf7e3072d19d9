#include "schemas/discovery.h"

#include "schemas/schema_content.h"
#include "schemas/shape_components.h"
#include "schemas/shape_reader.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr std::string_view kPrefix = "#/components/schemas/";
constexpr const char* kEnvelope = "AWSEvent";
constexpr const char* kWithoutEnvelope = "Event";
constexpr const char* kSource = "x-amazon-events-source";
constexpr const char* kDetailType = "x-amazon-events-detail-type";

const std::string* text_member(const json::object& object, std::string_view name, std::string& held) {
  const json::value* member = object.if_contains(name);
  if (!member || !member->is_string()) return nullptr;
  held = std::string(member->get_string());
  return &held;
}

json::object string_schema() {
  json::object schema;
  schema["type"] = "string";
  return schema;
}

// AWS: the properties and the order of its discovered schemas.
json::object envelope_schema(const LearnedSchema& learned, const std::string& detail) {
  json::object properties;
  json::object& reference = properties["detail"].emplace_object();
  reference["$ref"] = std::string(kPrefix) + detail;
  for (const char* name : {"account", "detail-type", "id", "region"}) properties[name] = string_schema();
  json::object& resources = properties["resources"].emplace_object();
  resources["type"] = "array";
  resources["items"] = string_schema();
  properties["source"] = string_schema();
  json::object time = string_schema();
  time["format"] = "date-time";
  properties["time"] = std::move(time);
  properties["version"] = string_schema();

  json::object schema;
  schema["type"] = "object";
  schema["required"] =
      json::array{"detail-type", "resources", "detail", "id", "source", "time", "region", "version", "account"};
  schema[kDetailType] = learned.detail_type;
  schema[kSource] = learned.source;
  schema["properties"] = std::move(properties);
  return schema;
}

json::object write_open_api(const LearnedSchema& learned) {
  Components components{std::string(kPrefix)};
  std::string title = kWithoutEnvelope;
  json::object schemas;
  if (learned.envelope) {
    components.reserve(kEnvelope);
    title = components.reserve(component_name(learned.detail_type));
    schemas[kEnvelope] = envelope_schema(learned, title);
  } else {
    components.reserve(title);
  }
  components.add(title, learned.shape);
  // The components that people look for come first: the envelope, the detail, and then what is in it.
  json::object found = components.take();
  schemas[title] = std::move(found[title]);
  for (auto& [name, schema] : found) {
    if (name != title) schemas[name] = std::move(schema);
  }

  json::object document;
  document["openapi"] = "3.0.0";
  json::object& info = document["info"].emplace_object();
  info["version"] = "1.0.0";
  info["title"] = title;
  document["paths"].emplace_object();
  document["components"].emplace_object()["schemas"] = std::move(schemas);
  return document;
}

const json::object* object_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member && member->is_object() ? &member->get_object() : nullptr;
}

}  // namespace

std::string discovered_schema_name(std::string_view source, std::string_view detail_type) {
  std::string name(source);
  std::ranges::replace_if(
      name,
      [](char c) {
        return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
                 c == '-' || c == '@');
      },
      '-');
  return name + "@" + component_name(detail_type);
}

Result<LearnedSchema> learn(std::string_view event) {
  TRY(const json::object object, parse_object(event));
  LearnedSchema learned;
  std::string source, detail_type;
  const json::object* detail = object_member(object, "detail");
  if (text_member(object, "source", source) && text_member(object, "detail-type", detail_type) && detail) {
    learned.envelope = true;
    learned.source = std::move(source);
    learned.detail_type = std::move(detail_type);
  }
  std::optional<Shape> shape = shape_of(learned.envelope ? json::value(*detail) : json::value(object));
  if (!shape) return invalid("Events are nested 255 levels at most.");
  learned.shape = *std::move(shape);
  return learned;
}

Result<LearnedSchema> learned_together(LearnedSchema a, const LearnedSchema& b) {
  if (a.envelope != b.envelope || a.source != b.source || a.detail_type != b.detail_type)
    return invalid("Events must be of one source and detail-type.");
  a.shape = merged(std::move(a.shape), b.shape);
  return a;
}

std::string write_schema(const LearnedSchema& schema, SchemaType type) {
  json::object document = write_open_api(schema);
  if (type == SchemaType::kJsonSchemaDraft4) {
    Result<json::object> draft4 = draft4_of(document);
    assert(draft4);  // it is our own document
    document = *std::move(draft4);
  }
  return json::serialize(document);
}

std::optional<LearnedSchema> read_schema(std::string_view content) {
  const Result<json::object> document = parse_object(content);
  if (!document) return std::nullopt;
  const json::object* components = object_member(*document, "components");
  const json::object* schemas = components ? object_member(*components, "schemas") : nullptr;
  const json::object* info = object_member(*document, "info");
  std::string title;
  if (!schemas || !info || !text_member(*info, "title", title)) return std::nullopt;
  const json::object* described = object_member(*schemas, title);
  if (!described) return std::nullopt;

  LearnedSchema learned;
  if (const json::object* envelope = object_member(*schemas, kEnvelope)) {
    if (!text_member(*envelope, kSource, learned.source) || !text_member(*envelope, kDetailType, learned.detail_type))
      return std::nullopt;
    learned.envelope = true;
  }
  std::optional<Shape> shape = shape_of_schema(*described, *schemas, kPrefix);
  if (!shape || !shape->object) return std::nullopt;
  learned.shape = *std::move(shape);
  // What was written by hand may hold more than a shape can: only what writes back to the same document is ours.
  if (json::value(write_open_api(learned)) != json::value(*document)) return std::nullopt;
  return learned;
}

}  // namespace eventbus::schemas
