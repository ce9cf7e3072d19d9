#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"

namespace eventbus::aws {

namespace {

// PutTargets and RemoveTargets always say so (behaviour §9): trouble fails the whole call.
json::object nothing_failed() {
  json::object output;
  output["FailedEntryCount"] = 0;
  output["FailedEntries"].emplace_array();
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_targets(EventsApi& api, const RequestContext& context,
                                                     json::object input) {
  RuleKey key = named_rule(context, input, "Rule");
  std::vector<Target> targets;
  for (const json::value& target : input.at("Targets").as_array()) targets.push_back(decode_target(target.as_object()));
  BusCatalog::Actor user{context.scope.account, ""};
  CO_TRY_VOID(to_aws(co_await api.catalog.put_targets(std::move(key), std::move(targets), std::move(user))));
  co_return nothing_failed();
}

asio::awaitable<AwsResult<json::object>> list_targets_by_rule(EventsApi& api, const RequestContext& context,
                                                              json::object input) {
  const RuleKey key = named_rule(context, input, "Rule");
  CO_TRY(const std::shared_ptr<const RuleEntry> rule, to_aws(api.catalog.rule(key)));
  std::vector<std::string_view> ids;
  for (const auto& [id, target] : rule->record.targets) ids.push_back(id);
  const std::string binding =
      "ListTargetsByRule " + key.bus.scope.account + " " + key.bus.scope.region + " " + key.bus.name + " " + key.name;
  CO_TRY(const Page page, page_of(input, binding, ids));

  co_return page_output("Targets", page, [&](std::size_t i) {
    return encode_target(rule->record.targets.find(std::string(ids[i]))->second.target);
  });
}

asio::awaitable<AwsResult<json::object>> remove_targets(EventsApi& api, const RequestContext& context,
                                                        json::object input) {
  RuleKey key = named_rule(context, input, "Rule");
  std::vector<std::string> ids = text_list(input, "Ids");
  CO_TRY_VOID(to_aws(co_await api.catalog.remove_targets(std::move(key), std::move(ids), flag(input, "Force"))));
  co_return nothing_failed();
}

}  // namespace eventbus::aws
