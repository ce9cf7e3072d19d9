#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/sqs/sqs_shapes.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

// Checks a decoded input against the model. `null` members are removed, as if they had not been sent; members the model
// does not know stay and are ignored. Errors:
//   SerializationException  a member of the wrong JSON type
//   MissingParameter        a required member is not there (an entry of a list is named
//   "SendMessageBatchRequestEntry.1.Id")
std::optional<AwsError> check_input(std::span<const SqsMember> members, json::object& input);

// Members of checked input.
std::optional<std::string_view> text_of(const json::object& input, std::string_view member);
std::string string_of(const json::object& input, std::string_view member);  // "" if it is not there
std::optional<std::int64_t> integer_of(const json::object& input, std::string_view member);
std::vector<std::string> strings_of(const json::object& input, std::string_view member);
std::map<std::string, std::string> string_map_of(const json::object& input, std::string_view member);

}  // namespace eventbus::aws
