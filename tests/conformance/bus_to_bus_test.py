"""Rules whose target is another bus (eventbridge-behaviour §12): graphs of buses in one or several accounts and regions."""

import json

import pytest

from aws_clients import refused

covers = pytest.mark.covers
ROLE = "arn:aws:iam::000000000000:role/forward"


def forward(here, bus, there, other, dead=None, name=None):
    """Everything on `bus` of `here` goes to the bus `other` of `there`."""
    rule = name or f"to-{there.account}-{there.region}-{other}"
    here.events.put_rule(Name=rule, EventBusName=bus, EventPattern='{"source":[{"prefix":""}]}')
    target = {"Id": "bus", "Arn": there.bus_arn(other), "RoleArn": ROLE}
    if dead:
        target["DeadLetterConfig"] = {"Arn": dead.arn}
    here.events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    return here.rule_arn(rule, bus)


def bus(aws, name):
    aws.events.create_event_bus(Name=name)
    return name


def sink(aws, bus_name, pattern=None):
    """A queue that gets everything on the bus."""
    queue = aws.create_queue(f"sink-{bus_name}")
    aws.rule_to_queue("sink", pattern or {"source": [{"prefix": ""}]}, queue, bus=bus_name)
    return queue


def envelopes(queue):
    return [json.loads(body) for body in queue.bodies()]


def dead_letter(queue):
    message, = queue.receive()
    return message["Body"], {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


@covers("events.PutEvents", "events.PutTargets")
def test_within_the_account_the_event_is_the_same_and_there_at_once(aws):
    forward(aws, bus(aws, "a"), aws, bus(aws, "b"))
    here, there = sink(aws, "a"), sink(aws, "b")
    event_id = aws.put(bus="a", detail={"n": 1}, Time=1_700_000_000)
    assert here.bodies() == [body := there.body()]
    assert json.loads(body)["id"] == event_id


@covers("events.PutEvents")
def test_another_account_sees_the_sender_in_account(aws):
    other = aws.elsewhere(account=str(int(aws.account) + 1_000_000))
    forward(aws, "default", other, "default")
    queue = sink(other, "default", {"account": [aws.account]})
    event_id = aws.put()
    event, = envelopes(queue)
    assert (event["id"], event["account"], event["region"]) == (event_id, aws.account, aws.region)


@covers("events.PutEvents")
def test_another_region_gives_a_new_id_and_time(aws):
    far = aws.elsewhere(region="eu-west-1")
    forward(aws, "default", far, bus(far, "far"))
    queue = sink(far, "far", {"region": [aws.region]})
    event_id = aws.put(detail={"time": "stays", "id": "stays"}, Time=1_600_000_000)
    event, = envelopes(queue)
    assert event["id"] != event_id and not event["time"].startswith("2020-09-13")
    assert (event["account"], event["region"], event["detail"]) == (aws.account, aws.region, {"time": "stays", "id": "stays"})


@covers("events.PutEvents")
def test_a_chain_of_three_ends_at_the_second_hop_within_a_region(aws, daemon):
    dead = aws.create_queue("dead")
    for name in "abc":
        bus(aws, name)
    forward(aws, "a", aws, "b")
    rule = forward(aws, "b", aws, "c", dead)
    second, third = sink(aws, "b"), sink(aws, "c")
    event_id = aws.put(bus="a")
    assert [event["id"] for event in envelopes(second)] == [event_id] and envelopes(third) == []
    body, attributes = dead_letter(dead)
    assert json.loads(body)["id"] == event_id
    assert attributes == {
        "RULE_ARN": rule, "TARGET_ARN": aws.bus_arn("c"), "ERROR_CODE": "THIRD_ACCOUNT_HOP_DETECTED",
        "ERROR_MESSAGE": f"Event ingestion rejected for event {event_id} because an event can be sent to an event bus target only once. "
                         "This event was previously delivered to an event bus target."}
    labels = f'{{Account="{aws.account}",Region="{aws.region}",EventBusName="b",RuleName="{rule.rsplit("/")[-1]}"}}'
    assert daemon.metrics()["eventbridge_dead_letter_invocations_total" + labels] == 1
    assert daemon.metrics()["eventbridge_failed_invocations_total" + labels] == 1


@covers("events.PutEvents")
@pytest.mark.parametrize("region_first", [True, False])
def test_one_hop_of_each_kind_in_either_order(aws, region_first):
    other = aws.elsewhere(account=str(int(aws.account) + 1_000_000))
    far_other = other.elsewhere(region="eu-west-1")
    middle = aws.elsewhere(region="eu-west-1") if region_first else other
    forward(aws, "default", middle, "default")
    forward(middle, "default", far_other, "default")
    queue = sink(far_other, "default")
    aws.put()
    event, = envelopes(queue)
    assert (event["account"], event["region"]) == (aws.account, aws.region)


@covers("events.PutEvents")
def test_a_second_hop_between_regions_fails(aws):
    far, farther = aws.elsewhere(region="eu-west-1"), aws.elsewhere(region="ap-south-1")
    dead = far.create_queue("dead")
    forward(aws, "default", far, "default")
    forward(far, "default", farther, "default", dead)
    queue = sink(farther, "default")
    aws.put()
    assert envelopes(queue) == []
    _, attributes = dead_letter(dead)
    assert (attributes["ERROR_CODE"], attributes["ERROR_MESSAGE"]) == ("THIRD_REGION_HOP_DETECTED", "Unknown exception.")


@covers("events.PutEvents")
def test_a_cycle_ends(aws):
    bus(aws, "a"), bus(aws, "b")
    forward(aws, "a", aws, "b")
    forward(aws, "b", aws, "a")
    first, second = sink(aws, "a"), sink(aws, "b")
    aws.put(bus="a")
    assert (len(first.bodies()), len(second.bodies())) == (1, 1)


@covers("events.PutEvents", "events.DeleteEventBus")
def test_a_missing_bus_of_the_own_account_swallows_and_one_of_another_denies(aws):
    dead = aws.create_queue("dead")
    other = aws.elsewhere(account=str(int(aws.account) + 1_000_000))
    forward(aws, "default", aws, "gone", dead)
    forward(aws, "default", other, "gone", dead)
    aws.put()
    _, attributes = dead_letter(dead)
    assert attributes["TARGET_ARN"] == other.bus_arn("gone")
    assert (attributes["ERROR_CODE"], attributes["ERROR_MESSAGE"]) == (
        "NO_PERMISSIONS", "Lack of permissions to invoke cross account target.")


@covers("events.PutEvents")
def test_two_rules_to_one_bus_deliver_twice_and_the_trace_travels(aws):
    bus(aws, "b")
    forward(aws, "default", aws, "b", name="one")
    forward(aws, "default", aws, "b", name="two")
    queue = sink(aws, "b")
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    aws.put(TraceHeader=trace)
    messages = queue.receive()
    assert [message["Attributes"]["AWSTraceHeader"] for message in messages] == [trace, trace]


@covers("events.PutTargets")
def test_what_bus_targets_refuse(aws):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    bus(aws, "b")

    def put(**options):
        aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": aws.bus_arn("b"), "RoleArn": ROLE, **options}])
    put(DeadLetterConfig={"Arn": aws.queue_arn("dead")})
    for option in ({"Input": "{}"}, {"InputPath": "$.detail"}, {"InputTransformer": {"InputTemplate": '"x"'}}):
        with refused("ValidationException", "Modifying the input for target t is not supported."):
            put(**option)
    with refused("ValidationException", "Retry policy is not supported for Event bus targets."):
        put(RetryPolicy={"MaximumRetryAttempts": 1})
    with refused("ValidationException", f"RoleArn is required for target {aws.bus_arn('b')}."):
        aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": aws.bus_arn("b")}])
    with refused("ValidationException", "Source EventBus and Target EventBus must not be the same."):
        put(Arn=aws.bus_arn())
