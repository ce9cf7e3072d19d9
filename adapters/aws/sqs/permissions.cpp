#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"

namespace eventbus::aws {

asio::awaitable<AwsResult<json::object>> add_permission(SqsApi& api, const RequestContext& context,
                                                        json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  QueuePermission permission{string_of(input, "Label"), strings_of(input, "AWSAccountIds"),
                             strings_of(input, "Actions")};
  SQS_TRY_VOID(co_await api.queues.add_permission(queue->scope, queue->name, std::move(permission)));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> remove_permission(SqsApi& api, const RequestContext& context,
                                                           json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(co_await api.queues.remove_permission(queue->scope, queue->name, string_of(input, "Label")));
  co_return json::object();
}

}  // namespace eventbus::aws
