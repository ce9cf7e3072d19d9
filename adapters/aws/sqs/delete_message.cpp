#include "adapters/aws/sqs/batch.h"
#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

asio::awaitable<AwsResult<json::object>> delete_message(SqsApi& api, const RequestContext& context,
                                                        json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  std::vector<std::string> handles;
  handles.push_back(string_of(input, "ReceiptHandle"));
  SQS_TRY(QueueMessages::Results results, co_await api.messages.remove(queue, std::move(handles)));
  SQS_TRY_VOID(std::move(results.front()));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> delete_message_batch(SqsApi& api, const RequestContext& context,
                                                              json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  const json::array& entries = input.at("Entries").as_array();
  SQS_TRY_VOID(check_batch(entries, "DeleteMessageBatchRequestEntry"));
  std::vector<std::string> handles;
  for (const json::value& entry : entries) handles.push_back(string_of(entry.as_object(), "ReceiptHandle"));
  SQS_TRY(QueueMessages::Results results, co_await api.messages.remove(queue, std::move(handles)));

  json::array successful, failed;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string_view id = *text_of(entries[i].as_object(), "Id");
    if (results[i]) {
      successful.push_back(json::object{{"Id", id}});
    } else {
      failed.push_back(failed_entry(id, std::move(results[i]).error()));
    }
  }
  json::object output;
  output["Successful"] = std::move(successful);
  output["Failed"] = std::move(failed);
  co_return output;
}

}  // namespace eventbus::aws
