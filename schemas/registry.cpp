// Stored documents, version 1. JSON objects; a member without a value is left out.
//   registry    {version, name, description, tags, policy, policyRevision}
//   schema      {version, name, description, tags, modifiedAt, next, versions: [{number, type, createdAt}],
//                bindings: [{language, version, failed, createdAt, modifiedAt}]}
//   discoverer  {version, id, source, description, crossAccount, started, tags}
// Times are milliseconds since 1970.

#include "schemas/registry.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;

json::object new_document() {
  json::object document;
  document["version"] = kVersion;
  return document;
}

void put(json::object& object, const char* name, const std::optional<std::string>& text) {
  if (text) object[name] = *text;
}

void put(json::object& object, const char* name, TimePoint time) { object[name] = time.time_since_epoch().count(); }

void put(json::object& object, const char* name, const SchemaTags& tags) {
  if (tags.empty()) return;
  json::object& members = object[name].emplace_object();
  for (const auto& [key, value] : tags) members[key] = value;
}

std::optional<std::string> text_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  if (!value) return std::nullopt;
  return std::string(value->as_string());
}

std::string required_text(const json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

TimePoint time_of(const json::object& object, const char* name) {
  return TimePoint(Duration(object.at(name).to_number<std::int64_t>()));
}

std::uint64_t number_of(const json::object& object, const char* name) {
  return object.at(name).to_number<std::uint64_t>();
}

bool flag_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value && value->as_bool();
}

SchemaTags tags_of(const json::object& object) {
  SchemaTags tags;
  if (const json::value* members = object.if_contains("tags")) {
    for (const auto& [key, value] : members->as_object()) tags[std::string(key)] = std::string(value.as_string());
  }
  return tags;
}

// Runs `read` on a document; what it throws (a member missing, or of another type) is kInternal.
template <typename Record, typename Read>
Result<Record> decode(std::string_view document, Read read) {
  try {
    const json::value parsed = json::parse(document);
    const json::object& object = parsed.as_object();
    if (object.at("version").to_number<std::int64_t>() != kVersion)
      return internal("of a newer version of this program");
    return read(object);
  } catch (const std::exception& failure) {
    return internal(std::string("unreadable: ") + failure.what());
  }
}

bool is_name(std::string_view name, std::size_t length_max, std::string_view others) {
  const auto allowed = [others](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= length_max && std::ranges::all_of(name, allowed);
}

}  // namespace

const VersionRecord* SchemaRecord::version(std::uint64_t number) const {
  const auto found = std::ranges::find(versions, number, &VersionRecord::number);
  return found == versions.end() ? nullptr : &*found;
}

const BindingRecord* SchemaRecord::binding(std::string_view language, std::uint64_t number) const {
  const auto found = std::ranges::find_if(
      bindings, [&](const BindingRecord& each) { return each.language == language && each.version == number; });
  return found == bindings.end() ? nullptr : &*found;
}

std::string encode(const RegistryRecord& registry) {
  json::object document = new_document();
  document["name"] = registry.name;
  put(document, "description", registry.description);
  put(document, "tags", registry.tags);
  put(document, "policy", registry.policy);
  if (registry.policy) document["policyRevision"] = registry.policy_revision;
  return json::serialize(document);
}

std::string encode(const SchemaRecord& schema) {
  json::object document = new_document();
  document["name"] = schema.name;
  put(document, "description", schema.description);
  put(document, "tags", schema.tags);
  put(document, "modifiedAt", schema.modified_at);
  document["next"] = schema.next_version;
  json::array& versions = document["versions"].emplace_array();
  for (const VersionRecord& version : schema.versions) {
    json::object& entry = versions.emplace_back(json::object()).get_object();
    entry["number"] = version.number;
    entry["type"] = to_string(version.type);
    put(entry, "createdAt", version.created_at);
  }
  json::array bindings;
  for (const BindingRecord& binding : schema.bindings) {
    json::object& entry = bindings.emplace_back(json::object()).get_object();
    entry["language"] = binding.language;
    entry["version"] = binding.version;
    if (binding.failed) entry["failed"] = true;
    put(entry, "createdAt", binding.created_at);
    put(entry, "modifiedAt", binding.modified_at);
  }
  if (!bindings.empty()) document["bindings"] = std::move(bindings);
  return json::serialize(document);
}

std::string encode(const DiscovererRecord& discoverer) {
  json::object document = new_document();
  document["id"] = discoverer.id;
  document["source"] = discoverer.source_arn;
  put(document, "description", discoverer.description);
  document["crossAccount"] = discoverer.cross_account;
  document["started"] = discoverer.started;
  put(document, "tags", discoverer.tags);
  return json::serialize(document);
}

Result<RegistryRecord> decode_registry(std::string_view document) {
  return decode<RegistryRecord>(document, [](const json::object& object) {
    RegistryRecord registry;
    registry.name = required_text(object, "name");
    registry.description = text_of(object, "description");
    registry.tags = tags_of(object);
    registry.policy = text_of(object, "policy");
    registry.policy_revision = text_of(object, "policyRevision").value_or("");
    return registry;
  });
}

Result<SchemaRecord> decode_schema(std::string_view document) {
  return decode<SchemaRecord>(document, [](const json::object& object) {
    SchemaRecord schema;
    schema.name = required_text(object, "name");
    schema.description = text_of(object, "description");
    schema.tags = tags_of(object);
    schema.modified_at = time_of(object, "modifiedAt");
    schema.next_version = number_of(object, "next");
    for (const json::value& each : object.at("versions").as_array()) {
      const json::object& entry = each.as_object();
      const std::optional<SchemaType> type = parse_schema_type(required_text(entry, "type"));
      if (!type) throw std::runtime_error("unknown type of schema");
      schema.versions.push_back({number_of(entry, "number"), *type, time_of(entry, "createdAt")});
    }
    if (const json::value* bindings = object.if_contains("bindings")) {
      for (const json::value& each : bindings->as_array()) {
        const json::object& entry = each.as_object();
        schema.bindings.push_back({required_text(entry, "language"), number_of(entry, "version"),
                                   flag_of(entry, "failed"), time_of(entry, "createdAt"),
                                   time_of(entry, "modifiedAt")});
      }
    }
    return schema;
  });
}

Result<DiscovererRecord> decode_discoverer(std::string_view document) {
  return decode<DiscovererRecord>(document, [](const json::object& object) {
    DiscovererRecord discoverer;
    discoverer.id = required_text(object, "id");
    discoverer.source_arn = required_text(object, "source");
    discoverer.description = text_of(object, "description");
    discoverer.cross_account = object.at("crossAccount").as_bool();
    discoverer.started = object.at("started").as_bool();
    discoverer.tags = tags_of(object);
    return discoverer;
  });
}

bool is_registry_name(std::string_view name) { return is_name(name, 64, ".-_"); }
bool is_schema_name(std::string_view name) { return is_name(name, 385, ".-_@"); }

}  // namespace eventbus::schemas
