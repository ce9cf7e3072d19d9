#pragma once

#include "adapters/aws/request_context.h"
#include "bus/queue_service.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus::aws {

// "http://HOST/ACCOUNT/NAME" with the Host header the client came with, so that it works from where the client is.
std::string queue_url(const RequestContext& context, const QueueInfo& queue);

// Which queue a QueueUrl names: only its path counts, whose last two parts are account and name; any host, or none.
struct QueueName {
  std::string account, name;
};
std::optional<QueueName> parse_queue_url(std::string_view url);

}  // namespace eventbus::aws
