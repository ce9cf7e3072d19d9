#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

namespace {

json::object shown(const MessageMoves::Listed& listed) {
  const MessageMoveTask& task = listed.task;
  json::object entry;
  if (task.status == MessageMoveTask::kRunning) entry["TaskHandle"] = listed.handle;
  entry["Status"] = to_string(task.status);
  entry["SourceArn"] = listed.source_arn;
  if (task.destination_arn) entry["DestinationArn"] = *task.destination_arn;
  if (task.messages_per_second) entry["MaxNumberOfMessagesPerSecond"] = *task.messages_per_second;
  entry["ApproximateNumberOfMessagesMoved"] = task.moved;
  entry["ApproximateNumberOfMessagesToMove"] = task.to_move;
  if (!task.failure.empty()) entry["FailureReason"] = task.failure;
  entry["StartedTimestamp"] = task.started_at.time_since_epoch().count();
  return entry;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> start_message_move_task(SqsApi& api, const RequestContext& context,
                                                                 json::object input) {
  MessageMoves::NewTask task;
  task.source_arn = string_of(input, "SourceArn");
  if (const std::optional<std::string_view> arn = text_of(input, "DestinationArn")) task.destination_arn = *arn;
  task.messages_per_second = integer_of(input, "MaxNumberOfMessagesPerSecond");
  SQS_TRY(const std::string handle, co_await api.moves.start(context.scope, std::move(task)));
  json::object output;
  output["TaskHandle"] = handle;
  co_return output;
}

asio::awaitable<AwsResult<json::object>> cancel_message_move_task(SqsApi& api, const RequestContext&,
                                                                  json::object input) {
  SQS_TRY(const std::int64_t moved, co_await api.moves.cancel(string_of(input, "TaskHandle")));
  json::object output;
  output["ApproximateNumberOfMessagesMoved"] = moved;
  co_return output;
}

asio::awaitable<AwsResult<json::object>> list_message_move_tasks(SqsApi& api, const RequestContext&,
                                                                 json::object input) {
  // AWS: one result unless MaxResults says otherwise.
  SQS_TRY(const std::vector<MessageMoves::Listed> tasks,
          api.moves.list(string_of(input, "SourceArn"), integer_of(input, "MaxResults").value_or(1)));
  json::array results;
  for (const MessageMoves::Listed& listed : tasks) results.push_back(shown(listed));
  json::object output;
  output["Results"] = std::move(results);
  co_return output;
}

}  // namespace eventbus::aws
