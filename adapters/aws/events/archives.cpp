#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"
#include "bus/archive_catalog.h"
#include "bus/arn.h"

#include <algorithm>

namespace eventbus::aws {

namespace {

constexpr std::string_view kBusResource = "event-bus/";

// `EventSourceArn`. An archive and its bus are of one account and region: every other bus is one that does not exist.
AwsResult<std::string> source_bus(const EventsApi& api, const RequestContext& context, const std::string& text) {
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || !arn->resource.starts_with(kBusResource) || arn->resource.size() == kBusResource.size())
    return validation("Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.");
  std::string name = arn->resource.substr(kBusResource.size());
  if (arn->scope() != context.scope) return resource_not_found("Event bus " + name + " does not exist.");
  TRY_VOID(to_aws(api.catalog.bus({context.scope, name})));
  return name;
}

std::optional<std::int64_t> retention_days(const json::object& input) {
  const json::value* days = input.if_contains("RetentionDays");
  if (!days) return std::nullopt;
  return days->to_number<std::int64_t>();
}

void put_state(json::object& output, const EventsApi& api, const Archive& archive) {
  const ArchiveCatalog::Status status = api.archives.status(archive);
  output["State"] = to_string(status.state);
  put(output, "StateReason", status.reason);
  output["CreationTime"] = to_epoch_seconds(archive.record.created_at);
}

// What CreateArchive and UpdateArchive answer.
json::object changed(const EventsApi& api, const Archive& archive) {
  json::object output;
  output["ArchiveArn"] = archive.arn();
  put_state(output, api, archive);
  return output;
}

// As ListArchives shows an archive; DescribeArchive adds its ARN and what was set.
asio::awaitable<AwsResult<json::object>> shown(const EventsApi& api, ArchivePtr archive) {
  CO_TRY(const ArchiveCatalog::Contents contents, co_await api.archives.contents(archive));
  json::object output;
  output["ArchiveName"] = archive->record.name;
  output["EventSourceArn"] = bus_arn(archive->scope, archive->record.bus);
  put_state(output, api, *archive);
  output["RetentionDays"] = archive->record.settings.retention_days;
  output["SizeBytes"] = contents.bytes;
  output["EventCount"] = contents.events;
  co_return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_archive(EventsApi& api, const RequestContext& context,
                                                        json::object input) {
  CO_TRY(std::string bus, source_bus(api, context, required_text(input, "EventSourceArn")));
  ArchiveKey key{context.scope, required_text(input, "ArchiveName")};
  ArchiveSettings settings;
  settings.description = text(input, "Description");
  settings.event_pattern = text(input, "EventPattern");
  settings.kms_key_identifier = text(input, "KmsKeyIdentifier");
  settings.retention_days = retention_days(input).value_or(0);
  std::string account = context.scope.account;
  CO_TRY(const ArchivePtr created,
         to_aws(co_await api.archives.create(std::move(key), std::move(bus), std::move(settings), std::move(account))));
  co_return changed(api, *created);
}

asio::awaitable<AwsResult<json::object>> describe_archive(EventsApi& api, const RequestContext& context,
                                                          json::object input) {
  const ArchiveKey key{context.scope, required_text(input, "ArchiveName")};
  CO_TRY(const ArchivePtr archive, to_aws(api.archives.archive(key)));
  CO_TRY(json::object output, co_await shown(api, archive));
  output["ArchiveArn"] = archive->arn();
  put(output, "Description", archive->record.settings.description);
  put(output, "EventPattern", archive->record.settings.event_pattern);
  put(output, "KmsKeyIdentifier", archive->record.settings.kms_key_identifier);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> update_archive(EventsApi& api, const RequestContext& context,
                                                        json::object input) {
  ArchiveKey key{context.scope, required_text(input, "ArchiveName")};
  ArchiveCatalog::Changes changes;
  changes.description = text(input, "Description");
  changes.event_pattern = text(input, "EventPattern");
  changes.kms_key_identifier = text(input, "KmsKeyIdentifier");
  changes.retention_days = retention_days(input);
  if (!changes.description && !changes.event_pattern && !changes.kms_key_identifier && !changes.retention_days)
    co_return validation("At least one of EventPattern, RetentionDays or Description must be provided.");
  std::string account = context.scope.account;
  CO_TRY(const ArchivePtr updated,
         to_aws(co_await api.archives.update(std::move(key), std::move(changes), std::move(account))));
  co_return changed(api, *updated);
}

asio::awaitable<AwsResult<json::object>> delete_archive(EventsApi& api, const RequestContext& context,
                                                        json::object input) {
  ArchiveKey key{context.scope, required_text(input, "ArchiveName")};
  CO_TRY_VOID(to_aws(co_await api.archives.remove(std::move(key))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_archives(EventsApi& api, const RequestContext& context,
                                                       json::object input) {
  const std::optional<std::string> prefix = text(input, "NamePrefix");
  const std::optional<std::string> source = text(input, "EventSourceArn");
  const std::optional<std::string> state = text(input, "State");
  if (int{prefix.has_value()} + int{source.has_value()} + int{state.has_value()} > 1)
    co_return validation(
        "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.");
  std::optional<std::string> bus;
  if (source) {
    CO_TRY(bus, source_bus(api, context, *source));
  }
  std::vector<ArchivePtr> archives = api.archives.archives(context.scope);
  std::erase_if(archives, [&](const ArchivePtr& archive) {
    return (prefix && !archive->record.name.starts_with(*prefix)) || (bus && archive->record.bus != *bus) ||
           (state && to_string(api.archives.status(*archive).state) != *state);
  });
  std::vector<std::string_view> names;
  for (const ArchivePtr& archive : archives) names.push_back(archive->record.name);
  const std::string binding = "ListArchives " + context.scope.account + " " + context.scope.region + " " +
                              bus.value_or("") + " " + state.value_or("") + " " + prefix.value_or("");
  const AwsResult<Page> page = page_of(input, binding, names);
  if (!page) co_return validation("Parameter NextToken is not valid. Reason: Token invalid.");  // behaviour §1

  json::object output;
  json::array& list = output["Archives"].emplace_array();
  for (std::size_t i = page->begin; i < page->end; ++i) {
    CO_TRY(json::object archive, co_await shown(api, archives[i]));
    list.push_back(std::move(archive));
  }
  put(output, "NextToken", page->next_token);
  co_return output;
}

}  // namespace eventbus::aws
