#include "adapters/aws/logs/logs_handlers.h"
#include "adapters/aws/logs/logs_members.h"
#include "bus/json_text.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::size_t kPageDefault = 50;

json::object describe(const LogPolicy& policy) {
  json::object output;
  output["policyName"] = policy.name;
  output["policyDocument"] = policy.document;
  output["lastUpdatedTime"] = log_time(policy.updated_at);
  output["policyScope"] = policy.resource_arn ? "RESOURCE" : "ACCOUNT";
  if (policy.resource_arn) output["resourceArn"] = *policy.resource_arn;
  output["revisionId"] = policy.revision;
  return output;
}

// A policy of one log group has no name of its own: its group's ARN is one.
AwsResult<std::string> policy_name(const json::object& input) {
  const std::optional<std::string> name = log_text(input, "policyName"), arn = log_text(input, "resourceArn");
  if (!name && !arn) return invalid_parameter("One of policyName and resourceArn must be specified.");
  if (name && name->empty()) return invalid_parameter("Policy name must not be empty.");
  return name ? *name : *arn;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_resource_policy(LogsApi& api, const RequestContext& context,
                                                             json::object input) {
  LogPolicy policy;
  CO_TRY(policy.name, policy_name(input));
  const std::optional<std::string> document = log_text(input, "policyDocument");
  if (!document) co_return invalid_parameter("Policy document must be specified.");
  if (!is_json(*document) || json_kind(*document) != JsonKind::kObject)
    co_return invalid_parameter("Invalid policy document: it is no JSON object.");
  policy.document = *document;
  if (const std::optional<std::string> arn = log_text(input, "resourceArn")) {
    CO_TRY(const LogGroupPtr group, log_group_of_arn(api.store, context, *arn));
    policy.resource_arn = group->arn;
  }
  CO_TRY(const LogPolicy kept, logs_result(co_await api.store.put_policy(context.scope, std::move(policy),
                                                                         log_text(input, "expectedRevisionId"))));
  json::object output;
  output["resourcePolicy"] = describe(kept);
  output["revisionId"] = kept.revision;
  co_return output;
}

asio::awaitable<AwsResult<json::object>> describe_resource_policies(LogsApi& api, const RequestContext& context,
                                                                    json::object input) {
  const std::optional<std::string> arn = log_text(input, "resourceArn"), scope = log_text(input, "policyScope");
  const std::string binding = "DescribeResourcePolicies " + context.scope.account + " " + context.scope.region + " " +
                              arn.value_or("") + " " + scope.value_or("");
  std::string after;
  if (const std::optional<std::string> token = log_text(input, "nextToken")) {
    CO_TRY(const std::vector<std::string> fields, read_log_token(binding, *token, 1));
    after = fields.front();
  }
  const auto limit = static_cast<std::size_t>(log_number(input, "limit").value_or(kPageDefault));
  json::object output;
  json::array list;
  std::string last;
  for (const LogPolicy& policy : api.store.policies(context.scope)) {
    if (policy.name <= after || (arn && policy.resource_arn != arn)) continue;
    if (scope && (*scope == "RESOURCE") != policy.resource_arn.has_value()) continue;
    if (list.size() == limit) {
      output["nextToken"] = make_log_token(binding, {last});
      break;
    }
    list.push_back(describe(policy));
    last = policy.name;
  }
  output["resourcePolicies"] = std::move(list);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> delete_resource_policy(LogsApi& api, const RequestContext& context,
                                                                json::object input) {
  CO_TRY(std::string name, policy_name(input));
  CO_TRY_VOID(logs_result(
      co_await api.store.delete_policy(context.scope, std::move(name), log_text(input, "expectedRevisionId"))));
  co_return json::object();
}

}  // namespace eventbus::aws
