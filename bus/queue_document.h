#pragma once

#include "base/result.h"
#include "bus/limits.h"
#include "bus/queue_directory.h"

#include <string>
#include <string_view>

namespace eventbus {

// How a queue is kept in the Catalog:
//   key    sqs/queue/ACCOUNT/REGION/NAME          names hold no '/'
//   value  {"version":1,"id":17,"created":MS,"modified":MS,"attributes":{…},"tags":{…}}
// Attributes and tags are texts, as the user set them. Times are milliseconds since 1970.
inline constexpr std::string_view kQueueKeyPrefix = "sqs/queue/";
std::string queue_key(const Scope& scope, std::string_view name);

std::string encode_queue(const QueueInfo& queue);
// kInternal when key or value is not of this form: the catalog is corrupt, or written by a newer version.
Result<QueueInfo> decode_queue(std::string_view key, std::string_view value, const Limits& limits);

}  // namespace eventbus
