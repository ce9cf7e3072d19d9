#include "workers/transcription/sqs_queue.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <charconv>
#include <utility>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

constexpr Duration kCallTime{15'000};
constexpr Duration kAnswerTime{10'000};  // beyond the wait of a long poll

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found ? found->if_object() : nullptr;
}

// SQS counts seconds; a part of one is rounded up, so that zero alone is zero.
std::int64_t seconds_of(Duration duration) { return std::chrono::ceil<std::chrono::seconds>(duration).count(); }

// "arn:aws:sqs:us-east-1:000000000000:jobs" as GetQueueUrl takes it; a name as it is.
json::object name_and_owner(std::string_view queue) {
  const std::size_t before_name = queue.rfind(':');
  if (!queue.starts_with("arn:") || before_name == 0) return {{"QueueName", queue}};
  const std::size_t before_owner = queue.rfind(':', before_name - 1);
  return {{"QueueName", queue.substr(before_name + 1)},
          {"QueueOwnerAWSAccountId", queue.substr(before_owner + 1, before_name - before_owner - 1)}};
}

QueueMessage message_of(const json::object& object) {
  QueueMessage message{
      text_of(object, "MessageId"), text_of(object, "ReceiptHandle"), text_of(object, "Body"), 1, {}, ""};
  if (const json::object* attributes = object_of(object, "Attributes")) {
    if (const auto count = number_in(text_of(*attributes, "ApproximateReceiveCount"))) message.receive_count = *count;
    if (const auto sent = number_in(text_of(*attributes, "SentTimestamp")))
      message.sent_at = TimePoint(Duration(static_cast<std::int64_t>(*sent)));
    message.source_arn = text_of(*attributes, "DeadLetterQueueSourceArn");
  }
  return message;
}

}  // namespace

Error to_error(const aws::AwsCallError& error, std::string_view service) {
  const std::string message = error.describe(service);
  // AWS: a receipt handle that is no good any more has one of these, by protocol and by how it went bad.
  for (const std::string_view gone :
       {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue", "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue", "AWS.SimpleQueueService.MessageNotInflight"}) {
    if (error.code == gone) return not_found(message);
  }
  if (error.transient || error.kind != aws::AwsCallError::kService) return unavailable(message);
  return invalid(message);
}

SqsQueue::SqsQueue(std::unique_ptr<aws::AwsClient> client, std::string queue)
    : client_(std::move(client)), queue_(std::move(queue)) {
  if (queue_.starts_with("http://") || queue_.starts_with("https://")) url_ = queue_;
}

asio::awaitable<Result<json::object>> SqsQueue::call(std::string_view operation, json::object input, Duration time) {
  const TimePoint deadline = client_->clock().now() + time;
  auto answer =
      co_await client_->call(aws::AwsCall::json("AmazonSQS." + std::string(operation), "1.0", input), deadline);
  if (!answer) co_return to_error(answer.error(), "AmazonSQS");
  if (answer->body.empty()) co_return json::object();  // DeleteMessage and its like
  boost::system::error_code failure;
  json::value parsed = json::parse(answer->body, failure);
  if (failure || !parsed.is_object()) co_return unavailable(client_->options().endpoint + " did not answer in JSON");
  co_return std::move(parsed.get_object());
}

asio::awaitable<Result<std::string>> SqsQueue::queue_url() {
  if (!url_.empty()) co_return url_;
  CO_TRY(const json::object answer, co_await call("GetQueueUrl", name_and_owner(queue_), kCallTime));
  url_ = text_of(answer, "QueueUrl");
  if (url_.empty()) co_return unavailable("GetQueueUrl answered without a QueueUrl");
  co_return url_;
}

asio::awaitable<Result<std::optional<QueueMessage>>> SqsQueue::receive(Duration visibility, Duration wait) {
  CO_TRY(const std::string url, co_await queue_url());
  json::object input{{"QueueUrl", url},
                     {"MaxNumberOfMessages", 1},
                     {"WaitTimeSeconds", seconds_of(wait)},
                     {"VisibilityTimeout", seconds_of(visibility)},
                     {"AttributeNames", json::array{"All"}},
                     {"MessageAttributeNames", json::array{"All"}}};
  CO_TRY(const json::object answer, co_await call("ReceiveMessage", std::move(input), wait + kAnswerTime));
  const json::value* const messages = answer.if_contains("Messages");
  std::optional<QueueMessage> received;
  if (messages && messages->is_array() && !messages->get_array().empty() && messages->get_array()[0].is_object())
    received = message_of(messages->get_array()[0].get_object());
  co_return received;
}

asio::awaitable<Result<void>> SqsQueue::change_visibility(std::string receipt_handle, Duration visibility) {
  CO_TRY(const std::string url, co_await queue_url());
  json::object input{
      {"QueueUrl", url}, {"ReceiptHandle", receipt_handle}, {"VisibilityTimeout", seconds_of(visibility)}};
  CO_TRY_VOID(co_await call("ChangeMessageVisibility", std::move(input), kCallTime));
  co_return Result<void>();
}

asio::awaitable<Result<void>> SqsQueue::remove(std::string receipt_handle) {
  CO_TRY(const std::string url, co_await queue_url());
  json::object input{{"QueueUrl", url}, {"ReceiptHandle", receipt_handle}};
  CO_TRY_VOID(co_await call("DeleteMessage", std::move(input), kCallTime));
  co_return Result<void>();
}

asio::awaitable<Result<QueueFacts>> SqsQueue::facts() {
  CO_TRY(const std::string url, co_await queue_url());
  json::object input{{"QueueUrl", url}, {"AttributeNames", json::array{"All"}}};
  CO_TRY(const json::object answer, co_await call("GetQueueAttributes", std::move(input), kCallTime));
  QueueFacts facts;
  const json::object* const attributes = object_of(answer, "Attributes");
  if (!attributes) co_return facts;
  if (const auto waiting = number_in(text_of(*attributes, "ApproximateNumberOfMessages"))) facts.waiting = *waiting;
  facts.arn = text_of(*attributes, "QueueArn");
  boost::system::error_code failure;
  const json::value policy = json::parse(text_of(*attributes, "RedrivePolicy"), failure);
  if (failure || !policy.is_object()) co_return facts;
  facts.dead_letters_arn = text_of(policy.get_object(), "deadLetterTargetArn");
  // AWS: a number, or a text that holds one.
  const json::value* const receives = policy.get_object().if_contains("maxReceiveCount");
  if (receives && receives->is_int64() && receives->get_int64() > 0)
    facts.receives_max = static_cast<std::size_t>(receives->get_int64());
  if (receives && receives->is_string()) facts.receives_max = number_in(std::string(receives->get_string()));
  co_return facts;
}

}  // namespace eventbus::transcription
