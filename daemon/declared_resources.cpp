#include "daemon/declared_resources.h"

#include "bus/arn.h"
#include "daemon/setting_name.h"
#include "daemon/settings.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::string_view kEvents = "AWSEvents", kSqs = "AmazonSQS";

constexpr std::array<std::string_view, 6> kSectionKeys = {"account",     "region", "queues",
                                                          "event_buses", "rules",  "archives"};
constexpr std::array<std::string_view, 6> kArchiveKeys = {"ArchiveName", "EventBusName",  "EventPattern",
                                                          "Description", "RetentionDays", "KmsKeyIdentifier"};
constexpr std::array<std::string_view, 5> kQueueKeys = {"QueueName", "Attributes", "Tags", "DeadLetterQueue",
                                                        "MaxReceiveCount"};
constexpr std::array<std::string_view, 7> kBusKeys = {
    "Name", "Description", "Tags", "Policy", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"};
constexpr std::array<std::string_view, 9> kRuleKeys = {
    "Name", "EventBusName", "EventPattern", "ScheduleExpression", "State", "RoleArn", "Description", "Tags", "Targets"};
constexpr std::array<std::string_view, 19> kTargetKeys = {"Id",
                                                          "Arn",
                                                          "Queue",
                                                          "DeadLetterQueue",
                                                          "RoleArn",
                                                          "Input",
                                                          "InputPath",
                                                          "InputTransformer",
                                                          "KinesisParameters",
                                                          "RunCommandParameters",
                                                          "EcsParameters",
                                                          "BatchParameters",
                                                          "SqsParameters",
                                                          "HttpParameters",
                                                          "RedshiftDataParameters",
                                                          "SageMakerPipelineParameters",
                                                          "DeadLetterConfig",
                                                          "RetryPolicy",
                                                          "AppSyncParameters"};

// Where in the file: "resources.rules[0]".
using Place = std::string;
Place member(const Place& place, std::string_view key) { return place + "." + std::string(key); }
Place item(const Place& place, std::size_t index) { return place + "[" + std::to_string(index) + "]"; }

Error at(const Place& place, std::string_view problem) { return invalid(place + ": " + std::string(problem)); }
Error at(const Place& place, const ApiCaller::Refusal& refusal) {
  return invalid(place + ": " + refusal.type + ": " + refusal.message);
}

Result<void> check_keys(const Place& place, const json::object& object, std::span<const std::string_view> known) {
  for (const auto& [name, value] : object) {
    const std::string_view key(name.data(), name.size());
    if (std::ranges::find(known, key) != known.end()) continue;
    std::string problem = "unknown key \"" + std::string(key) + "\"";
    if (const auto best = nearest(key, known)) problem += "; did you mean " + std::string(*best) + "?";
    return at(place, problem);
  }
  return {};
}

// The mappings of a list, each checked for keys nobody knows.
Result<std::vector<json::object>> entries(const Place& parent, const json::object& object, std::string_view key,
                                          std::span<const std::string_view> known) {
  std::vector<json::object> result;
  const json::value* list = object.if_contains(key);
  if (!list || list->is_null()) return result;
  const Place place = member(parent, key);
  if (!list->is_array()) return at(place, "must be a list");
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const json::value& entry = list->get_array()[i];
    if (!entry.is_object()) return at(item(place, i), "must be a mapping");
    TRY_VOID(check_keys(item(place, i), entry.get_object(), known));
    result.push_back(entry.get_object());
  }
  return result;
}

Result<std::string> required_text(const Place& place, const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (!value) return at(place, std::string(key) + " is missing");
  if (!value->is_string()) return at(member(place, key), "must be text");
  return std::string(value->get_string());
}

// Text as it is; everything else as the JSON text it stands for.
std::string as_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

void make_text(json::object& object, std::string_view key) {
  if (json::value* value = object.if_contains(key)) *value = as_text(*value);
}

// Removes a member and gives it back.
json::value take(json::object& object, std::string_view key) {
  json::value* found = object.if_contains(key);
  if (!found) return nullptr;
  json::value value = std::move(*found);
  object.erase(key);
  return value;
}

Result<json::object> take_mapping(const Place& place, json::object& object, std::string_view key) {
  json::value value = take(object, key);
  if (value.is_null()) return json::object();
  if (!value.is_object()) return at(member(place, key), "must be a mapping");
  for (auto& each : value.get_object()) each.value() = as_text(each.value());
  return std::move(value.get_object());
}

json::array tag_list(const json::object& tags) {
  json::array list;
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

// --- queues

struct DeclaredQueue {
  Place place;
  std::string name;
  json::object attributes;     // without RedrivePolicy, which needs the other queue to exist
  std::string redrive_policy;  // empty: none
  json::object tags;
};

Result<DeclaredQueue> read_queue(Place place, json::object entry, const Scope& scope) {
  DeclaredQueue queue;
  TRY(queue.name, required_text(place, entry, "QueueName"));
  TRY(queue.attributes, take_mapping(place, entry, "Attributes"));
  TRY(queue.tags, take_mapping(place, entry, "Tags"));
  if (queue.name.ends_with(".fifo")) queue.attributes.emplace("FifoQueue", "true");
  if (json::value policy = take(queue.attributes, "RedrivePolicy"); !policy.is_null())
    queue.redrive_policy = as_text(policy);
  if (entry.contains("DeadLetterQueue")) {
    TRY(std::string dead_letters, required_text(place, entry, "DeadLetterQueue"));
    const json::value* count = entry.if_contains("MaxReceiveCount");
    if (!count) return at(place, "DeadLetterQueue needs MaxReceiveCount");
    const json::object policy = {{"deadLetterTargetArn", queue_arn(scope, dead_letters)}, {"maxReceiveCount", *count}};
    queue.redrive_policy = json::serialize(policy);
  } else if (entry.contains("MaxReceiveCount")) {
    return at(place, "MaxReceiveCount needs DeadLetterQueue");
  }
  queue.place = std::move(place);
  return queue;
}

asio::awaitable<Result<void>> set_attributes(const ApiCaller& api, const DeclaredQueue& queue, std::string url,
                                             json::object attributes) {
  attributes.erase("FifoQueue");  // says what a queue is; cannot be set
  if (attributes.empty()) co_return Result<void>();
  json::object input = {{"QueueUrl", url}, {"Attributes", std::move(attributes)}};
  const auto done = co_await api.call(kSqs, "SetQueueAttributes", std::move(input));
  if (!done) co_return at(queue.place, done.error());
  co_return Result<void>();
}

// Creates the queue, or brings the one that exists to what is declared. Returns its URL.
asio::awaitable<Result<std::string>> ensure_queue(const ApiCaller& api, const DeclaredQueue& queue) {
  json::object lookup = {{"QueueName", queue.name}};
  auto found = co_await api.call(kSqs, "GetQueueUrl", std::move(lookup));
  if (!found) {
    json::object input = {{"QueueName", queue.name}, {"Attributes", queue.attributes}, {"tags", queue.tags}};
    auto created = co_await api.call(kSqs, "CreateQueue", std::move(input));
    if (!created) co_return at(queue.place, created.error());
    co_return std::string(created->at("QueueUrl").as_string());
  }
  std::string url(found->at("QueueUrl").as_string());
  json::object attributes = queue.attributes;
  CO_TRY_VOID(co_await set_attributes(api, queue, url, std::move(attributes)));
  if (!queue.tags.empty()) {
    json::object input = {{"QueueUrl", url}, {"Tags", queue.tags}};
    const auto tagged = co_await api.call(kSqs, "TagQueue", std::move(input));
    if (!tagged) co_return at(queue.place, tagged.error());
  }
  co_return url;
}

asio::awaitable<Result<std::size_t>> apply_queues(const ApiCaller& api, const json::object& resources) {
  CO_TRY(std::vector<json::object> declared, entries("resources", resources, "queues", kQueueKeys));
  std::vector<DeclaredQueue> queues;
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    CO_TRY(DeclaredQueue queue, read_queue(item("resources.queues", i), std::move(declared[i]), api.scope()));
    CO_TRY(std::string url, co_await ensure_queue(api, queue));
    queues.push_back(std::move(queue));
    urls.push_back(std::move(url));
  }
  // Now that all of them exist, whichever stands first in the file.
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i].redrive_policy.empty()) continue;
    json::object attributes = {{"RedrivePolicy", queues[i].redrive_policy}};
    CO_TRY_VOID(co_await set_attributes(api, queues[i], urls[i], std::move(attributes)));
  }
  co_return queues.size();
}

// --- event buses

asio::awaitable<Result<void>> call_events(const ApiCaller& api, const Place& place, std::string_view operation,
                                          json::object input) {
  const auto done = co_await api.call(kEvents, operation, std::move(input));
  if (!done) co_return at(place, done.error());
  co_return Result<void>();
}

asio::awaitable<Result<void>> tag(const ApiCaller& api, const Place& place, std::string arn, const json::object& tags) {
  if (tags.empty()) co_return Result<void>();
  json::object input = {{"ResourceARN", std::move(arn)}, {"Tags", tag_list(tags)}};
  co_return co_await call_events(api, place, "TagResource", std::move(input));
}

asio::awaitable<Result<void>> ensure_bus(const ApiCaller& api, Place place, json::object entry) {
  CO_TRY(const std::string name, required_text(place, entry, "Name"));
  CO_TRY(const json::object tags, take_mapping(place, entry, "Tags"));
  make_text(entry, "Policy");
  const json::value policy = take(entry, "Policy");

  json::object lookup = {{"Name", name}};
  const auto found = co_await api.call(kEvents, "DescribeEventBus", std::move(lookup));
  if (!found) {
    CO_TRY_VOID(co_await call_events(api, place, "CreateEventBus", std::move(entry)));
  } else if (entry.size() > 1) {
    CO_TRY_VOID(co_await call_events(api, place, "UpdateEventBus", std::move(entry)));
  }
  CO_TRY_VOID(co_await tag(api, place, bus_arn(api.scope(), name), tags));
  if (!policy.is_null()) {
    json::object input = {{"EventBusName", name}, {"Policy", policy}};
    CO_TRY_VOID(co_await call_events(api, member(place, "Policy"), "PutPermission", std::move(input)));
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::size_t>> apply_buses(const ApiCaller& api, const json::object& resources) {
  CO_TRY(std::vector<json::object> declared, entries("resources", resources, "event_buses", kBusKeys));
  for (std::size_t i = 0; i < declared.size(); ++i) {
    CO_TRY_VOID(co_await ensure_bus(api, item("resources.event_buses", i), std::move(declared[i])));
  }
  co_return declared.size();
}

// --- rules and targets

Result<json::object> read_target(const Place& place, json::object target, const Scope& scope) {
  if (target.contains("Queue")) {
    if (target.contains("Arn")) return at(place, "Queue and Arn exclude each other");
    TRY(const std::string queue, required_text(place, target, "Queue"));
    target.erase("Queue");
    target["Arn"] = queue_arn(scope, queue);
  }
  if (target.contains("DeadLetterQueue")) {
    if (target.contains("DeadLetterConfig"))
      return at(place, "DeadLetterQueue and DeadLetterConfig exclude each other");
    TRY(const std::string queue, required_text(place, target, "DeadLetterQueue"));
    target.erase("DeadLetterQueue");
    target["DeadLetterConfig"] = {{"Arn", queue_arn(scope, queue)}};
  }
  make_text(target, "Input");
  if (json::value* transformer = target.if_contains("InputTransformer"); transformer && transformer->is_object()) {
    make_text(transformer->get_object(), "InputTemplate");
  }
  return target;
}

// PutTargets answers 200 with the entries it refused.
asio::awaitable<Result<void>> put_targets(const ApiCaller& api, const Place& place, json::object input) {
  const auto done = co_await api.call(kEvents, "PutTargets", std::move(input));
  if (!done) co_return at(place, done.error());
  const json::value* failed = done->if_contains("FailedEntries");
  if (failed && failed->is_array() && !failed->get_array().empty()) {
    co_return at(place, json::serialize(failed->get_array().front()));
  }
  co_return Result<void>();
}

// Returns how many targets the rule was given.
asio::awaitable<Result<std::size_t>> ensure_rule(const ApiCaller& api, Place place, json::object entry) {
  CO_TRY(const std::string name, required_text(place, entry, "Name"));
  std::string bus = "default";
  if (entry.contains("EventBusName")) {
    CO_TRY(bus, required_text(place, entry, "EventBusName"));
  }
  CO_TRY(std::vector<json::object> declared, entries(place, entry, "Targets", kTargetKeys));
  entry.erase("Targets");
  CO_TRY(const json::object tags, take_mapping(place, entry, "Tags"));
  make_text(entry, "EventPattern");

  json::array targets;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    CO_TRY(json::object target, read_target(item(member(place, "Targets"), i), std::move(declared[i]), api.scope()));
    targets.push_back(std::move(target));
  }

  CO_TRY_VOID(co_await call_events(api, place, "PutRule", std::move(entry)));
  CO_TRY_VOID(co_await tag(api, place, rule_arn(api.scope(), bus, name), tags));
  const std::size_t count = targets.size();
  if (count > 0) {
    json::object input = {{"Rule", name}, {"EventBusName", bus}, {"Targets", std::move(targets)}};
    CO_TRY_VOID(co_await put_targets(api, member(place, "Targets"), std::move(input)));
  }
  co_return count;
}

struct RuleCounts {
  std::size_t rules = 0, targets = 0;
};
asio::awaitable<Result<RuleCounts>> apply_rules(const ApiCaller& api, const json::object& resources) {
  CO_TRY(std::vector<json::object> declared, entries("resources", resources, "rules", kRuleKeys));
  RuleCounts counts{declared.size(), 0};
  for (std::size_t i = 0; i < declared.size(); ++i) {
    CO_TRY(const std::size_t targets, co_await ensure_rule(api, item("resources.rules", i), std::move(declared[i])));
    counts.targets += targets;
  }
  co_return counts;
}

// --- archives

// Creates the archive, or brings the one that exists to what is declared; that gives it back its managed rule, too.
asio::awaitable<Result<void>> ensure_archive(const ApiCaller& api, Place place, json::object entry) {
  CO_TRY(const std::string name, required_text(place, entry, "ArchiveName"));
  std::string bus = "default";
  if (entry.contains("EventBusName")) {
    CO_TRY(bus, required_text(place, entry, "EventBusName"));
    entry.erase("EventBusName");
  }
  make_text(entry, "EventPattern");
  const std::string source = bus_arn(api.scope(), bus);

  json::object lookup = {{"ArchiveName", name}};
  const auto found = co_await api.call(kEvents, "DescribeArchive", std::move(lookup));
  if (!found) {
    entry["EventSourceArn"] = source;
    co_return co_await call_events(api, place, "CreateArchive", std::move(entry));
  }
  if (as_text(found->at("EventSourceArn")) != source)
    co_return at(place, "the archive is there already, and is one of " + as_text(found->at("EventSourceArn")));
  if (!entry.contains("RetentionDays")) entry["RetentionDays"] = found->at("RetentionDays");
  co_return co_await call_events(api, place, "UpdateArchive", std::move(entry));
}

asio::awaitable<Result<std::size_t>> apply_archives(const ApiCaller& api, const json::object& resources) {
  CO_TRY(std::vector<json::object> declared, entries("resources", resources, "archives", kArchiveKeys));
  for (std::size_t i = 0; i < declared.size(); ++i) {
    CO_TRY_VOID(co_await ensure_archive(api, item("resources.archives", i), std::move(declared[i])));
  }
  co_return declared.size();
}

// `account` and `region` follow the rules of the settings of those names.
Result<std::string> scope_member(const json::object& resources, std::string_view key, std::string by_default) {
  if (!resources.contains(key)) return by_default;
  TRY(std::string value, required_text("resources", resources, key));
  Config scratch;
  if (auto done = find_setting(key)->set(scratch, value); !done) {
    return at(member("resources", key), done.error().message);
  }
  return value;
}

Result<Scope> scope_of(const json::object& resources, Scope scope) {
  TRY(scope.account, scope_member(resources, "account", scope.account));
  TRY(scope.region, scope_member(resources, "region", scope.region));
  return scope;
}

}  // namespace

asio::awaitable<Result<DeclaredResources::Counts>> DeclaredResources::apply(json::object resources,
                                                                            net::Handler handler, Scope default_scope) {
  CO_TRY_VOID(check_keys("resources", resources, kSectionKeys));
  CO_TRY(Scope scope, scope_of(resources, std::move(default_scope)));
  const ApiCaller api(std::move(handler), std::move(scope));
  Counts counts;
  CO_TRY(counts.queues, co_await apply_queues(api, resources));
  CO_TRY(counts.event_buses, co_await apply_buses(api, resources));
  CO_TRY(const RuleCounts rules, co_await apply_rules(api, resources));
  counts.rules = rules.rules;
  counts.targets = rules.targets;
  CO_TRY(counts.archives, co_await apply_archives(api, resources));
  co_return counts;
}

}  // namespace eventbus
