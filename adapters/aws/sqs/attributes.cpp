#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"
#include "bus/queue_attributes.h"

namespace eventbus::aws {

asio::awaitable<AwsResult<json::object>> get_queue_attributes(SqsApi& api, const RequestContext& context,
                                                              json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  const std::vector<std::string> names = strings_of(input, "AttributeNames");
  QueueDepth depth;
  if (shows_depth(names)) {
    SQS_TRY(depth, api.queues.depth(*queue));
  }
  SQS_TRY(const QueueAttributeMap shown, shown_attributes(*queue, depth, names));
  json::object output;
  if (shown.empty()) co_return output;  // AWS: no Attributes at all
  json::object attributes;
  for (const auto& [name, value] : shown) attributes.emplace(name, value);
  output["Attributes"] = std::move(attributes);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> set_queue_attributes(SqsApi& api, const RequestContext& context,
                                                              json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(co_await api.queues.set_attributes(queue->scope, queue->name, string_map_of(input, "Attributes")));
  co_return json::object();
}

}  // namespace eventbus::aws
