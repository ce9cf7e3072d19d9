#pragma once

#include "bus/message_digest.h"
#include "bus/queue_error.h"

#include <cstddef>
#include <string_view>

namespace eventbus {

// What SQS takes as a message. All texts are valid UTF-8 already (the protocols see to that).

// kMissingParameter for an empty body, kInvalidMessageContents for characters outside
// #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
QueueResult<void> check_message_body(std::string_view body);

// Names, types and values of message attributes; at most ten.
QueueResult<void> check_message_attributes(const MessageAttributeMap& attributes);

// MessageGroupId and MessageDeduplicationId: 1–128 alphanumeric and punctuation characters.
QueueResult<void> check_message_token(std::string_view parameter, std::string_view value);

// What counts against MaximumMessageSize: the body, and name, type and value of every attribute.
std::size_t message_bytes(std::string_view body, const MessageAttributeMap& attributes);

}  // namespace eventbus
