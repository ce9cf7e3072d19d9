#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"

namespace eventbus::aws {

namespace {

BusSettings settings_of(const json::object& input) {
  BusSettings settings;
  settings.description = text(input, "Description");
  settings.kms_key_identifier = text(input, "KmsKeyIdentifier");
  if (const json::value* config = input.if_contains("DeadLetterConfig"))
    settings.dead_letter = DeadLetterConfig{text(config->as_object(), "Arn")};
  if (const json::value* config = input.if_contains("LogConfig"))
    settings.log = LogConfig{text(config->as_object(), "Level"), text(config->as_object(), "IncludeDetail")};
  return settings;
}

// What every answer about one bus repeats of its settings.
void put_settings(json::object& output, const BusSettings& settings) {
  put(output, "Description", settings.description);
  put(output, "KmsKeyIdentifier", settings.kms_key_identifier);
  if (settings.dead_letter) put(output["DeadLetterConfig"].emplace_object(), "Arn", settings.dead_letter->arn);
  if (settings.log) {
    json::object& log = output["LogConfig"].emplace_object();
    put(log, "IncludeDetail", settings.log->include_detail);
    put(log, "Level", settings.log->level);
  }
}

void put_times(json::object& output, const BusRecord& record) {
  if (record.created_at) output["CreationTime"] = to_epoch_seconds(*record.created_at);
  if (record.modified_at) output["LastModifiedTime"] = to_epoch_seconds(*record.modified_at);
}

json::object list_entry(const BusState& bus) {
  json::object entry;
  entry["Name"] = bus.record().name;
  entry["Arn"] = bus.arn();
  put(entry, "Description", bus.record().settings.description);
  put(entry, "Policy", bus.record().policy);
  put_times(entry, bus.record());
  return entry;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_event_bus(EventsApi& api, const RequestContext& context,
                                                          json::object input) {
  // A partner's event source has to be offered to this account by the partner; nobody can do that here.
  if (const auto source = text(input, "EventSourceName"))
    co_return resource_not_found("Event source " + *source + " does not exist.");
  CO_TRY(Tags tags, tags_of(input));
  BusKey key{context.scope, required_text(input, "Name")};
  BusSettings settings = settings_of(input);
  CO_TRY(const std::shared_ptr<const BusState> bus,
         to_aws(co_await api.catalog.create_bus(std::move(key), std::move(settings), std::move(tags))));
  json::object output;
  output["EventBusArn"] = bus->arn();
  put_settings(output, bus->record().settings);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> describe_event_bus(EventsApi& api, const RequestContext& context,
                                                            json::object input) {
  CO_TRY(const std::shared_ptr<const BusState> bus, to_aws(api.catalog.bus(named_bus(context, input, "Name"))));
  json::object output;
  output["Name"] = bus->record().name;
  output["Arn"] = bus->arn();
  put_settings(output, bus->record().settings);
  put(output, "Policy", bus->record().policy);
  put_times(output, bus->record());
  co_return output;
}

asio::awaitable<AwsResult<json::object>> update_event_bus(EventsApi& api, const RequestContext& context,
                                                          json::object input) {
  BusKey key = named_bus(context, input, "Name");
  BusSettings changes = settings_of(input);
  CO_TRY(const std::shared_ptr<const BusState> bus,
         to_aws(co_await api.catalog.update_bus(std::move(key), std::move(changes))));
  json::object output;
  output["Arn"] = bus->arn();
  output["Name"] = bus->record().name;
  put_settings(output, bus->record().settings);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> list_event_buses(EventsApi& api, const RequestContext& context,
                                                          json::object input) {
  const std::string prefix = text(input, "NamePrefix").value_or("");
  std::vector<std::shared_ptr<const BusState>> buses = api.catalog.buses(context.scope);
  std::erase_if(buses, [&](const auto& bus) { return !bus->record().name.starts_with(prefix); });
  std::vector<std::string_view> names;
  for (const auto& bus : buses) names.push_back(bus->record().name);
  const std::string binding = "ListEventBuses " + context.scope.account + " " + context.scope.region + " " + prefix;
  CO_TRY(const Page page, page_of(input, binding, names));

  co_return page_output("EventBuses", page, [&](std::size_t i) { return list_entry(*buses[i]); });
}

asio::awaitable<AwsResult<json::object>> delete_event_bus(EventsApi& api, const RequestContext& context,
                                                          json::object input) {
  BusKey key{context.scope, required_text(input, "Name")};
  CO_TRY_VOID(to_aws(co_await api.catalog.delete_bus(std::move(key))));
  co_return json::object();
}

}  // namespace eventbus::aws
