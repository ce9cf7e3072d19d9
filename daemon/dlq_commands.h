#pragma once

#include "bus/dead_letters.h"
#include "bus/queue_service.h"
#include "bus/scope.h"
#include "net/message.h"

#include <memory>

namespace eventbus {

// POST /_eventbus/dlq/list, …/redrive and …/purge: dead letters of rule targets (bus/dead_letters.h). Requests:
//   queue                              the dead-letter queue, a name or an ARN
//   account, region                    whose, of a name; by default those of the daemon
//   message, rule, target, error       the filter: a MessageId, a rule's name or ARN, a target's ARN, an ERROR_CODE
//   after, count                       the page: `next` of the answer before, and how many messages to look at
//   (1–1,000, 100) dryRun                             redrive and purge: say what would be done
// 200 of list: {"messages": [{"sequence", "messageId", "ruleArn", "targetArn", "errorCode", "errorMessage", "sentAt",
// "receives", "inFlight", "body"}, …], "next"}; of the others: {"done", "inFlight", "failures": [{"messageId",
// "reason"}], "next"}. `next` is missing behind the last page. Else {"error": …}: 400 the request, 404 no such queue,
// 503 the storage.
struct DlqDependencies {
  std::shared_ptr<DeadLetters> letters;
  const QueueService& queues;
  Scope default_scope;
};
net::Handler dlq_list_command(DlqDependencies dependencies);
net::Handler dlq_redrive_command(DlqDependencies dependencies);
net::Handler dlq_purge_command(DlqDependencies dependencies);

}  // namespace eventbus
