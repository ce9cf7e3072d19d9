#include "adapters/aws/events/members.h"
#include "adapters/aws/scheduler/scheduler_handlers.h"
#include "adapters/aws/scheduler/scheduler_members.h"

namespace eventbus::aws {

namespace {

ScheduleGroupKey named_group(const RequestContext& context, const json::object& input) {
  return {context.scope, required_text(input, "Name")};
}

json::object shown(const ScheduleGroupEntry& group) {
  json::object output;
  output["Arn"] = group.arn();
  // The default group was never made; as long as nobody tags it, it has no times.
  if (group.record.created_at != TimePoint()) output["CreationDate"] = to_epoch(group.record.created_at);
  if (group.record.modified_at != TimePoint()) output["LastModificationDate"] = to_epoch(group.record.modified_at);
  output["Name"] = group.key.name;
  output["State"] = "ACTIVE";
  return output;
}

// Of the caller's own account and region.
AwsResult<ScheduleGroupKey> tagged_group(const RequestContext& context, const json::object& input) {
  std::optional<ScheduleGroupKey> key = parse_schedule_group_arn(required_text(input, "ResourceArn"));
  if (!key) return validation("Invalid ResourceArn.");  // the pattern has been checked
  if (key->scope != context.scope) return resource_not_found("Schedule group " + key->name + " does not exist.");
  return *std::move(key);
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_schedule_group(SchedulerApi& api, const RequestContext& context,
                                                               json::object input) {
  CO_TRY(Tags tags, tags_of(input));
  ScheduleGroupKey key = named_group(context, input);
  std::string token = text(input, "ClientToken").value_or("");
  CO_TRY(std::string arn,
         to_scheduler(co_await api.catalog.create_group(std::move(key), std::move(tags), std::move(token))));
  json::object output;
  output["ScheduleGroupArn"] = std::move(arn);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> get_schedule_group(SchedulerApi& api, const RequestContext& context,
                                                            json::object input) {
  CO_TRY(const ScheduleCatalog::Group group, to_scheduler(api.catalog.group(named_group(context, input))));
  co_return shown(*group);
}

asio::awaitable<AwsResult<json::object>> delete_schedule_group(SchedulerApi& api, const RequestContext& context,
                                                               json::object input) {
  ScheduleGroupKey key = named_group(context, input);
  CO_TRY_VOID(to_scheduler(co_await api.catalog.delete_group(std::move(key))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_schedule_groups(SchedulerApi& api, const RequestContext& context,
                                                              json::object input) {
  const std::string prefix = text(input, "NamePrefix").value_or("");
  std::vector<ScheduleCatalog::Group> found = api.catalog.groups(context.scope);
  std::erase_if(found, [&](const auto& group) { return !group->key.name.starts_with(prefix); });
  std::vector<std::string_view> names;
  for (const ScheduleCatalog::Group& group : found) names.push_back(group->key.name);
  const std::string binding = "ListScheduleGroups " + context.scope.account + " " + context.scope.region + " " + prefix;
  CO_TRY(const Page page, scheduler_page(input, binding, names));

  co_return page_output("ScheduleGroups", page, [&](std::size_t i) { return shown(*found[i]); });
}

asio::awaitable<AwsResult<json::object>> scheduler_tag_resource(SchedulerApi& api, const RequestContext& context,
                                                                json::object input) {
  CO_TRY(Tags tags, tags_of(input));
  CO_TRY(ScheduleGroupKey key, tagged_group(context, input));
  CO_TRY_VOID(to_scheduler(co_await api.catalog.tag_group(std::move(key), std::move(tags))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> scheduler_untag_resource(SchedulerApi& api, const RequestContext& context,
                                                                  json::object input) {
  CO_TRY(ScheduleGroupKey key, tagged_group(context, input));
  std::vector<std::string> keys = text_list(input, "TagKeys");
  CO_TRY_VOID(to_scheduler(co_await api.catalog.untag_group(std::move(key), std::move(keys))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> scheduler_list_tags(SchedulerApi& api, const RequestContext& context,
                                                             json::object input) {
  CO_TRY(const ScheduleGroupKey key, tagged_group(context, input));
  CO_TRY(const ScheduleCatalog::Group group, to_scheduler(api.catalog.group(key)));
  json::object output;
  output["Tags"] = to_tag_list(group->record.tags);
  co_return output;
}

}  // namespace eventbus::aws
