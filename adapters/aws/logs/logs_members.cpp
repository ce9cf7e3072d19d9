#include "adapters/aws/logs/logs_members.h"

#include "base/digest.h"
#include "bus/arn.h"
#include "bus/target_rules.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace eventbus::aws {

std::optional<std::string> log_text(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  return value ? std::optional(std::string(value->as_string())) : std::nullopt;
}

std::optional<std::int64_t> log_number(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  return value ? std::optional(value->to_number<std::int64_t>()) : std::nullopt;
}

bool log_flag(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  return value && value->as_bool();
}

LogTags log_tags(const json::object& input) {
  LogTags tags;
  if (const json::value* value = input.if_contains("tags"))
    for (const auto& [key, text] : value->as_object()) tags[key] = std::string(text.as_string());
  return tags;
}

json::object to_json(const LogTags& tags) {
  json::object object;
  for (const auto& [key, value] : tags) object[key] = value;
  return object;
}

std::int64_t log_time(TimePoint time) { return time.time_since_epoch().count(); }

AwsError invalid_parameter(std::string message) { return {"InvalidParameterException", std::move(message)}; }

AwsError logs_error(Error error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return invalid_parameter(std::move(error.message));
    case ErrorCode::kNotFound:
      return {"ResourceNotFoundException", std::move(error.message)};
    case ErrorCode::kConflict:
      return {"ResourceAlreadyExistsException", std::move(error.message)};
    case ErrorCode::kLimit:
      return {"LimitExceededException", std::move(error.message)};
    case ErrorCode::kUnavailable:
      return {"ServiceUnavailableException", std::move(error.message), 500};
    case ErrorCode::kInternal:
      break;
  }
  return AwsError(std::move(error));
}

AwsResult<LogGroupPtr> log_group_of_arn(const LogStore& store, const RequestContext&, std::string_view text) {
  const std::optional<Arn> arn = Arn::parse(text);
  const std::optional<LocalName> named = arn ? local_log_group(*arn) : std::nullopt;
  if (!named) return invalid_parameter("Invalid ARN: " + std::string(text));
  return logs_result(store.group(named->scope, named->name));
}

AwsResult<LogGroupPtr> log_group_of(const LogStore& store, const RequestContext& context, const json::object& input) {
  const std::optional<std::string> name = log_text(input, "logGroupName");
  const std::optional<std::string> identifier = log_text(input, "logGroupIdentifier");
  if (name && identifier) return invalid_parameter("Only one of logGroupName and logGroupIdentifier can be specified.");
  if (!name && !identifier) return invalid_parameter("One of logGroupName and logGroupIdentifier must be specified.");
  if (identifier && identifier->starts_with("arn:")) return log_group_of_arn(store, context, *identifier);
  return logs_result(store.group(context.scope, name ? *name : *identifier));
}

namespace {

std::string checksum(std::string_view binding, std::string_view fields) {
  return sha256_hex(std::string(binding) + "\n" + std::string(fields)).substr(0, 16);
}

}  // namespace

std::string make_log_token(std::string_view binding, const std::vector<std::string>& fields) {
  json::array list;
  for (const std::string& field : fields) list.emplace_back(field);
  const std::string text = json::serialize(list);
  return base64_encode(checksum(binding, text) + text);
}

AwsResult<std::vector<std::string>> read_log_token(std::string_view binding, std::string_view token,
                                                   std::size_t count) {
  const AwsError refused = invalid_parameter("The specified nextToken is invalid.");
  const std::optional<std::string> bytes = base64_decode(token);
  if (!bytes || bytes->size() < 16) return refused;
  const std::string_view text = std::string_view(*bytes).substr(16);
  if (bytes->substr(0, 16) != checksum(binding, text)) return refused;
  json::error_code error;
  const json::value list = json::parse({text.data(), text.size()}, error);
  if (error || !list.is_array() || list.get_array().size() != count) return refused;
  std::vector<std::string> fields;
  for (const json::value& field : list.get_array()) {
    if (!field.is_string()) return refused;
    fields.emplace_back(field.get_string());
  }
  return fields;
}

}  // namespace eventbus::aws
