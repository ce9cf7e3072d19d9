#include "adapters/aws/sqs/message_rendering.h"

#include "base/digest.h"
#include "bus/json_text.h"
#include "bus/message_attributes.h"
#include "bus/queue_attributes.h"
#include "bus/receipt_handle.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 9> kSystemAttributes = {"AWSTraceHeader",
                                                               "ApproximateFirstReceiveTimestamp",
                                                               "ApproximateReceiveCount",
                                                               "DeadLetterQueueSourceArn",
                                                               "MessageDeduplicationId",
                                                               "MessageGroupId",
                                                               "SenderId",
                                                               "SentTimestamp",
                                                               "SequenceNumber"};

// A message with everything that is shown of it, so that both renderings show the same.
struct Shown {
  std::string receipt_handle, body_md5, attributes_md5;
  std::vector<std::pair<std::string_view, std::string>> system;
  MessageAttributeMap attributes;
};

std::string milliseconds(TimePoint when) { return std::to_string(when.time_since_epoch().count()); }

std::vector<std::pair<std::string_view, std::string>> system_attributes(const LeasedMessage& message,
                                                                        const MessageAttributes& stored,
                                                                        const MessageView& view) {
  std::vector<std::pair<std::string_view, std::string>> shown;
  const auto add = [&](std::string_view name, std::string value) {
    if (!value.empty() && view.wants_system(name)) shown.emplace_back(name, std::move(value));
  };
  add("SenderId", stored.sender_id);
  add("ApproximateFirstReceiveTimestamp", milliseconds(message.first_leased_at));
  add("ApproximateReceiveCount", std::to_string(message.lease.attempt));
  add("SentTimestamp", milliseconds(message.sent_at));
  add("AWSTraceHeader", stored.trace_header);
  add("DeadLetterQueueSourceArn", stored.dead_letter_source_arn);
  add("MessageGroupId", stored.message_group_id.empty() ? message.group : stored.message_group_id);
  if (view.fifo) {
    add("SequenceNumber", std::to_string(10'000'000'000'000'000'000ULL + message.lease.sequence));
    add("MessageDeduplicationId",
        stored.extra_deduplication_id.empty() ? message.deduplication_id : stored.extra_deduplication_id);
  }
  return shown;
}

Shown show(const LeasedMessage& message, TimePoint received_at, const MessageView& view) {
  Shown shown;
  shown.receipt_handle = encode_receipt_handle({message.lease, received_at});
  shown.body_md5 = md5_hex(message.body);
  const bool wants_system = view.all_system_attributes || !view.system_attributes.empty();
  if (!wants_system && !view.wants_attributes()) return shown;
  MessageAttributes stored = MessageAttributes::decode(message.attributes);
  if (wants_system) shown.system = system_attributes(message, stored, view);
  if (view.wants_attributes()) {
    std::erase_if(stored.user, [&](const auto& attribute) { return !view.wants_attribute(attribute.first); });
    shown.attributes = std::move(stored.user);
    // AWS: the digest is of the attributes shown, not of all (recorded).
    shown.attributes_md5 = message_attributes_md5(shown.attributes);
  }
  return shown;
}

bool is_binary(const MessageAttributes::Value& value) { return value.type.starts_with("Binary"); }

// ---- JSON text

// "name":"value", with a comma before it unless the object has just been opened.
void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
  append_json_string(out, value);
}

void open_member(std::string& out, std::string_view name) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.append(":{");
}

void append_message(std::string& out, const LeasedMessage& message, const Shown& shown) {
  out.push_back('{');
  append_member(out, "MessageId", message.id);
  append_member(out, "ReceiptHandle", shown.receipt_handle);
  append_member(out, "MD5OfBody", shown.body_md5);
  append_member(out, "Body", message.body);
  if (!shown.system.empty()) {
    open_member(out, "Attributes");
    for (const auto& [name, value] : shown.system) append_member(out, name, value);
    out.push_back('}');
  }
  if (!shown.attributes.empty()) {
    append_member(out, "MD5OfMessageAttributes", shown.attributes_md5);
    open_member(out, "MessageAttributes");
    for (const auto& [name, value] : shown.attributes) {
      open_member(out, name);
      if (is_binary(value)) {
        append_member(out, "BinaryValue", base64_encode(value.value));
      } else {
        append_member(out, "StringValue", value.value);
      }
      append_member(out, "DataType", value.type);
      out.push_back('}');
    }
    out.push_back('}');
  }
  out.push_back('}');
}

json::object render_message(const LeasedMessage& message, const Shown& shown) {
  json::object object;
  object["MessageId"] = message.id;
  object["ReceiptHandle"] = shown.receipt_handle;
  object["MD5OfBody"] = shown.body_md5;
  object["Body"] = message.body;
  if (!shown.system.empty()) {
    json::object system;
    for (const auto& [name, value] : shown.system) system.emplace(name, value);
    object["Attributes"] = std::move(system);
  }
  if (shown.attributes.empty()) return object;
  object["MD5OfMessageAttributes"] = shown.attributes_md5;
  json::object attributes;
  for (const auto& [name, value] : shown.attributes) {
    json::object attribute;
    if (is_binary(value)) {
      attribute["BinaryValue"] = base64_encode(value.value);
    } else {
      attribute["StringValue"] = value.value;
    }
    attribute["DataType"] = value.type;
    attributes.emplace(name, std::move(attribute));
  }
  object["MessageAttributes"] = std::move(attributes);
  return object;
}

}  // namespace

bool MessageView::wants_system(std::string_view name) const {
  return all_system_attributes || std::ranges::find(system_attributes, name) != system_attributes.end();
}

bool MessageView::wants_attribute(std::string_view name) const {
  if (all_message_attributes) return true;
  return std::ranges::any_of(message_attributes, [name](std::string_view wanted) {
    if (wanted.ends_with(".*")) return name.starts_with(wanted.substr(0, wanted.size() - 2));
    return name == wanted;
  });
}

QueueResult<MessageView> message_view(bool fifo, std::vector<std::string> system, std::vector<std::string> attributes) {
  for (const std::string& name : system)
    if (name != "All" && std::ranges::find(kSystemAttributes, name) == kSystemAttributes.end() &&
        !is_queue_attribute(name))  // AttributeNames once were the queue's: taken, and nothing shown
      return unknown_attribute(name);
  MessageView view;
  view.fifo = fifo;
  view.all_system_attributes = std::ranges::find(system, "All") != system.end();
  view.system_attributes = std::move(system);
  // AWS: "All", ".*" and (recorded) "*".
  view.all_message_attributes = std::ranges::any_of(
      attributes, [](const std::string& name) { return name == "All" || name == ".*" || name == "*"; });
  view.message_attributes = std::move(attributes);
  return view;
}

json::array render_messages(const ReceivedMessages& received, const MessageView& view) {
  json::array messages;
  for (const LeasedMessage& message : received.messages)
    messages.push_back(render_message(message, show(message, received.received_at, view)));
  return messages;
}

void append_messages_json(std::string& out, const ReceivedMessages& received, const MessageView& view) {
  std::size_t bytes = 0;
  for (const LeasedMessage& message : received.messages) bytes += message.body.size() + 512;
  out.reserve(out.size() + bytes + bytes / 4);
  out.push_back('[');
  for (const LeasedMessage& message : received.messages) {
    if (out.back() != '[') out.push_back(',');
    append_message(out, message, show(message, received.received_at, view));
  }
  out.push_back(']');
}

}  // namespace eventbus::aws
