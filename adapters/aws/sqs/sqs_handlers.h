#pragma once

#include "adapters/aws/sqs/sqs_api.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace eventbus::aws {

// One handler per operation; the input has been checked against sqs_shapes.
#define SQS_HANDLER(name) \
  asio::awaitable<AwsResult<json::object>> name(SqsApi& api, const RequestContext& context, json::object input)

// queues.cpp
SQS_HANDLER(create_queue);
SQS_HANDLER(delete_queue);
SQS_HANDLER(get_queue_url);
SQS_HANDLER(list_dead_letter_source_queues);
SQS_HANDLER(list_queues);
SQS_HANDLER(purge_queue);
// attributes.cpp
SQS_HANDLER(get_queue_attributes);
SQS_HANDLER(set_queue_attributes);
// tags.cpp
SQS_HANDLER(list_queue_tags);
SQS_HANDLER(tag_queue);
SQS_HANDLER(untag_queue);
// permissions.cpp
SQS_HANDLER(add_permission);
SQS_HANDLER(remove_permission);
// send_message.cpp
SQS_HANDLER(send_message);
SQS_HANDLER(send_message_batch);
// receive_message.cpp
SQS_HANDLER(receive_message);
// delete_message.cpp
SQS_HANDLER(delete_message);
SQS_HANDLER(delete_message_batch);
// change_visibility.cpp
SQS_HANDLER(change_message_visibility);
SQS_HANDLER(change_message_visibility_batch);
// move_tasks.cpp
SQS_HANDLER(cancel_message_move_task);
SQS_HANDLER(list_message_move_tasks);
SQS_HANDLER(start_message_move_task);

#undef SQS_HANDLER

// ReceiveMessage in JSON, where the answer is written without a tree between: bodies make most of the traffic.
asio::awaitable<AwsResult<std::string>> receive_message_json(SqsApi& api, const RequestContext& context,
                                                             const net::Request& request);

// The queue that QueueUrl names: its account, the region of the request. InvalidAddress for what is no QueueUrl,
// QueueDoesNotExist.
AwsResult<QueuePtr> queue_of(const SqsApi& api, const RequestContext& context, const json::object& input);

// A request to the queue's own URL need not name it again: takes QueueUrl from the path where the input has none.
void complete_queue_url(json::object& input, const net::Request& request);

// The caller's user id, as STS says it: SenderId of what it sends.
std::string sender_id(const RequestContext& context);

}  // namespace eventbus::aws
