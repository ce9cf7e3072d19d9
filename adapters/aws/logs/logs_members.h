#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/request_context.h"
#include "logs/log_store.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

// Members of CloudWatch Logs' requests and answers that many operations share. Inputs have passed the constraints: a
// member that is there has the right type.

std::optional<std::string> log_text(const json::object& input, std::string_view name);
std::optional<std::int64_t> log_number(const json::object& input, std::string_view name);
bool log_flag(const json::object& input, std::string_view name);  // absent: false
LogTags log_tags(const json::object& input);
json::object to_json(const LogTags& tags);

// Times are milliseconds since 1970, as JSON integers.
std::int64_t log_time(TimePoint time);

AwsError invalid_parameter(std::string message);
// What the log store says, in AWS's names.
AwsError logs_error(Error error);
template <typename T>
AwsResult<T> logs_result(Result<T> result) {
  if (!result) return logs_error(std::move(result).error());
  if constexpr (std::is_void_v<T>)
    return AwsResult<void>();
  else
    return std::move(result).value();
}

// The group that `logGroupName`, or `logGroupIdentifier` (a name or an ARN), names.
AwsResult<LogGroupPtr> log_group_of(const LogStore& store, const RequestContext& context, const json::object& input);
// The group of an ARN, with or without ":*".
AwsResult<LogGroupPtr> log_group_of_arn(const LogStore& store, const RequestContext& context, std::string_view arn);

// Opaque tokens: base64 of some fields, behind a checksum of `binding`, which names the list that they are of.
std::string make_log_token(std::string_view binding, const std::vector<std::string>& fields);
// InvalidParameterException "The specified nextToken is invalid." for what is no token of this list.
AwsResult<std::vector<std::string>> read_log_token(std::string_view binding, std::string_view token,
                                                   std::size_t fields);

}  // namespace eventbus::aws
