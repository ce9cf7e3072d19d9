#pragma once

#include "bus/message_attributes.h"

#include <map>
#include <string>

namespace eventbus {

using MessageAttributeMap = std::map<std::string, MessageAttributes::Value>;

// MD5OfMessageAttributes and MD5OfMessageSystemAttributes, which SDKs verify: the MD5 of, for each attribute by name,
//   length · name · length · type · 1 (text) or 2 (bytes) · length · value
// with four-byte big-endian lengths. AWS: "Calculating the MD5 message digest for message attributes" (SQS developer
// guide). Empty for no attributes.
std::string message_attributes_md5(const MessageAttributeMap& attributes);

}  // namespace eventbus
