#include "adapters/aws/sqs/batch.h"
#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"
#include "base/digest.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

namespace {

// AWS: sequence numbers of FIFO messages are 20 digits that grow.
std::string sequence_number(std::uint64_t sequence) { return std::to_string(10'000'000'000'000'000'000ULL + sequence); }

QueueResult<MessageAttributes::Value> attribute_value(std::string_view name, const json::object& input) {
  if (input.if_contains("StringListValues") || input.if_contains("BinaryListValues"))
    return QueueError(QueueErrorCode::kUnsupportedOperation,
                      "Message attribute list values in SendMessage operation are not supported.");
  MessageAttributes::Value value;
  value.type = string_of(input, "DataType");
  const std::optional<std::string_view> text = text_of(input, "StringValue"), bytes = text_of(input, "BinaryValue");
  const bool wants_bytes = value.type.starts_with("Binary");
  if ((wants_bytes && text) || (!wants_bytes && bytes && !value.type.empty()))
    return invalid_parameter_value("The message attribute '" + std::string(name) + "' with type '" + value.type +
                                   "' must use field '" + (wants_bytes ? "Binary" : "String") + "'.");
  if (!wants_bytes) {
    value.value = text.value_or("");
    return value;
  }
  std::optional<std::string> decoded = base64_decode(bytes.value_or(""));
  if (!decoded)
    return invalid_parameter_value("The BinaryValue of message attribute '" + std::string(name) +
                                   "' is not valid base64.");
  value.value = std::move(*decoded);
  return value;
}

QueueResult<MessageAttributeMap> attributes_of(const json::object& input, std::string_view member) {
  MessageAttributeMap attributes;
  const json::value* given = input.if_contains(member);
  if (!given) return attributes;
  for (const auto& entry : given->as_object()) {
    TRY(MessageAttributes::Value value, attribute_value(entry.key(), entry.value().as_object()));
    attributes.emplace(entry.key(), std::move(value));
  }
  return attributes;
}

// AWSTraceHeader is the only system attribute that can be sent.
QueueResult<std::string> trace_header_of(const MessageAttributeMap& system) {
  for (const auto& [name, attribute] : system) {
    if (name != "AWSTraceHeader")
      return invalid_parameter_value("Message system attribute name '" + name + "' is invalid.");
    if (attribute.type != "String")
      return invalid_parameter_value("Message system attribute 'AWSTraceHeader' must be of type 'String'.");
    if (attribute.value.empty())
      return invalid_parameter_value("Message system attribute 'AWSTraceHeader' must contain a non-empty value.");
    return attribute.value;
  }
  return std::string();
}

// A message and the digests of its answer.
struct Prepared {
  MessageToSend message;
  std::string body_md5, attributes_md5, system_attributes_md5;
};

QueueResult<Prepared> prepare(const RequestContext& context, const json::object& input) {
  Prepared prepared;
  MessageToSend& message = prepared.message;
  message.body = string_of(input, "MessageBody");
  message.delay_seconds = integer_of(input, "DelaySeconds");
  message.sender_id = sender_id(context);
  if (const std::optional<std::string_view> group = text_of(input, "MessageGroupId")) message.group_id = *group;
  if (const std::optional<std::string_view> id = text_of(input, "MessageDeduplicationId"))
    message.deduplication_id = *id;
  TRY(message.attributes, attributes_of(input, "MessageAttributes"));
  TRY(const MessageAttributeMap system, attributes_of(input, "MessageSystemAttributes"));
  TRY(message.trace_header, trace_header_of(system));
  // AWS: without the system attribute, the X-Ray header of the request itself travels with the message.
  if (message.trace_header.empty()) message.trace_header = context.trace_header;
  prepared.body_md5 = md5_hex(message.body);
  prepared.attributes_md5 = message_attributes_md5(message.attributes);
  prepared.system_attributes_md5 = message_attributes_md5(system);
  return prepared;
}

json::object answer(const QueueInfo& queue, const Prepared& prepared, const SentMessage& sent) {
  json::object output;
  output["MessageId"] = sent.id;
  output["MD5OfMessageBody"] = prepared.body_md5;
  if (!prepared.attributes_md5.empty()) output["MD5OfMessageAttributes"] = prepared.attributes_md5;
  if (!prepared.system_attributes_md5.empty()) output["MD5OfMessageSystemAttributes"] = prepared.system_attributes_md5;
  if (queue.fifo) output["SequenceNumber"] = sequence_number(sent.sequence);
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> send_message(SqsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY(Prepared prepared, prepare(context, input));
  SQS_TRY(const SentMessage sent, co_await api.messages.send(queue, std::move(prepared.message)));
  co_return answer(*queue, prepared, sent);
}

asio::awaitable<AwsResult<json::object>> send_message_batch(SqsApi& api, const RequestContext& context,
                                                            json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  const json::array& entries = input.at("Entries").as_array();
  SQS_TRY_VOID(check_batch(entries, "SendMessageBatchRequestEntry"));

  json::array successful, failed;
  std::vector<Prepared> prepared;
  std::vector<std::string_view> ids;
  std::vector<MessageToSend> messages;
  for (const json::value& entry : entries) {
    const std::string_view id = *text_of(entry.as_object(), "Id");
    QueueResult<Prepared> one = prepare(context, entry.as_object());
    if (!one) {
      failed.push_back(failed_entry(id, std::move(one).error()));
      continue;
    }
    ids.push_back(id);
    messages.push_back(std::move(one->message));
    prepared.push_back(std::move(*one));
  }
  SQS_TRY(QueueMessages::SendResults results, co_await api.messages.send_batch(queue, std::move(messages)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) {
      failed.push_back(failed_entry(ids[i], std::move(results[i]).error()));
      continue;
    }
    json::object entry = answer(*queue, prepared[i], *results[i]);
    entry["Id"] = ids[i];
    successful.push_back(std::move(entry));
  }
  json::object output;
  output["Successful"] = std::move(successful);
  output["Failed"] = std::move(failed);
  co_return output;
}

}  // namespace eventbus::aws
