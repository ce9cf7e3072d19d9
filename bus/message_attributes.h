#pragma once

#include <map>
#include <string>
#include <string_view>

namespace eventbus {

// The stored form of what SQS keeps beside a body: the sender, and the message attributes. `NewMessage::attributes` of
// every queue that SQS clients can read is written by encode() and read by decode().
struct MessageAttributes {
  struct Value {
    std::string type;   // "String", "Number.int", "Binary"
    std::string value;  // the text, or the bytes of a Binary
  };
  std::map<std::string, Value> user;
  std::string sender_id;
  std::string trace_header;            // AWSTraceHeader; empty = none
  std::string message_group_id;        // as shown: of FIFO queues, and of standard (fair) queues where given
  std::string dead_letter_source_arn;  // DeadLetterQueueSourceArn; empty = never moved
  std::string extra_deduplication_id;  // MessageDeduplicationId as shown

  std::string encode() const;
  static MessageAttributes decode(std::string_view stored);
};

}  // namespace eventbus
