"""Replays through real clients (eventbridge-behaviour §16); archives themselves: archives_test.py."""

import datetime
import json
import time

import pytest

from aws_cli import Cli
from aws_clients import Aws, refused
from daemon import Daemon
from forwarding import forwarding_daemon

covers = pytest.mark.covers
UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def daemon():
    with Daemon(["--durability", "memory"]) as running:
        yield running


@pytest.fixture
def aws(daemon):
    aws = Aws(daemon.endpoint)
    aws.events.create_archive(ArchiveName="all", EventSourceArn=aws.bus_arn())
    return aws


def archive_arn(aws, name="all"):
    return f"arn:aws:events:{aws.region}:{aws.account}:archive/{name}"


def put(aws, *seconds):
    """An event for each, so many seconds after START, which says so."""
    for first in range(0, len(seconds), 10):
        answer = aws.events.put_events(Entries=[
            {"Source": "shop", "DetailType": "t", "Detail": json.dumps({"n": n}), "Time": START + datetime.timedelta(seconds=n)}
            for n in seconds[first:first + 10]])
        assert answer["FailedEntryCount"] == 0, answer


def start(aws, name="r", archive="all", bus="default", start=START, end=START + HOUR, rules=None, **more):
    filter_arns = {} if rules is None else {"FilterArns": [aws.rule_arn(rule) for rule in rules]}
    return aws.events.start_replay(ReplayName=name, EventSourceArn=archive_arn(aws, archive), EventStartTime=start, EventEndTime=end,
                                   Destination={"Arn": aws.bus_arn(bus), **filter_arns}, **more)


def described(aws, name="r"):
    answer = aws.events.describe_replay(ReplayName=name)
    answer.pop("ResponseMetadata")
    return answer


def ended(aws, name="r", seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        replay = described(aws, name)
        if replay["State"] in ("COMPLETED", "CANCELLED", "FAILED"):
            return replay
        time.sleep(0.02)
    raise AssertionError(f"the replay does not end: {replay}")


def events_in(queue):
    events = []
    while bodies := queue.bodies():
        events += [json.loads(body) for body in bodies]
    return events


def replayed_to(aws, name="replayed"):
    queue = aws.create_queue(name)
    aws.rule_to_queue(name, {"replay-name": [{"exists": True}]}, queue)
    return queue


@covers("events.StartReplay", "events.DescribeReplay")
def test_a_replay_gives_the_window_again(aws):
    queue = replayed_to(aws)
    put(aws, 59, 0, -1, 60, 30)
    started = start(aws, end=START + datetime.timedelta(seconds=60), Description="again")
    arn = f"arn:aws:events:{aws.region}:{aws.account}:replay/r"
    assert (started["ReplayArn"], started["State"]) == (arn, "STARTING") and "StateReason" not in started
    replay = ended(aws)
    assert [event["detail"]["n"] for event in events_in(queue)] == [0, 30, 59]
    times = [replay.pop(name) for name in ("ReplayStartTime", "ReplayEndTime")]
    assert times[0] == started["ReplayStartTime"] <= times[1]
    assert replay == {
        "ReplayName": "r", "ReplayArn": arn, "Description": "again", "State": "COMPLETED", "EventSourceArn": archive_arn(aws),
        "Destination": {"Arn": aws.bus_arn()}, "EventStartTime": START, "EventEndTime": START + datetime.timedelta(seconds=60),
        "EventLastReplayedTime": datetime.datetime(2026, 1, 2, 3, 5, tzinfo=UTC)}


@covers("events.StartReplay")
def test_a_replayed_event_is_the_same_but_for_its_id_and_the_name(aws):
    live, queue = aws.create_queue("live"), replayed_to(aws)
    aws.rule_to_queue("live", {"source": ["shop"], "replay-name": [{"exists": False}]}, live)
    detail = '{"z":1.50,"a":12345678901234567890123,"n":{"replay-name":"x"}}'
    aws.put(source="shop", detail=detail, Time=START, Resources=["arn:1", "b"])
    original = live.body()
    start(aws)
    ended(aws)
    body = queue.body()
    identity = json.loads(body)["id"]
    assert identity != json.loads(original)["id"]
    expected = original.replace(json.loads(original)["id"], identity)
    at = expected.index(',"resources":')
    assert body == expected[:at] + ',"replay-name":"r"' + expected[at:]
    assert live.bodies() == []
    assert aws.events.describe_archive(ArchiveName="all")["EventCount"] == 1


@covers("events.StartReplay", "events.DescribeReplay")
def test_filter_arns_limit_it_to_rules(aws):
    first, second = replayed_to(aws, "first"), replayed_to(aws, "second")
    aws.rule_to_queue("disabled", {"source": ["shop"]}, first)
    aws.events.disable_rule(Name="disabled")
    put(aws, 1, 2)
    start(aws, rules=["second", "disabled", "not-there"])
    replay = ended(aws)
    assert replay["Destination"]["FilterArns"] == [aws.rule_arn(rule) for rule in ("second", "disabled", "not-there")]
    assert len(events_in(second)) == 2 and events_in(first) == []
    start(aws, "all", rules=[])
    ended(aws, "all")
    assert len(events_in(first)) == len(events_in(second)) == 2


@covers("events.StartReplay")
@pytest.mark.parametrize("wrong, error, message", [
    ({"bus": "nope"}, "ResourceNotFoundException", "Event bus nope does not exist."),
    ({"bus": "other"}, "ValidationException",
     "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."),
    ({"archive": "nope"}, "ValidationException", "Parameter EventSourceArn is not valid. Reason: Archive nope does not exist."),
    ({"end": START}, "ValidationException",
     "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."),
    ({"name": "a b"}, "ValidationException", "1 validation error detected: Value 'a b' at 'replayName' failed to satisfy …"),
    ({"Description": "x" * 513}, "ValidationException", "1 validation error detected: Value '…"),
], ids=["no-bus", "other-bus", "no-archive", "window", "name", "description"])
def test_what_cannot_be_replayed_is_refused(aws, wrong, error, message):
    aws.events.create_event_bus(Name="other")
    with refused(error, message):
        start(aws, **wrong)
    assert aws.events.list_replays()["Replays"] == []


@covers("events.StartReplay")
def test_a_name_is_taken_once(aws):
    start(aws)
    ended(aws)
    with refused("ResourceAlreadyExistsException", "Replay r already exists."):
        start(aws)


@covers("events.DescribeReplay", "events.CancelReplay")
def test_what_is_not_there(aws):
    with refused("ResourceNotFoundException", "Replay nope does not exist."):
        described(aws, "nope")
    with refused("ResourceNotFoundException", "Replay nope does not exist."):
        aws.events.cancel_replay(ReplayName="nope")


def start_slowly(daemon, aws, name):
    """A replay that takes its time: paced, which is beyond AWS."""
    answer = daemon.request("POST", "/_eventbus/replays/start", json.dumps(
        {"account": aws.account, "region": aws.region, "archive": "all", "name": name, "speed": 0.001}),
        {"Content-Type": "application/json"})
    assert answer.status == 200, answer


def in_state(aws, name, state, seconds=20):
    deadline = time.monotonic() + seconds
    while described(aws, name)["State"] != state:
        assert time.monotonic() < deadline, described(aws, name)
        time.sleep(0.02)


@covers("events.CancelReplay")
def test_a_cancelled_replay_ends_and_stays_so(daemon, aws):
    queue = replayed_to(aws)
    put(aws, 0, 10, 20)
    start_slowly(daemon, aws, "r")
    in_state(aws, "r", "RUNNING")
    cancelled = aws.events.cancel_replay(ReplayName="r")
    assert cancelled["State"] == "CANCELLING" and cancelled["ReplayArn"].endswith(":replay/r")
    assert ended(aws)["State"] == "CANCELLED"
    assert [event["detail"]["n"] for event in events_in(queue)] in ([], [0])
    with refused("IllegalStatusException", "Replay r is not in a valid state for this operation."):
        aws.events.cancel_replay(ReplayName="r")


@covers("events.StartReplay")
def test_ten_are_under_way_at_most(daemon, aws):
    put(aws, 0, 10)
    for number in range(10):
        start_slowly(daemon, aws, f"r{number}")
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        start(aws, "eleventh")
    elsewhere = aws.elsewhere(region="eu-west-1")
    elsewhere.events.create_archive(ArchiveName="all", EventSourceArn=elsewhere.bus_arn())
    start(elsewhere, "eleventh")
    for number in range(10):
        aws.events.cancel_replay(ReplayName=f"r{number}")
        assert ended(aws, f"r{number}")["State"] == "CANCELLED"
    start(aws, "eleventh")


@covers("events.DescribeReplay")
def test_a_replay_fails_when_its_archive_goes(daemon, aws):
    put(aws, 0, 1, 2)
    start_slowly(daemon, aws, "r")
    in_state(aws, "r", "RUNNING")
    aws.events.delete_archive(ArchiveName="all")
    aws.events.create_archive(ArchiveName="all", EventSourceArn=aws.bus_arn())
    aws.events.cancel_replay(ReplayName="r")  # wakes it; a failure and a cancellation are both an end
    assert ended(aws)["State"] in ("FAILED", "CANCELLED")
    assert aws.events.list_replays(NamePrefix="r")["Replays"][0]["ReplayName"] == "r"


@covers("events.ListReplays")
def test_listing_by_one_filter_in_pages(aws):
    aws.events.create_archive(ArchiveName="two", EventSourceArn=aws.bus_arn())
    for name, archive in (("b1", "all"), ("a2", "all"), ("a1", "two")):
        start(aws, name, archive)
        ended(aws, name)
    names = lambda **filters: [replay["ReplayName"] for replay in aws.events.list_replays(**filters)["Replays"]]  # noqa: E731
    assert names() == ["a1", "a2", "b1"]
    assert names(NamePrefix="a") == ["a1", "a2"]
    assert names(State="COMPLETED") == ["a1", "a2", "b1"] and names(State="RUNNING") == []
    assert names(EventSourceArn=archive_arn(aws, "two")) == ["a1"]
    page = aws.events.list_replays(Limit=2)
    assert set(page["Replays"][0]) == {"ReplayName", "EventSourceArn", "State", "EventStartTime", "EventEndTime",
                                       "EventLastReplayedTime", "ReplayStartTime", "ReplayEndTime"}
    assert names(Limit=1, NextToken=page["NextToken"]) == ["b1"]
    with refused("ValidationException", "Parameter NextToken is not valid."):
        aws.events.list_replays(NamePrefix="a", NextToken=page["NextToken"])
    with refused("ValidationException",
                 "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix."):
        aws.events.list_replays(NamePrefix="a", State="COMPLETED")


@covers("events.StartReplay", "events.ListReplays")
def test_through_the_cli(daemon, aws):
    queue = replayed_to(aws)
    put(aws, 1)
    cli = Cli(daemon.endpoint, aws.account)
    started = cli("events", "start-replay", "--replay-name", "c", "--event-source-arn", archive_arn(aws), "--event-start-time",
                  "2026-01-02T03:00:00Z", "--event-end-time", "2026-01-02T04:00:00Z", "--destination", {"Arn": aws.bus_arn()})
    assert started["State"] == "STARTING"
    ended(aws, "c")
    assert [event["replay-name"] for event in events_in(queue)] == ["c"]
    assert cli("events", "list-replays", "--name-prefix", "c")["Replays"][0]["State"] == "COMPLETED"


def test_a_replay_survives_a_restart():
    with Daemon(["--durability", "sync"]) as daemon:
        aws = Aws(daemon.endpoint)
        aws.events.create_archive(ArchiveName="all", EventSourceArn=aws.bus_arn())
        queue = replayed_to(aws)
        put(aws, *range(20))
        answer = daemon.request("POST", "/_eventbus/replays/start", json.dumps(
            {"account": aws.account, "archive": "all", "name": "r", "speed": 10}), {"Content-Type": "application/json"})
        assert answer.status == 200, answer
        deadline = time.monotonic() + 20
        while queue.depth()[0] == 0:
            assert time.monotonic() < deadline, "nothing is replayed"
            time.sleep(0.02)
        daemon.stop()
        daemon.start()
        aws = Aws(daemon.endpoint, aws.account)
        assert ended(aws)["State"] == "COMPLETED"
        queue.aws = aws
        assert [event["detail"]["n"] for event in events_in(queue)] == list(range(20)), "each once, in order"


def test_to_real_aws_through_the_forwarder():
    """The account is forwarded to a second daemon, which plays AWS."""
    far_account = "444455556666"
    with Daemon(["--durability", "memory"]) as far_daemon:
        far = Aws(far_daemon.endpoint, "AKIDNEAR")  # the forwarder signs with this key
        with forwarding_daemon(f"  - accounts: [\"{far_account}\"]\n    endpoint: {far_daemon.endpoint}\n    map_account: \"000000000000\"") as near:
            far.account = "000000000000"
            arrived = far.create_queue("arrived")
            far.rule_to_queue("arrived", {"source": ["shop"]}, arrived)
            aws = Aws(near.endpoint)
            aws.events.create_archive(ArchiveName="all", EventSourceArn=aws.bus_arn())
            put(aws, *range(25))
            answer = near.request("POST", "/_eventbus/replays/start", json.dumps(
                {"account": aws.account, "archive": "all", "name": "r", "bus": f"arn:aws:events:us-east-1:{far_account}:event-bus/default"}),
                {"Content-Type": "application/json"})
            assert answer.status == 200, answer
            assert ended(aws)["State"] == "COMPLETED"
            events = events_in(arrived)
            assert [event["detail"]["n"] for event in events] == list(range(25))
            assert events[1]["time"] == "2026-01-02T03:04:06Z"
