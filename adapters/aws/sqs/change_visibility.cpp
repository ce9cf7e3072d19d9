#include "adapters/aws/sqs/batch.h"
#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

asio::awaitable<AwsResult<json::object>> change_message_visibility(SqsApi& api, const RequestContext& context,
                                                                   json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(api.messages.change_visibility(*queue, *text_of(input, "ReceiptHandle"),
                                              *integer_of(input, "VisibilityTimeout")));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> change_message_visibility_batch(SqsApi& api, const RequestContext& context,
                                                                         json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  const json::array& entries = input.at("Entries").as_array();
  SQS_TRY_VOID(check_batch(entries, "ChangeMessageVisibilityBatchRequestEntry"));

  json::array successful, failed;
  for (const json::value& value : entries) {
    const json::object& entry = value.as_object();
    const std::string_view id = *text_of(entry, "Id");
    const std::optional<std::int64_t> seconds = integer_of(entry, "VisibilityTimeout");
    QueueResult<void> changed = seconds
                                    ? api.messages.change_visibility(*queue, *text_of(entry, "ReceiptHandle"), *seconds)
                                    : QueueResult<void>(missing_parameter("VisibilityTimeout"));
    if (changed) {
      successful.push_back(json::object{{"Id", id}});
    } else {
      failed.push_back(failed_entry(id, std::move(changed).error()));
    }
  }
  json::object output;
  output["Successful"] = std::move(successful);
  output["Failed"] = std::move(failed);
  co_return output;
}

}  // namespace eventbus::aws
