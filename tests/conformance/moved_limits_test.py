"""Limits that the operator has moved count everywhere where the limit is looked at, and nothing else of the call changes."""

import json

import pytest

from aws_clients import refused
from wire import Wire

covers = pytest.mark.covers
DAEMON_ARGUMENTS = ["--durability", "memory", "--put-events-entries", "12", "--event-pattern-characters", "10000",
                    "--targets-per-rule", "150"]
GOOD = {"Source": "test", "DetailType": "thing", "Detail": "{}"}
LONG = "s" * 200
PATTERN = json.dumps({"source": [LONG, "x" * 9_000]})
EVENT = {"id": "1", "account": "000000000000", "source": LONG, "time": "2026-01-02T03:04:05Z", "region": "us-east-1",
         "resources": [], "detail-type": "thing"}


@covers("events.PutEvents")
def test_more_entries_are_accepted_with_every_member_and_the_bound_is_told(aws, daemon):
    assert aws.events.put_events(Entries=[GOOD] * 12)["FailedEntryCount"] == 0
    with Wire(daemon.endpoint, aws.account) as wire:
        assert wire.call("events", "PutEvents", {"EndpointId": "abcde.veo", "Entries": [GOOD] * 12}).status == 200
    with refused("ValidationException", "1 validation error detected: Value '[PutEventsRequestEntry(…") as answer:
        aws.events.put_events(Entries=[GOOD] * 13)
    assert answer.error["Message"].endswith("Member must have length less than or equal to 12")
    with refused("ValidationException", "1 validation error detected: Value '' at 'entries.12.member.traceHeader' …"):
        aws.unchecked_events.put_events(Entries=[GOOD] * 11 + [{**GOOD, "TraceHeader": ""}])


@covers("events.PutRule", "events.TestEventPattern")
def test_a_pattern_longer_than_the_model_allows_is_put_tested_and_matched(aws):
    assert aws.unchecked_events.test_event_pattern(EventPattern=PATTERN, Event=json.dumps(EVENT))["Result"] is True
    queue = aws.create_queue("q")
    aws.events.put_rule(Name="r", EventPattern='{"source":["other"]}')
    aws.unchecked_events.put_rule(Name="r", EventPattern=PATTERN)
    aws.events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": queue.arn}])
    event_id = aws.put(source=LONG)
    assert json.loads(queue.body())["id"] == event_id
    too_long = json.dumps({"source": ["x" * 10_000]})
    for call in (lambda: aws.unchecked_events.put_rule(Name="r", EventPattern=too_long),
                 lambda: aws.unchecked_events.test_event_pattern(EventPattern=too_long, Event=json.dumps(EVENT))):
        with refused("ValidationException") as answer:
            call()
        assert answer.error["Message"].endswith("Member must have length less than or equal to 10000")


@covers("events.PutTargets", "events.ListTargetsByRule", "events.PutEvents")
def test_more_targets_than_a_page_are_listed_and_delivered_to(aws):
    queue = aws.create_queue("q")
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    targets = [{"Id": f"t{number:03}", "Arn": queue.arn, "Input": str(number)} for number in range(150)]
    for begin in (0, 50, 100):
        aws.events.put_targets(Rule="r", Targets=targets[begin:begin + 50])
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        aws.events.put_targets(Rule="r", Targets=[{"Id": "one-more", "Arn": queue.arn}])
    first = aws.events.list_targets_by_rule(Rule="r")
    second = aws.events.list_targets_by_rule(Rule="r", NextToken=first["NextToken"])
    assert len(first["Targets"]) == 100 and "NextToken" not in second
    assert first["Targets"] + second["Targets"] == targets
    aws.put()
    bodies = []
    while got := queue.bodies():
        bodies += got
    assert sorted(map(int, bodies)) == list(range(150))
