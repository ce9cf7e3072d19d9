#pragma once

#include "bus/message_digest.h"
#include "bus/queue_error.h"
#include "bus/queue_messages.h"

#include <boost/json/array.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// What a ReceiveMessage request wants to see of each message.
struct MessageView {
  bool fifo = false;
  bool all_system_attributes = false;
  std::vector<std::string> system_attributes;
  bool all_message_attributes = false;
  std::vector<std::string> message_attributes;  // names, or prefixes with ".*" behind them

  bool wants_system(std::string_view name) const;
  bool wants_attribute(std::string_view name) const;
  bool wants_attributes() const { return all_message_attributes || !message_attributes.empty(); }
};

// The view for AttributeNames (with MessageSystemAttributeNames) and MessageAttributeNames. kInvalidAttributeName for a
// system attribute there is none of.
QueueResult<MessageView> message_view(bool fifo, std::vector<std::string> system, std::vector<std::string> attributes);

// The content of `Messages`, as a tree and as JSON text.
boost::json::array render_messages(const ReceivedMessages& received, const MessageView& view);
void append_messages_json(std::string& out, const ReceivedMessages& received, const MessageView& view);

}  // namespace eventbus::aws
