#pragma once

#include "adapters/aws/query_protocol.h"
#include "adapters/aws/sqs/sqs_shapes.h"

#include <boost/json/object.hpp>

#include <span>
#include <string>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

// Query parameters → the input in the shape of the JSON model, by the names of sqs_shapes. Understood besides the names
// AWS documents (Attribute.1.Name, SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue):
//   Attributes.1.Name    the name of the JSON model, Attribute.Name a single entry without a number, AttributeName=All
//   AttributeName.member.1, Attributes.entry.1.key and .value: lists and maps that are not flattened
// Numbers give the order and need not be dense. Parameters that are not in the model are ignored; empty values of
// lists, maps and structures ("Entries=", as botocore sends an empty list) make empty ones. Errors:
// InvalidParameterValue for an integer that is none.
AwsResult<json::object> decode_query(const std::vector<FormField>& fields, std::span<const SqsMember> members);

// The content of the …Result element.
std::string encode_query(const json::object& output, std::span<const SqsMember> members);

}  // namespace eventbus::aws
