#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_members.h"
#include "bus/arn.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

namespace {

// The ARN, when what it names is the caller's (or AWS's own registry).
AwsResult<std::string> own_resource(const RequestContext& context, const json::object& input) {
  std::string text = *schemas_text(input, "ResourceArn");
  const std::optional<Arn> arn = Arn::parse(text);
  if (arn && arn->account != context.scope.account && !arn->account.empty())
    return AwsError("ForbiddenException", "The resource belongs to another account.", 403);
  return text;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> list_schema_tags(SchemasApi& api, const RequestContext& context,
                                                          json::object input) {
  CO_TRY(const std::string arn, own_resource(context, input));
  CO_TRY(const SchemaCatalog::Tags tags, schemas_result(api.catalog.tags(arn)));
  json::object output;
  output["tags"] = tags_json(tags);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> tag_schema_resource(SchemasApi& api, const RequestContext& context,
                                                             json::object input) {
  CO_TRY(std::string arn, own_resource(context, input));
  CO_TRY_VOID(schemas_result(co_await api.catalog.tag(std::move(arn), schemas_tags(input))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> untag_schema_resource(SchemasApi& api, const RequestContext& context,
                                                               json::object input) {
  CO_TRY(std::string arn, own_resource(context, input));
  std::vector<std::string> keys;
  for (const json::value& key : input.at("TagKeys").as_array()) keys.emplace_back(key.as_string());
  CO_TRY_VOID(schemas_result(co_await api.catalog.untag(std::move(arn), std::move(keys))));
  co_return json::object();
}

}  // namespace eventbus::aws
