#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"

#include <algorithm>

namespace eventbus::aws {

namespace {

RuleSettings settings_of(const json::object& input) {
  RuleSettings settings;
  settings.event_pattern = text(input, "EventPattern");
  settings.schedule_expression = text(input, "ScheduleExpression");
  settings.description = text(input, "Description");
  settings.role_arn = text(input, "RoleArn");
  if (const auto state = text(input, "State")) settings.state = *parse_rule_state(*state);  // the enum was checked
  return settings;
}

// As ListRules shows a rule; DescribeRule adds CreatedBy.
json::object shown(const BusState& bus, const RuleRecord& rule) {
  json::object output;
  output["Name"] = rule.name;
  output["Arn"] = bus.rule_arn(rule.name);
  put(output, "EventPattern", rule.settings.event_pattern);
  put(output, "ScheduleExpression", rule.settings.schedule_expression);
  output["State"] = to_string(rule.settings.state);
  put(output, "Description", rule.settings.description);
  put(output, "RoleArn", rule.settings.role_arn);
  if (!rule.managed_by.empty()) output["ManagedBy"] = rule.managed_by;
  output["EventBusName"] = bus.record().name;
  return output;
}

// A token survives naming the bus by ARN instead of by name (behaviour §1): it is bound to the bus itself.
std::string binding_of(std::string_view operation, const BusKey& bus, std::string_view filter) {
  return std::string(operation) + " " + bus.scope.account + " " + bus.scope.region + " " + bus.name + " " +
         std::string(filter);
}

bool targets(const RuleRecord& rule, std::string_view target_arn) {
  return std::ranges::any_of(rule.targets, [&](const auto& entry) { return entry.second.target.arn == target_arn; });
}

asio::awaitable<AwsResult<json::object>> set_state(EventsApi& api, RuleKey key, RuleState state) {
  CO_TRY_VOID(to_aws(co_await api.catalog.set_rule_state(std::move(key), state)));
  co_return json::object();
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_rule(EventsApi& api, const RequestContext& context, json::object input) {
  RuleKey key = named_rule(context, input, "Name");
  CO_TRY(Tags tags, tags_of(input));
  RuleSettings settings = settings_of(input);
  BusCatalog::Actor user{context.scope.account, ""};
  CO_TRY(std::string arn,
         to_aws(co_await api.catalog.put_rule(std::move(key), std::move(settings), std::move(tags), std::move(user))));
  json::object output;
  output["RuleArn"] = std::move(arn);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> describe_rule(EventsApi& api, const RequestContext& context,
                                                       json::object input) {
  const RuleKey key = named_rule(context, input, "Name");
  CO_TRY(const std::shared_ptr<const BusState> bus, to_aws(api.catalog.bus(key.bus)));
  CO_TRY(const std::shared_ptr<const RuleEntry> rule, to_aws(api.catalog.rule(key)));
  json::object output = shown(*bus, rule->record);
  output["CreatedBy"] = rule->record.created_by;
  co_return output;
}

asio::awaitable<AwsResult<json::object>> list_rules(EventsApi& api, const RequestContext& context, json::object input) {
  const BusKey key = named_bus(context, input, "EventBusName");
  CO_TRY(const std::shared_ptr<const BusState> bus, to_aws(api.catalog.bus(key)));
  const std::string prefix = text(input, "NamePrefix").value_or("");
  std::vector<std::string_view> names;
  for (auto rule = bus->rules().lower_bound(prefix); rule != bus->rules().end() && rule->first.starts_with(prefix);
       ++rule)
    names.push_back(rule->first);
  CO_TRY(const Page page, page_of(input, binding_of("ListRules", key, prefix), names));

  co_return page_output("Rules", page,
                        [&](std::size_t i) { return shown(*bus, bus->rules().find(names[i])->second->record); });
}

asio::awaitable<AwsResult<json::object>> delete_rule(EventsApi& api, const RequestContext& context,
                                                     json::object input) {
  RuleKey key = named_rule(context, input, "Name");
  CO_TRY_VOID(to_aws(co_await api.catalog.delete_rule(std::move(key), flag(input, "Force"))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> enable_rule(EventsApi& api, const RequestContext& context,
                                                     json::object input) {
  return set_state(api, named_rule(context, input, "Name"), RuleState::kEnabled);
}

asio::awaitable<AwsResult<json::object>> disable_rule(EventsApi& api, const RequestContext& context,
                                                      json::object input) {
  return set_state(api, named_rule(context, input, "Name"), RuleState::kDisabled);
}

asio::awaitable<AwsResult<json::object>> list_rule_names_by_target(EventsApi& api, const RequestContext& context,
                                                                   json::object input) {
  const BusKey key = named_bus(context, input, "EventBusName");
  const std::string target = required_text(input, "TargetArn");
  CO_TRY(const std::shared_ptr<const BusState> bus, to_aws(api.catalog.bus(key)));
  std::vector<std::string_view> names;
  for (const auto& [name, rule] : bus->rules()) {
    if (targets(rule->record, target)) names.push_back(name);
  }
  CO_TRY(const Page page, page_of(input, binding_of("ListRuleNamesByTarget", key, target), names));

  co_return page_output("RuleNames", page, [&](std::size_t i) { return names[i]; });
}

}  // namespace eventbus::aws
