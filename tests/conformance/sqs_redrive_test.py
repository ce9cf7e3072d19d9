"""SQS: dead-letter redrive, redrive allow policy, message move tasks. Runs with the current client and with Debian's, which knows
no move tasks."""

import json
import time

import pytest

from aws_clients import SPEAKS_QUERY, refused
from until import until

covers = pytest.mark.covers
needs_move_tasks = pytest.mark.skipif(SPEAKS_QUERY, reason="this client is too old to know message move tasks")


def with_dead_letters(aws, name="q", receives=2, dead_name="dead", **attributes):
    dead = aws.create_queue(dead_name, **attributes)
    queue = aws.create_queue(name, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": receives}), **attributes)
    return queue, dead


@covers("sqs.ReceiveMessage")
def test_a_message_received_too_often_goes_to_the_dead_letter_queue(aws):
    queue, dead = with_dead_letters(aws, receives=2)
    sent = queue.send("poison", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
    for count in ("1", "2"):
        message, = queue.receive(VisibilityTimeout=0)
        assert message["Attributes"]["ApproximateReceiveCount"] == count
    assert queue.receive() == []
    message, = dead.receive(wait=2)
    assert message["Body"] == "poison" and message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"]["a"]["StringValue"] == "b"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn
    assert queue.depth() == (0, 0, 0)


@covers("sqs.ReceiveMessage")
def test_fifo_dead_letters_keep_their_group(aws):
    queue, dead = with_dead_letters(aws, "q.fifo", 1, "dead.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for number in range(3):
        queue.send(str(number), MessageGroupId="g")
    queue.receive(1, VisibilityTimeout=0)
    assert [message["Body"] for message in queue.receive(10)] == ["1", "2"]
    message, = dead.receive(wait=2)
    assert message["Body"] == "0" and message["Attributes"]["MessageGroupId"] == "g"


@covers("sqs.SetQueueAttributes")
def test_kinds_of_queues_do_not_mix(aws):
    fifo, standard = aws.create_queue("a.fifo", FifoQueue="true"), aws.create_queue("b")
    for queue, dead in ((fifo, standard), (standard, fifo)):
        with refused(("InvalidParameterValue", "InvalidAttributeValue")):
            queue.set(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}))


@covers("sqs.SetQueueAttributes")
def test_a_dead_letter_queue_may_refuse_sources(aws):
    dead = aws.create_queue("dead", RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    queue = aws.create_queue("q")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    with refused(("InvalidParameterValue", "InvalidAttributeValue")):
        queue.set(RedrivePolicy=policy)
    dead.set(RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [aws.queue_arn("other")]}))
    with refused(("InvalidParameterValue", "InvalidAttributeValue")):
        queue.set(RedrivePolicy=policy)
    dead.set(RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}))
    queue.set(RedrivePolicy=policy)


# --- move tasks -------------------------------------------------------------------------------------------------------------


def filled(aws, count=5):
    """A dead-letter queue with messages that came from its source."""
    queue, dead = with_dead_letters(aws, receives=1)
    for number in range(count):
        queue.send(str(number))
    received = 0
    while received < count:
        received += len(queue.receive(10, VisibilityTimeout=0))
        if received >= count:
            break
    until(lambda: (queue.receive(10), dead.depth()[0] == count)[1])
    return queue, dead


@needs_move_tasks
@covers("sqs.StartMessageMoveTask", "sqs.ListMessageMoveTasks")
def test_dead_letters_go_back_to_where_they_came_from(aws):
    queue, dead = filled(aws)
    handle = aws.sqs.start_message_move_task(SourceArn=dead.arn)["TaskHandle"]
    assert handle
    until(lambda: queue.depth()[0] == 5)
    assert dead.depth() == (0, 0, 0)
    task = until(lambda: [task for task in aws.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]
                          if task["Status"] == "COMPLETED"])[0]
    assert task["SourceArn"] == dead.arn and task["ApproximateNumberOfMessagesMoved"] == 5 and "TaskHandle" not in task
    assert task["ApproximateNumberOfMessagesToMove"] == 5
    assert abs(task["StartedTimestamp"] / 1000 - time.time()) < 60
    assert sorted(queue.bodies(10)) == [str(number) for number in range(5)]


@needs_move_tasks
@covers("sqs.StartMessageMoveTask")
def test_a_destination_may_be_named(aws):
    _, dead = filled(aws, 3)
    other = aws.create_queue("other")
    aws.sqs.start_message_move_task(SourceArn=dead.arn, DestinationArn=other.arn)
    until(lambda: other.depth()[0] == 3)


@needs_move_tasks
@covers("sqs.StartMessageMoveTask", "sqs.CancelMessageMoveTask", "sqs.ListMessageMoveTasks")
def test_a_slow_task_runs_alone_and_is_cancelled(aws):
    queue, dead = filled(aws, 10)
    handle = aws.sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    running, = aws.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]
    assert running["Status"] == "RUNNING" and running["TaskHandle"] == handle and running["MaxNumberOfMessagesPerSecond"] == 1
    with refused(("AWS.SimpleQueueService.UnsupportedOperation", "InvalidParameterValue")):
        aws.sqs.start_message_move_task(SourceArn=dead.arn)
    until(lambda: queue.depth()[0] >= 1)
    moved = aws.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 1 <= moved < 10
    until(lambda: aws.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"][0]["Status"] == "CANCELLED")
    assert sum(dead.depth()) + sum(queue.depth()) == 10
    with refused(("AWS.SimpleQueueService.UnsupportedOperation", "ResourceNotFoundException", "InvalidParameterValue"), status=(400, 404)):
        aws.sqs.cancel_message_move_task(TaskHandle=handle)


@needs_move_tasks
@covers("sqs.StartMessageMoveTask", "sqs.CancelMessageMoveTask", "sqs.ListMessageMoveTasks")
def test_faults_of_move_tasks(aws):
    plain = aws.create_queue("plain")
    with refused(("InvalidParameterValue", "AWS.SimpleQueueService.UnsupportedOperation")):
        aws.sqs.start_message_move_task(SourceArn=plain.arn)  # not a dead-letter queue
    with refused("ResourceNotFoundException", status=(400, 404)):
        aws.sqs.start_message_move_task(SourceArn=aws.queue_arn("none"))
    with refused("ResourceNotFoundException", status=(400, 404)):
        aws.sqs.list_message_move_tasks(SourceArn=aws.queue_arn("none"))
    with refused(("InvalidParameterValue", "ResourceNotFoundException"), status=(400, 404)):
        aws.sqs.cancel_message_move_task(TaskHandle="nonsense")
    _, dead = with_dead_letters(aws)
    for rate in (0, 501):
        with refused("InvalidParameterValue"):
            aws.sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=rate)


@needs_move_tasks
@covers("sqs.ListMessageMoveTasks")
def test_a_queue_without_tasks_lists_none(aws):
    _, dead = with_dead_letters(aws)
    assert aws.sqs.list_message_move_tasks(SourceArn=dead.arn).get("Results", []) == []
