#include "adapters/aws/events/members.h"

#include "bus/arn.h"

#include <boost/json/value.hpp>

#include <chrono>

namespace eventbus::aws {

std::optional<std::string> text(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  if (!value) return std::nullopt;
  return std::string(value->as_string());
}

std::string required_text(const json::object& input, std::string_view name) {
  return std::string(input.at(name).as_string());
}

bool flag(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  return value && value->as_bool();
}

std::vector<std::string> text_list(const json::object& input, std::string_view name) {
  std::vector<std::string> texts;
  for (const json::value& value : input.at(name).as_array()) texts.emplace_back(value.as_string());
  return texts;
}

void put(json::object& output, std::string_view name, const std::optional<std::string>& value) {
  if (value) output[name] = *value;
}

BusKey named_bus(const RequestContext& context, const json::object& input, std::string_view name) {
  const std::string given = text(input, name).value_or("default");
  const std::optional<Arn> arn = Arn::parse(given);
  if (!arn) return {context.scope, given};
  return {arn->scope(), arn->resource.substr(arn->resource.find('/') + 1)};  // "event-bus/…": the constraints saw to it
}

RuleKey named_rule(const RequestContext& context, const json::object& input, std::string_view rule) {
  return {named_bus(context, input, "EventBusName"), required_text(input, rule)};
}

AwsResult<Tags> tags_of(const json::object& input) {
  Tags tags;
  const json::value* list = input.if_contains("Tags");
  if (!list) return tags;
  for (const json::value& tag : list->as_array()) {
    const auto [place, fresh] =
        tags.emplace(required_text(tag.as_object(), "Key"), required_text(tag.as_object(), "Value"));
    if (!fresh) return validation("Duplicate tag key found: " + place->first + ".");
  }
  return tags;
}

json::array to_tag_list(const Tags& tags) {
  json::array list;
  for (const auto& [key, value] : tags) {
    json::object& tag = list.emplace_back(json::object()).as_object();
    tag["Key"] = key;
    tag["Value"] = value;
  }
  return list;
}

std::int64_t to_epoch_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

AwsError to_aws(CatalogError error) {
  switch (error.reason) {
    case CatalogError::kInvalidEventPattern:
      return AwsError("InvalidEventPatternException", std::move(error.message));
    case CatalogError::kPolicyTooLong:
      return AwsError("PolicyLengthExceededException", std::move(error.message));
    case CatalogError::kManagedRule:
      return AwsError("ManagedRuleException", std::move(error.message));
    case CatalogError::kGeneral:
      break;
  }
  if (error.code == ErrorCode::kConflict) return resource_already_exists(std::move(error.message));
  return AwsError(Error(std::move(error)));
}

}  // namespace eventbus::aws
