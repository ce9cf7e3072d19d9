#pragma once

#include "adapters/aws/operation.h"
#include "adapters/aws/service.h"
#include "bus/message_moves.h"
#include "bus/queue_messages.h"
#include "bus/queue_service.h"

#include <memory>
#include <span>

namespace eventbus::aws {

// What the handlers of SQS use. All of it outlives the service.
struct SqsApi {
  QueueService& queues;
  QueueMessages& messages;
  MessageMoves& moves;
};

// All 23 operations, sorted by name.
std::span<const Operation<SqsApi>> sqs_operations();

// SQS in both of its protocols: JSON 1.0 and Query.
std::unique_ptr<Service> make_sqs_service(SqsApi api);

}  // namespace eventbus::aws
