"""SQS: FIFO queues (eventbridge-behaviour §26). Runs with the current client (JSON) and Debian's (Query)."""

import pytest

from aws_clients import refused

covers = pytest.mark.covers
INVALID = ("InvalidParameterValue", "InvalidParameterValueException", "MissingParameter")


@pytest.fixture
def queue(aws):
    return aws.create_queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")


@covers("sqs.SendMessage", "sqs.ReceiveMessage")
def test_a_group_comes_in_the_order_it_was_sent(aws, queue):
    numbers = [int(queue.send(str(number), MessageGroupId="g")["SequenceNumber"]) for number in range(20)]
    assert numbers == sorted(set(numbers))
    seen = []
    while messages := queue.receive(7):
        for message in messages:
            seen.append(message["Body"])
            queue.delete(message)
    assert seen == [str(number) for number in range(20)]


@covers("sqs.ReceiveMessage")
def test_messages_say_their_group_sequence_and_deduplication(aws, queue):
    sent = queue.send("x", MessageGroupId="g", MessageDeduplicationId="d")
    attributes = queue.receive()[0]["Attributes"]
    assert attributes["MessageGroupId"] == "g" and attributes["MessageDeduplicationId"] == "d"
    assert attributes["SequenceNumber"] == sent["SequenceNumber"]


@covers("sqs.ReceiveMessage")
def test_a_group_in_flight_waits_and_other_groups_do_not(aws, queue):
    for group in ("a", "b"):
        for number in range(3):
            queue.send(f"{group}{number}", MessageGroupId=group)
    first = queue.receive(1)
    assert [message["Body"] for message in first] == ["a0"]
    others = queue.receive(10)
    assert [message["Body"] for message in others] == ["b0", "b1", "b2"]
    assert queue.receive(10) == []
    queue.delete(first[0])
    assert [message["Body"] for message in queue.receive(10)] == ["a1", "a2"]


@covers("sqs.ReceiveMessage", "sqs.ChangeMessageVisibility")
def test_a_message_given_back_comes_before_its_successors(aws, queue):
    for number in range(3):
        queue.send(str(number), MessageGroupId="g")
    first, = queue.receive(1)
    aws.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    assert [message["Body"] for message in queue.receive(10)] == ["0", "1", "2"]


@covers("sqs.SendMessage")
def test_a_repeated_deduplication_id_is_accepted_and_not_delivered_again(aws, queue):
    first = queue.send("one", MessageGroupId="g", MessageDeduplicationId="d")
    again = queue.send("another body", MessageGroupId="g", MessageDeduplicationId="d")
    assert again["MessageId"] == first["MessageId"] and again["SequenceNumber"] == first["SequenceNumber"]
    assert queue.bodies() == ["one"]
    # Deleting does not forget the id.
    queue.send("one", MessageGroupId="g", MessageDeduplicationId="d")
    assert queue.bodies() == []


@covers("sqs.SendMessage")
def test_content_deduplication_compares_bodies_and_not_attributes(aws, queue):
    queue.send("same", MessageGroupId="g")
    queue.send("same", MessageGroupId="g", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
    queue.send("other", MessageGroupId="g")
    assert queue.bodies() == ["same", "other"]


@covers("sqs.SendMessage")
def test_the_scope_of_deduplication_may_be_the_group(aws):
    queue = aws.create_queue("p.fifo", FifoQueue="true", ContentBasedDeduplication="true", DeduplicationScope="messageGroup",
                             FifoThroughputLimit="perMessageGroupId")
    for group in ("a", "b", "a"):
        queue.send("same", MessageGroupId=group)
    assert queue.bodies() == ["same", "same"]


@covers("sqs.SendMessage", "sqs.SendMessageBatch")
def test_a_group_and_a_deduplication_id_are_required(aws):
    queue = aws.create_queue("plain.fifo", FifoQueue="true")
    with refused(INVALID):
        queue.send("x", MessageDeduplicationId="d")
    with refused(INVALID):
        queue.send("x", MessageGroupId="g")
    with refused(INVALID):
        queue.send("x", MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=1)
    with refused(INVALID):
        queue.send("x", MessageGroupId="g" * 129, MessageDeduplicationId="d")
    with refused(INVALID):
        queue.send("x", MessageGroupId="g", MessageDeduplicationId="d d")
    assert queue.receive() == []


@covers("sqs.SendMessageBatch", "sqs.ReceiveMessage")
def test_a_batch_keeps_its_order(aws, queue):
    answer = aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": str(number), "MessageBody": f"b{number}", "MessageGroupId": "g"} for number in range(10)])
    numbers = [int(entry["SequenceNumber"]) for entry in answer["Successful"]]
    assert numbers == sorted(set(numbers))
    assert queue.bodies() == [f"b{number}" for number in range(10)]


@covers("sqs.ReceiveMessage")
def test_a_receive_attempt_id_gives_the_same_messages_again(aws, queue):
    for number in range(3):
        queue.send(str(number), MessageGroupId="g")
    first = queue.receive(2, ReceiveRequestAttemptId="attempt")
    again = queue.receive(2, ReceiveRequestAttemptId="attempt")
    assert [message["MessageId"] for message in again] == [message["MessageId"] for message in first]
    assert [message["Body"] for message in first] == ["0", "1"]
    for message in again:
        queue.delete(message)
    assert queue.bodies() == ["2"]
