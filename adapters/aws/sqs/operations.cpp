#include "adapters/aws/sqs/sqs_handlers.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

// Row of an operation whose JSON answer is written directly; Query uses the handler.
constexpr Operation<SqsApi> kReceiveMessage{"ReceiveMessage", receive_message, receive_message_json};

constexpr std::array kOperations = {
    Operation<SqsApi>{"AddPermission", add_permission},
    Operation<SqsApi>{"CancelMessageMoveTask", cancel_message_move_task},
    Operation<SqsApi>{"ChangeMessageVisibility", change_message_visibility},
    Operation<SqsApi>{"ChangeMessageVisibilityBatch", change_message_visibility_batch},
    Operation<SqsApi>{"CreateQueue", create_queue},
    Operation<SqsApi>{"DeleteMessage", delete_message},
    Operation<SqsApi>{"DeleteMessageBatch", delete_message_batch},
    Operation<SqsApi>{"DeleteQueue", delete_queue},
    Operation<SqsApi>{"GetQueueAttributes", get_queue_attributes},
    Operation<SqsApi>{"GetQueueUrl", get_queue_url},
    Operation<SqsApi>{"ListDeadLetterSourceQueues", list_dead_letter_source_queues},
    Operation<SqsApi>{"ListMessageMoveTasks", list_message_move_tasks},
    Operation<SqsApi>{"ListQueueTags", list_queue_tags},
    Operation<SqsApi>{"ListQueues", list_queues},
    Operation<SqsApi>{"PurgeQueue", purge_queue},
    kReceiveMessage,
    Operation<SqsApi>{"RemovePermission", remove_permission},
    Operation<SqsApi>{"SendMessage", send_message},
    Operation<SqsApi>{"SendMessageBatch", send_message_batch},
    Operation<SqsApi>{"SetQueueAttributes", set_queue_attributes},
    Operation<SqsApi>{"StartMessageMoveTask", start_message_move_task},
    Operation<SqsApi>{"TagQueue", tag_queue},
    Operation<SqsApi>{"UntagQueue", untag_queue},
};
static_assert(std::ranges::is_sorted(kOperations, {}, &Operation<SqsApi>::name));

}  // namespace

std::span<const Operation<SqsApi>> sqs_operations() { return kOperations; }

}  // namespace eventbus::aws
