"""When deliveries that cannot be made yet pile up to their bound, PutEvents is throttled, and nothing is half accepted."""

import pytest

from aws_clients import refused

covers = pytest.mark.covers
DAEMON_ARGUMENTS = ["--durability", "memory", "--outbox-messages-max", "20"]


@covers("events.PutEvents")
def test_put_events_is_throttled_at_the_bound(aws):
    queue = aws.create_queue("q")
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    aws.events.put_targets(Rule="r", Targets=[
        {"Id": "f", "Arn": f"arn:aws:lambda:us-east-1:{aws.account}:function:f"}, {"Id": "q", "Arn": queue.arn}])
    accepted = 0
    with refused("ThrottlingException"):
        for _ in range(40):
            aws.put()
            accepted += 1
    assert 20 <= accepted <= 21
    received = queue.bodies() + queue.bodies() + queue.bodies()
    assert len(received) == accepted, "a throttled request delivered to one target and not to the other"
