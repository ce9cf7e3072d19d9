#include "adapters/aws/json_protocol.h"
#include "adapters/aws/sqs/message_rendering.h"
#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"
#include "adapters/aws/sqs/sqs_shapes.h"
#include "net/message.h"

#include <iterator>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::int64_t kMessagesMax = 10;
constexpr std::int64_t kVisibilitySecondsMax = 43'200;
constexpr std::int64_t kWaitSecondsMax = 20;

QueueResult<MessagesToReceive> request_of(const json::object& input) {
  MessagesToReceive request;
  if (const std::optional<std::int64_t> count = integer_of(input, "MaxNumberOfMessages")) {
    if (*count < 1 || *count > kMessagesMax)
      return invalid_parameter(std::to_string(*count), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
    request.count = static_cast<std::size_t>(*count);
  }
  if (const std::optional<std::int64_t> seconds = integer_of(input, "VisibilityTimeout")) {
    if (*seconds < 0 || *seconds > kVisibilitySecondsMax)
      return invalid_parameter(std::to_string(*seconds), "VisibilityTimeout",
                               "Must be >= 0 and <= 43200, if provided.");
    request.visibility = std::chrono::seconds(*seconds);
  }
  if (const std::optional<std::int64_t> seconds = integer_of(input, "WaitTimeSeconds")) {
    if (*seconds < 0 || *seconds > kWaitSecondsMax)
      return invalid_parameter(std::to_string(*seconds), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
    request.wait = std::chrono::seconds(*seconds);
  }
  request.attempt_id = string_of(input, "ReceiveRequestAttemptId");
  return request;
}

struct Received {
  ReceivedMessages messages;
  MessageView view;
};

asio::awaitable<AwsResult<Received>> receive(SqsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  std::vector<std::string> system = strings_of(input, "AttributeNames");
  std::ranges::move(strings_of(input, "MessageSystemAttributeNames"), std::back_inserter(system));
  SQS_TRY(MessageView view, message_view(queue->fifo, std::move(system), strings_of(input, "MessageAttributeNames")));
  SQS_TRY(MessagesToReceive request, request_of(input));
  if (context.requester) request.receiver_has_left = [&requester = *context.requester] { return requester.has_left(); };
  SQS_TRY(ReceivedMessages messages, co_await api.messages.receive(queue, std::move(request)));
  co_return Received{std::move(messages), std::move(view)};
}

}  // namespace

asio::awaitable<AwsResult<json::object>> receive_message(SqsApi& api, const RequestContext& context,
                                                         json::object input) {
  CO_TRY(const Received received, co_await receive(api, context, std::move(input)));
  json::object output;
  if (!received.messages.messages.empty()) output["Messages"] = render_messages(received.messages, received.view);
  co_return output;
}

asio::awaitable<AwsResult<std::string>> receive_message_json(SqsApi& api, const RequestContext& context,
                                                             const net::Request& request) {
  CO_TRY(json::object input, decode_json(request.body));
  complete_queue_url(input, request);
  if (std::optional<AwsError> error = check_input(sqs_shapes("ReceiveMessage")->input, input))
    co_return std::move(*error);
  CO_TRY(const Received received, co_await receive(api, context, std::move(input)));
  std::string body = "{";
  if (!received.messages.messages.empty()) {
    body.append("\"Messages\":");
    append_messages_json(body, received.messages, received.view);
  }
  body.push_back('}');
  co_return body;
}

}  // namespace eventbus::aws
