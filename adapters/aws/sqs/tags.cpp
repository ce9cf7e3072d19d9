#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"

namespace eventbus::aws {

asio::awaitable<AwsResult<json::object>> list_queue_tags(SqsApi& api, const RequestContext& context,
                                                         json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  json::object output;
  if (queue->tags.empty()) co_return output;  // AWS: no Tags at all
  json::object tags;
  for (const auto& [key, value] : queue->tags) tags.emplace(key, value);
  output["Tags"] = std::move(tags);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> tag_queue(SqsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(co_await api.queues.tag(queue->scope, queue->name, string_map_of(input, "Tags")));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> untag_queue(SqsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(co_await api.queues.untag(queue->scope, queue->name, strings_of(input, "TagKeys")));
  co_return json::object();
}

}  // namespace eventbus::aws
