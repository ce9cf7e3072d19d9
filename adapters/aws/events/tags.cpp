#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "bus/arn.h"

namespace eventbus::aws {

namespace {

// The bus or rule that ResourceARN names. Of the ARN's own account and region, as everywhere.
AwsResult<BusCatalog::Taggable> taggable_of(const json::object& input) {
  const std::string text = required_text(input, "ResourceARN");
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "events" || arn->account.empty() || arn->region.empty())
    return validation("Parameter " + text + " is not valid. Reason: Provided Arn is not in correct format.");
  const std::size_t slash = arn->resource.find('/');
  const std::string kind = arn->resource.substr(0, slash);
  std::string name = slash == std::string::npos ? "" : arn->resource.substr(slash + 1);
  if (kind == "event-bus" && !name.empty()) return BusCatalog::Taggable{{arn->scope(), std::move(name)}, std::nullopt};
  // rule/NAME is on the default bus, rule/BUS/NAME elsewhere; a partner's bus has slashes in its name.
  const std::size_t last_slash = name.rfind('/');
  const bool is_rule = kind == "rule" && !name.empty();
  if (is_rule && last_slash == std::string::npos)
    return BusCatalog::Taggable{{arn->scope(), "default"}, std::move(name)};
  if (is_rule) return BusCatalog::Taggable{{arn->scope(), name.substr(0, last_slash)}, name.substr(last_slash + 1)};
  return resource_not_found("Resource " + text + " does not exist.");
}

}  // namespace

asio::awaitable<AwsResult<json::object>> tag_resource(EventsApi& api, const RequestContext&, json::object input) {
  CO_TRY(BusCatalog::Taggable resource, taggable_of(input));
  CO_TRY(Tags tags, tags_of(input));
  CO_TRY_VOID(to_aws(co_await api.catalog.tag(std::move(resource), std::move(tags))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> untag_resource(EventsApi& api, const RequestContext&, json::object input) {
  CO_TRY(BusCatalog::Taggable resource, taggable_of(input));
  std::vector<std::string> keys = text_list(input, "TagKeys");
  CO_TRY_VOID(to_aws(co_await api.catalog.untag(std::move(resource), std::move(keys))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_tags_for_resource(EventsApi& api, const RequestContext&,
                                                                json::object input) {
  CO_TRY(const BusCatalog::Taggable resource, taggable_of(input));
  CO_TRY(const Tags tags, to_aws(api.catalog.tags(resource)));
  json::object output;
  output["Tags"] = to_tag_list(tags);
  co_return output;
}

}  // namespace eventbus::aws
