#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"

namespace eventbus::aws {

namespace {

AwsError must_be_specified(std::string_view parameter) {
  return validation("Parameter(s) " + std::string(parameter) + " must be specified.");
}

AwsResult<Permission> permission_of(const json::object& input) {
  for (const char* parameter : {"Action", "Principal", "StatementId"}) {
    if (!input.contains(parameter)) return must_be_specified(parameter);
  }
  Permission permission;
  permission.action = required_text(input, "Action");
  permission.principal = required_text(input, "Principal");
  permission.statement_id = required_text(input, "StatementId");
  if (const json::value* condition = input.if_contains("Condition")) {
    const json::object& members = condition->as_object();
    permission.condition = {required_text(members, "Type"), required_text(members, "Key"),
                            required_text(members, "Value")};
  }
  return permission;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_permission(EventsApi& api, const RequestContext& context,
                                                        json::object input) {
  BusKey key = named_bus(context, input, "EventBusName");
  if (const auto policy = text(input, "Policy")) {
    for (const char* parameter : {"Action", "Principal", "StatementId", "Condition"}) {
      if (input.contains(parameter))
        co_return validation(
            "Action, Principal, StatementId and Condition could not be combined with Policy parameter.");
    }
    CO_TRY_VOID(to_aws(co_await api.catalog.put_policy(std::move(key), *policy)));
    co_return json::object();
  }
  CO_TRY(Permission permission, permission_of(input));
  CO_TRY_VOID(to_aws(co_await api.catalog.put_permission(std::move(key), std::move(permission))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> remove_permission(EventsApi& api, const RequestContext& context,
                                                           json::object input) {
  BusKey key = named_bus(context, input, "EventBusName");
  if (flag(input, "RemoveAllPermissions")) {
    CO_TRY_VOID(to_aws(co_await api.catalog.remove_all_permissions(std::move(key))));
    co_return json::object();
  }
  const std::optional<std::string> statement = text(input, "StatementId");
  if (!statement) co_return must_be_specified("StatementId");
  CO_TRY_VOID(to_aws(co_await api.catalog.remove_permission(std::move(key), *statement)));
  co_return json::object();
}

}  // namespace eventbus::aws
