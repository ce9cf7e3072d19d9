"""SQS: limits that are settings, set low here so that they can be reached."""

import pytest

from aws_clients import refused

covers = pytest.mark.covers
DAEMON_ARGUMENTS = ["--durability", "memory", "--in-flight-messages", "20", "--in-flight-messages-fifo", "5"]


@covers("sqs.ReceiveMessage")
def test_a_standard_queue_with_too_many_in_flight_is_over_its_limit(aws):
    queue = aws.create_queue("q", VisibilityTimeout=600)
    for number in range(25):
        queue.send(str(number))
    received = queue.receive(10) + queue.receive(10)
    assert len(received) == 20
    with refused("OverLimit", status=(400, 403)):
        queue.receive(10)
    queue.delete(received[0])
    assert len(queue.receive(10)) == 1


@covers("sqs.ReceiveMessage")
def test_a_fifo_queue_with_too_many_in_flight_gives_nothing(aws):
    queue = aws.create_queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout=600)
    for number in range(7):
        queue.send(str(number), MessageGroupId=f"g{number}")
    received = queue.receive(10)
    assert len(received) == 5
    assert queue.receive(10) == []
    queue.delete(received[0])
    assert len(queue.receive(10)) == 1
