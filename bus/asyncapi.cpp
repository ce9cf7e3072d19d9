#include "bus/asyncapi.h"

#include "bus/arn.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "schemas/schema_content.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::string_view kSchemas = "#/components/schemas/";

// A kind of event that some registry knows.
struct Kind {
  std::string source, detail_type;
  std::string registry, schema, version, description;
  bool envelope = true;  // the schema describes the whole event, not the detail alone
  json::object json_schema;
  std::string id;  // of its message and its schema in the document
};

// AsyncAPI: ^[a-zA-Z0-9.\-_]+$ for names of components; no two alike.
class Ids {
 public:
  std::string take(std::string_view wanted) {
    std::string base;
    for (const char c : wanted) {
      const bool allowed = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                           c == '-' || c == '_';
      base += allowed ? c : '_';
    }
    if (base.empty()) base = "_";
    std::string id = base;
    for (int number = 2; !taken_.insert(id).second; ++number) id = base + "-" + std::to_string(number);
    return id;
  }

 private:
  std::set<std::string> taken_;
};

std::optional<std::string> text_at(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (!member || !member->is_string()) return std::nullopt;
  return std::string(member->get_string());
}

json::object reference_to(std::string target) {
  json::object reference;
  reference["$ref"] = std::move(target);
  return reference;
}

// ---- Kinds of events ----

std::optional<Kind> kind_of(const SchemaCatalog::Version& version) {
  Result<json::object> schema = schemas::json_schema_of(version.content, version.record.type);
  if (!schema) return std::nullopt;
  Kind kind;
  const json::value* contract = schema->if_contains("x-eventbus");
  const bool is_contract = contract && contract->is_object();
  const json::object& named = is_contract ? contract->get_object() : *schema;
  std::optional<std::string> source = text_at(named, is_contract ? "source" : "x-amazon-events-source");
  std::optional<std::string> type = text_at(named, is_contract ? "detailType" : "x-amazon-events-detail-type");
  if (!source || !type) return std::nullopt;
  kind.source = *std::move(source);
  kind.detail_type = *std::move(type);
  kind.envelope = !is_contract || text_at(named, "subject") == "envelope";
  kind.registry = version.schema->key.registry;
  kind.schema = version.schema->key.name;
  kind.version = std::to_string(version.record.number);
  kind.description = version.schema->record.description.value_or("");
  kind.json_schema = *std::move(schema);
  return kind;
}

std::vector<Kind> kinds_of(const SchemaCatalog& catalog, const Scope& scope) {
  std::map<std::pair<std::string, std::string>, Kind> kinds;
  for (const SchemaCatalog::Registry& registry : catalog.registries(scope)) {
    if (registry->record.name == schemas::kAwsRegistry) continue;
    const SchemaResult<std::vector<SchemaCatalog::Schema>> inside = catalog.schemas_of({scope, registry->record.name});
    if (!inside) continue;  // deleted in this very moment
    for (const SchemaCatalog::Schema& schema : *inside) {
      const SchemaResult<SchemaCatalog::Version> version = catalog.version(schema->key);
      std::optional<Kind> kind = version ? kind_of(*version) : std::nullopt;
      if (!kind) continue;
      const auto known = kinds.find({kind->source, kind->detail_type});
      if (known == kinds.end())
        kinds.emplace(std::pair(kind->source, kind->detail_type), *std::move(kind));
      else if (known->second.registry == schemas::kDiscoveredRegistry)
        known->second = *std::move(kind);
    }
  }
  std::vector<Kind> list;
  Ids ids;
  for (auto& [name, kind] : kinds) {
    kind.id = ids.take(kind.source + "." + kind.detail_type);
    list.push_back(std::move(kind));
  }
  return list;
}

// ---- Schemas ----

// A schema that stood alone, moved to components.schemas.<id>, its definitions to <id>.<name>.
class MovedSchema {
 public:
  MovedSchema(const Kind& kind, json::object& schemas, Ids& ids) : schemas_(schemas) {
    own_ = ids.take(kind.envelope ? kind.id : kind.id + ".detail");
    for (const char* keyword : {"definitions", "$defs"}) {
      const json::value* definitions = kind.json_schema.if_contains(keyword);
      if (!definitions || !definitions->is_object()) continue;
      const std::string prefix = "#/" + std::string(keyword) + "/";
      for (const auto& [name, schema] : definitions->get_object())
        names_[prefix + std::string(name)] = ids.take(kind.id + "." + std::string(name));
    }
    for (const char* keyword : {"definitions", "$defs"}) {
      const json::value* definitions = kind.json_schema.if_contains(keyword);
      if (!definitions || !definitions->is_object()) continue;
      for (const auto& [name, schema] : definitions->get_object())
        schemas_[names_.at("#/" + std::string(keyword) + "/" + std::string(name))] = moved(schema);
    }
    json::object own;
    for (const auto& [name, member] : kind.json_schema) {
      if (name == "definitions" || name == "$defs" || name == "$schema" || name == "$id" || name == "id" ||
          name == "x-eventbus")
        continue;
      own[name] = moved_member(name, member);
    }
    schemas_[own_] = std::move(own);
  }

  const std::string& id() const { return own_; }

 private:
  json::value moved(const json::value& value) const {
    if (value.is_array()) {
      json::array out;
      for (const json::value& each : value.get_array()) out.push_back(moved(each));
      return out;
    }
    if (!value.is_object()) return value;
    json::object out;
    for (const auto& [name, member] : value.get_object()) out[name] = moved_member(name, member);
    return out;
  }

  json::value moved_member(std::string_view name, const json::value& member) const {
    constexpr std::array<std::string_view, 5> kData = {"enum", "const", "default", "examples", "example"};
    if (std::ranges::find(kData, name) != kData.end()) return member;
    if (name != "$ref" || !member.is_string()) return moved(member);
    const std::string_view target(member.get_string());
    if (target == "#") return json::value(std::string(kSchemas) + own_);
    const auto known = names_.find(target);
    return known == names_.end() ? member : json::value(std::string(kSchemas) + known->second);
  }

  json::object& schemas_;
  std::string own_;
  std::map<std::string, std::string, std::less<>> names_;  // by reference
};

json::object text_schema() {
  json::object schema;
  schema["type"] = "string";
  return schema;
}

// The event around a detail whose schema is known.
json::object envelope_of(const Kind& kind, const std::string& detail) {
  json::object properties;
  for (const char* name : {"version", "id", "account", "region"}) properties[name] = text_schema();
  properties["source"] = text_schema();
  properties["source"].get_object()["const"] = kind.source;
  properties["detail-type"] = text_schema();
  properties["detail-type"].get_object()["const"] = kind.detail_type;
  properties["time"] = text_schema();
  properties["time"].get_object()["format"] = "date-time";
  json::object& resources = properties["resources"].emplace_object();
  resources["type"] = "array";
  resources["items"] = text_schema();
  properties["detail"] = reference_to(std::string(kSchemas) + detail);
  json::object schema;
  schema["type"] = "object";
  schema["required"] =
      json::array{"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"};
  schema["properties"] = std::move(properties);
  return schema;
}

// ---- Rules ----

// Can a rule's pattern match events of a source and detail-type? What else it asks for is left open.
class KindFilter {
 public:
  explicit KindFilter(const std::string& pattern) {
    const Result<json::object> whole = schemas::parse_object(pattern);
    if (!whole) return;
    json::object reduced;
    for (const char* name : {"source", "detail-type"}) {
      if (const json::value* wanted = whole->if_contains(name)) reduced[name] = *wanted;
    }
    everything_ = reduced.empty();
    if (everything_) return;
    auto parsed = rules::parse_event_pattern(json::serialize(reduced));
    if (!parsed) return;
    const std::vector<rules::RuleInput> inputs = {{0, *std::move(parsed)}};
    rules_ = rules::RuleSet::compile(inputs);
  }

  bool takes(const Kind& kind) const {
    if (everything_) return true;
    if (!rules_) return false;
    Event event;
    event.source = kind.source;
    event.detail_type = kind.detail_type;
    const std::optional<std::string> envelope = make_envelope(event, {}, "{}");
    if (!envelope) return false;
    std::string text = *envelope;
    make_readable_behind(text);
    rules::MatchScratch scratch;
    return !rules_->match_valid(text, scratch).empty();
  }

 private:
  bool everything_ = false;
  std::shared_ptr<const rules::RuleSet> rules_;
};

class Document {
 public:
  Document(const BusState& bus, std::vector<Kind> kinds, const std::string& server, bool tls)
      : bus_(bus), kinds_(std::move(kinds)), server_(server), tls_(tls) {}

  json::object write() {
    const std::string arn = bus_arn(bus_.scope(), bus_.record().name);
    bus_channel_ = channel_ids_.take(bus_.record().name);
    write_messages();
    write_bus_channel(arn);
    write_receiving();
    for (const auto& [name, rule] : bus_.rules()) write_sending(*rule);

    json::object document;
    document["asyncapi"] = "3.0.0";
    json::object& info = document["info"].emplace_object();
    info["title"] = "Event bus " + bus_.record().name;
    info["version"] = "1.0.0";
    if (bus_.record().settings.description) info["description"] = *bus_.record().settings.description;
    json::object& server = document["servers"].emplace_object()["eventbus"].emplace_object();
    server["host"] = server_;
    server["protocol"] = tls_ ? "https" : "http";
    server["description"] = "The API of Amazon EventBridge: PutEvents.";
    document["defaultContentType"] = "application/json";
    document["channels"] = std::move(channels_);
    document["operations"] = std::move(operations_);
    json::object& components = document["components"].emplace_object();
    components["messages"] = std::move(messages_);
    components["schemas"] = std::move(schemas_);
    return document;
  }

 private:
  void write_messages() {
    Ids ids;
    for (const Kind& kind : kinds_) {
      const MovedSchema moved(kind, schemas_, ids);
      std::string payload = moved.id();
      if (!kind.envelope) {
        payload = ids.take(kind.id);
        schemas_[payload] = envelope_of(kind, moved.id());
      }
      json::object& message = messages_[kind.id].emplace_object();
      message["name"] = kind.detail_type;
      message["title"] = kind.detail_type;
      message["summary"] = kind.detail_type + " of " + kind.source;
      if (!kind.description.empty()) message["description"] = kind.description;
      message["contentType"] = "application/json";
      message["payload"] = reference_to(std::string(kSchemas) + payload);
      json::object& origin = message["x-eventbridge-schema"].emplace_object();
      origin["registry"] = kind.registry;
      origin["schema"] = kind.schema;
      origin["version"] = kind.version;
    }
  }

  json::object references_to_messages(const std::vector<const Kind*>& kinds) const {
    json::object messages;
    for (const Kind* kind : kinds) messages[kind->id] = reference_to("#/components/messages/" + kind->id);
    return messages;
  }

  static json::array messages_in(const std::string& channel, const std::vector<const Kind*>& kinds) {
    json::array list;
    for (const Kind* kind : kinds) list.push_back(reference_to("#/channels/" + channel + "/messages/" + kind->id));
    return list;
  }

  void write_bus_channel(const std::string& arn) {
    std::vector<const Kind*> all;
    for (const Kind& kind : kinds_) all.push_back(&kind);
    json::object& channel = channels_[bus_channel_].emplace_object();
    channel["address"] = arn;
    channel["title"] = "Event bus " + bus_.record().name;
    channel["messages"] = references_to_messages(all);
  }

  void write_receiving() {
    std::map<std::string, std::vector<const Kind*>> by_source;
    for (const Kind& kind : kinds_) by_source[kind.source].push_back(&kind);
    for (const auto& [source, kinds] : by_source) {
      json::object& operation = operations_[operation_ids_.take("receive." + source)].emplace_object();
      operation["action"] = "receive";
      operation["title"] = "Events of " + source;
      operation["channel"] = reference_to("#/channels/" + bus_channel_);
      operation["messages"] = messages_in(bus_channel_, kinds);
    }
  }

  void write_sending(const RuleEntry& rule) {
    const RuleSettings& settings = rule.record.settings;
    if (!settings.event_pattern) return;  // a schedule sends events of its own
    const KindFilter filter(*settings.event_pattern);
    std::vector<const Kind*> taken;
    for (const Kind& kind : kinds_) {
      if (filter.takes(kind)) taken.push_back(&kind);
    }
    for (const auto& [id, target] : rule.record.targets) {
      const std::string channel = channel_of_target(target.target.arn, taken);
      json::object& operation =
          operations_[operation_ids_.take("send." + rule.record.name + "." + id)].emplace_object();
      operation["action"] = "send";
      operation["title"] = rule.record.name;
      if (settings.description) operation["description"] = *settings.description;
      operation["channel"] = reference_to("#/channels/" + channel);
      operation["messages"] = messages_in(channel, taken);
      json::object& own = operation["x-eventbridge-rule"].emplace_object();
      own["arn"] = bus_.rule_arn(rule.record.name);
      own["state"] = to_string(settings.state);
      own["target"] = id;
      if (Result<json::object> pattern = schemas::parse_object(*settings.event_pattern))
        own["pattern"] = *std::move(pattern);
    }
  }

  // A target that several rules have is one channel with the messages of all.
  std::string channel_of_target(const std::string& arn, const std::vector<const Kind*>& kinds) {
    std::string& id = targets_[arn];
    if (id.empty()) {
      id = channel_ids_.take("target." + arn.substr(arn.find_last_of(":/") + 1));
      json::object& channel = channels_[id].emplace_object();
      channel["address"] = arn;
      channel["title"] = arn;
      channel["messages"].emplace_object();
    }
    json::object& messages = channels_[id].get_object()["messages"].get_object();
    for (const Kind* kind : kinds) messages[kind->id] = reference_to("#/components/messages/" + kind->id);
    return id;
  }

  const BusState& bus_;
  const std::vector<Kind> kinds_;
  const std::string& server_;
  const bool tls_;
  Ids channel_ids_, operation_ids_;
  std::string bus_channel_;
  std::map<std::string, std::string> targets_;  // channels by ARN
  json::object channels_, operations_, messages_, schemas_;
};

}  // namespace

json::object asyncapi_of(const BusState& bus, const SchemaCatalog& catalog, const std::string& server, bool tls) {
  return Document(bus, kinds_of(catalog, bus.scope()), server, tls).write();
}

}  // namespace eventbus
