"""PutEvents is throttled while the outbox is full, and the SDK's own retries get the event in as soon as there is room."""

import json
import threading

import boto3
import pytest
from aws_clients import refused
from botocore.config import Config

covers = pytest.mark.covers
DAEMON_ARGUMENTS = ["--durability", "memory", "--outbox-messages-max", "20"]


def lanes_of(daemon, account):
    """{lane number: waiting deliveries} of an account, from the labels that docs/delivery.md names."""
    lanes = {}
    for series, value in daemon.metrics().items():
        if series.startswith("eventbus_outbox_messages{") and f":{account}:" in series:
            lanes[int(series.split('lane="')[1].split('"')[0])] = int(value)
    return lanes


def discard(daemon, body, content_type="application/json"):
    text = body if isinstance(body, str) else json.dumps(body)
    reply = daemon.request("POST", "/_eventbus/discard-lane", text, {"Content-Type": content_type})
    return reply.status, json.loads(reply.body)


def fill(aws):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    # No daemon runs ECS tasks: what is for them waits.
    aws.events.put_targets(Rule="r", Targets=[{
        "Id": "t", "Arn": f"arn:aws:ecs:us-east-1:{aws.account}:cluster/c", "RoleArn": "arn:aws:iam::000000000000:role/r",
        "EcsParameters": {"TaskDefinitionArn": f"arn:aws:ecs:us-east-1:{aws.account}:task-definition/t"}}])
    for _ in range(20):
        aws.put()
    with refused("ThrottlingException") as refusal:
        aws.put()
    assert refusal.status == 400


@covers("events.PutEvents")
def test_retries_of_the_sdk_succeed_once_there_is_room(aws, daemon):
    fill(aws)
    metrics = daemon.metrics()
    assert metrics["eventbus_outbox_messages_limit"] == 20
    assert metrics["eventbus_outbox_bytes"] > 0
    (lane, waiting), = lanes_of(daemon, aws.account).items()
    assert waiting == 20

    patient = boto3.client("events", endpoint_url=aws.endpoint, region_name=aws.region, aws_access_key_id=aws.account,
                           aws_secret_access_key="secret", config=Config(retries={"max_attempts": 12, "mode": "standard"}))
    answers = []
    putter = threading.Thread(target=lambda: answers.append(patient.put_events(
        Entries=[{"Source": "test", "DetailType": "late", "Detail": "{}"}])))
    throttled = metrics['eventbridge_put_events_requests_total{outcome="throttled"}']
    putter.start()
    while daemon.metrics()['eventbridge_put_events_requests_total{outcome="throttled"}'] == throttled:
        pass  # until it has been refused at least once
    assert discard(daemon, {"lane": lane}) == (200, {"lane": lane, "discarded": 20})
    putter.join(60)
    assert answers and answers[0]["FailedEntryCount"] == 0
    assert answers[0]["ResponseMetadata"]["RetryAttempts"] >= 1
    assert lanes_of(daemon, aws.account) == {lane: 1}
    assert discard(daemon, {"lane": lane})[1]["discarded"] == 1


def test_discarding_the_lane_of_a_target_that_is_gone_takes_the_lane_along(aws, daemon):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": f"arn:aws:inspector:us-east-1:{aws.account}:target/x",
                                               "RoleArn": "arn:aws:iam::000000000000:role/r"}])
    aws.put()
    aws.events.remove_targets(Rule="r", Ids=["t"])
    (lane, waiting), = lanes_of(daemon, aws.account).items()
    assert waiting == 1, "what waits outlives its target"
    assert discard(daemon, {"lane": lane})[1]["discarded"] == 1
    assert lanes_of(daemon, aws.account) == {}
    assert discard(daemon, {"lane": lane})[0] == 404


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"lane": "1"}', '{"lane": -1}', '{"lane": 1, "x": 2}'])
def test_a_request_that_names_no_lane_is_refused(daemon, body):
    assert discard(daemon, body)[0] == 400
