"""Writing and reading log events: PutLogEvents, GetLogEvents, FilterLogEvents, and log groups as targets of rules."""

import json
import re
import time

import pytest

from aws_clients import refused

covers = pytest.mark.covers
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NO_GROUP = ("ResourceNotFoundException", "The specified log group does not exist.")
NO_STREAM = ("ResourceNotFoundException", "The specified log stream does not exist.")


@pytest.fixture
def logs(aws):
    client = aws.client("logs")
    client.create_log_group(logGroupName="g")
    client.create_log_stream(logGroupName="g", logStreamName="s")
    return client


def now():
    return int(time.time() * 1000)


def put(logs, *events, stream="s"):
    """(time, message) pairs."""
    return logs.put_log_events(logGroupName="g", logStreamName=stream,
                               logEvents=[{"timestamp": when, "message": message} for when, message in events])


def got(logs, **parameters):
    return [event["message"] for event in logs.get_log_events(logGroupName="g", logStreamName="s", **parameters)["events"]]


def found(logs, pattern=None, **parameters):
    if pattern is not None:
        parameters["filterPattern"] = pattern
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="g", **parameters)
    return [event["message"] for page in pages for event in page["events"]]


@covers("logs.PutLogEvents", "logs.GetLogEvents")
def test_what_is_put_is_got_in_order_of_time(logs):
    start = now()
    answer = put(logs, (start - 2000, "b"), (start, "d ä \u2028 \"quoted\""))
    assert answer["nextSequenceToken"].isdigit() and "rejectedLogEventsInfo" not in answer
    put(logs, (start - 3000, "a"), (start - 1000, "c"))
    events = logs.get_log_events(logGroupName="g", logStreamName="s")["events"]
    assert [event["message"] for event in events] == ["a", "b", "c", "d ä \u2028 \"quoted\""]
    assert [event["timestamp"] for event in events] == [start - 3000, start - 2000, start - 1000, start]
    assert all(abs(event["ingestionTime"] - start) < 60_000 for event in events)
    group, = logs.describe_log_groups()["logGroups"]
    assert group["storedBytes"] == sum(26 + len(event["message"].encode()) for event in events)


@covers("logs.PutLogEvents")
def test_refusals_of_put_log_events(logs, aws):
    start = now()
    with refused(*NO_GROUP):
        logs.put_log_events(logGroupName="none", logStreamName="s", logEvents=[{"timestamp": start, "message": "x"}])
    with refused(*NO_STREAM):
        put(logs, (start, "x"), stream="none")
    with refused("InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order."):
        put(logs, (start, "x"), (start - 1, "y"))
    with refused("InvalidParameterException", "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."):
        put(logs, (start - 86_400_001, "x"), (start, "y"))
    with refused("InvalidParameterException", "Upload too large: 1048577 bytes exceeds limit of 1048576"):
        put(logs, (start, "x" * 524_262), (start, "y" * (1_048_577 - 26 - 524_288)))
    with refused("InvalidParameterException", "Log event too large: 1048577 bytes exceeds limit of 1048576"):
        put(logs, (start, "x" * (1_048_577 - 26)))
    with refused("InvalidParameterException", "1 validation error detected: Value '' at 'logEvents.1.member.message'…"):
        aws.client("logs", checked=False).put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": start, "message": ""}])
    with refused("InvalidParameterException"):
        aws.client("logs", checked=False).put_log_events(logGroupName="g", logStreamName="s", logEvents=[])
    assert got(logs) == []
    put(logs, (start, "x" * (1_048_576 - 26)))
    assert len(got(logs)[0]) == 1_048_550


@covers("logs.PutLogEvents")
def test_events_too_old_too_new_and_expired_are_named_and_the_others_kept(logs):
    start, hour, day = now(), 3_600_000, 86_400_000
    assert put(logs, (start, "in"), (start + hour, "ahead"), (start + 3 * hour, "too new"))["rejectedLogEventsInfo"] == {
        "tooNewLogEventStartIndex": 2}
    old = 14 * day
    assert put(logs, (start - old - hour, "too old"), (start - old + hour, "old"))["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert got(logs) == ["old", "in", "ahead"]
    logs.put_retention_policy(logGroupName="g", retentionInDays=3)
    assert put(logs, (start - 3 * day - hour, "expired"), (start - 3 * day + hour, "kept"))["rejectedLogEventsInfo"] == {
        "expiredLogEventEndIndex": 1}
    assert got(logs) == ["kept", "in", "ahead"], "what a shorter retention makes expire is not seen any more"
    assert put(logs, (start + 5 * hour, "all rejected"))["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}


@covers("logs.GetLogEvents")
def test_get_log_events_reads_windows(logs):
    start = now() - 100_000
    put(logs, *[(start + number, str(number)) for number in range(10)])
    assert got(logs, startTime=start + 3, endTime=start + 6) == ["3", "4", "5"]
    assert got(logs, limit=3) == ["7", "8", "9"], "the latest ones, unless told otherwise"
    assert got(logs, limit=3, startFromHead=True) == ["0", "1", "2"]
    with refused(*NO_STREAM):
        logs.get_log_events(logGroupName="g", logStreamName="none")
    with refused(*NO_GROUP):
        logs.get_log_events(logGroupName="none", logStreamName="s")
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        got(logs, nextToken="made-up")


@covers("logs.GetLogEvents")
def test_tokens_lead_forward_and_backward_and_stay_at_the_end(logs):
    start = now() - 100_000
    put(logs, *[(start + number // 2, str(number)) for number in range(10)])
    read = lambda **parameters: logs.get_log_events(logGroupName="g", logStreamName="s", limit=4, **parameters)
    messages = lambda page: [event["message"] for event in page["events"]]

    first = read(startFromHead=True)
    second = read(nextToken=first["nextForwardToken"])
    third = read(nextToken=second["nextForwardToken"])
    assert messages(first) + messages(second) + messages(third) == [str(number) for number in range(10)]
    end = read(nextToken=third["nextForwardToken"])
    assert messages(end) == [] and end["nextForwardToken"] == third["nextForwardToken"], "the same token: the end"
    assert messages(read(nextToken=third["nextBackwardToken"])) == ["4", "5", "6", "7"]

    last = read()
    assert messages(last) == ["6", "7", "8", "9"]
    before = read(nextToken=last["nextBackwardToken"])
    assert messages(before) == ["2", "3", "4", "5"]
    head = read(nextToken=read(nextToken=before["nextBackwardToken"])["nextBackwardToken"])
    assert messages(head) == []
    assert read(nextToken=head["nextBackwardToken"])["nextBackwardToken"] == head["nextBackwardToken"]

    put(logs, (now(), "later"))
    assert messages(read(nextToken=end["nextForwardToken"])) == ["later"], "a reader at the end sees what comes"
    logs.create_log_stream(logGroupName="g", logStreamName="empty")
    nothing = logs.get_log_events(logGroupName="g", logStreamName="empty")
    put(logs, (now(), "first"), stream="empty")
    page = logs.get_log_events(logGroupName="g", logStreamName="empty", nextToken=nothing["nextForwardToken"])
    assert messages(page) == ["first"]


@covers("logs.FilterLogEvents")
def test_filter_reads_across_streams_in_order_of_time(logs):
    start = now() - 100_000
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    put(logs, *[(start + 2 * number, f"s{number}") for number in range(5)])
    put(logs, *[(start + 2 * number + 1, f"t{number}") for number in range(5)], stream="t")
    everything = [f"{stream}{number}" for number in range(5) for stream in "st"]
    assert found(logs) == everything
    assert found(logs, PaginationConfig={"PageSize": 3}) == everything
    assert found(logs, logStreamNames=["t"]) == ["t0", "t1", "t2", "t3", "t4"]
    assert found(logs, logStreamNamePrefix="s") == ["s0", "s1", "s2", "s3", "s4"]
    assert found(logs, startTime=start + 2, endTime=start + 4) == ["s1", "t1", "s2"], "both ends belong to it"
    event = logs.filter_log_events(logGroupName="g", limit=1)["events"][0]
    assert event["logStreamName"] == "s" and event["eventId"].isdigit() and event["timestamp"] == start
    assert logs.filter_log_events(logGroupName="g")["searchedLogStreams"] == []
    with refused(*NO_GROUP):
        logs.filter_log_events(logGroupName="none")
    with refused(*NO_STREAM):
        logs.filter_log_events(logGroupName="g", logStreamNames=["none"])
    with refused("InvalidParameterException"):
        logs.filter_log_events(logGroupName="g", logStreamNames=["s"], logStreamNamePrefix="s")
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        logs.filter_log_events(logGroupName="g", nextToken="made-up")


MESSAGES = ["ERROR out of memory", "WARN slow", "INFO ok", '{"status": 404, "user": {"name": "ann"}, "tags": ["a"], "ok": false, "none": null}',
            '{"status": 500, "user": {"name": "bob"}, "latency": 1.5, "ok": true}']


@covers("logs.FilterLogEvents")
@pytest.mark.parametrize("pattern, expected", [
    ("", [0, 1, 2, 3, 4]), ("ERROR", [0]), ("ERROR memory", [0]), ("error", []), ('"out of memory"', [0]), ('"of  memory"', []),
    ("?ERROR ?WARN", [0, 1]), ("-ERROR -status", [1, 2]), ('ERROR -"out of memory"', []), ("?nothing INFO", [2]),
    ("{ $.status = 404 }", [3]), ("{ $.status != 404 }", [4]), ("{ $.status >= 404 && $.status < 500 }", [3]), ("{ $.status = 4* }", [3]),
    ('{ $.user.name = "b*" }', [4]), ('{ $.user.name = "ann" || $.latency > 1.4 }', [3, 4]), ("{ $.tags[0] = a }", [3]),
    ('{ ($.user.name = "ann" || $.user.name = "bob") && $.ok IS TRUE }', [4]), ("{ $.none IS NULL }", [3]), ("{ $.latency NOT EXISTS }", [3]),
    ('{ $.user = "*" }', []), ("{ $.status = \"404\" }", []),
])
def test_filter_patterns(logs, pattern, expected):
    start = now() - 1000
    put(logs, *[(start + number, message) for number, message in enumerate(MESSAGES)])
    assert found(logs, pattern) == [MESSAGES[number] for number in expected]


@covers("logs.FilterLogEvents")
@pytest.mark.parametrize("pattern", ["{ $.a = }", "{ a = 1 }", "{ $.a = 1", '"open', "[a, b]", "%x%", "{ $.a > x }", "{ ($.a = 1 }", "{ $.a IS x }"])
def test_bad_filter_patterns(logs, pattern):
    with refused("InvalidParameterException", "Invalid filter pattern…"):
        logs.filter_log_events(logGroupName="g", filterPattern=pattern)


@covers("logs.DeleteLogGroup", "logs.DeleteLogStream", "logs.PutLogEvents")
def test_what_is_deleted_does_not_come_back_with_the_name(logs):
    put(logs, (now(), "old"))
    logs.delete_log_stream(logGroupName="g", logStreamName="s")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    assert got(logs) == []
    put(logs, (now(), "newer"))
    logs.delete_log_group(logGroupName="g")
    logs.create_log_group(logGroupName="g")
    assert found(logs) == []
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    assert got(logs) == []


# --- log groups as targets ---------------------------------------------------------------------------------------------------


def rule_to_group(aws, group="g", suffix="", **target):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    arn = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{group}{suffix}"
    answer = aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **target}])
    assert answer["FailedEntryCount"] == 0
    return arn


@covers("events.PutEvents", "logs.FilterLogEvents", "logs.DescribeLogStreams", "logs.GetLogEvents")
@pytest.mark.parametrize("suffix", ["", ":*"])
def test_an_event_becomes_a_stream_of_its_own_in_the_put_events_call(aws, logs, suffix):
    rule_to_group(aws, suffix=suffix)
    when = int(time.time()) - 500
    ids = [aws.put(detail={"n": number}, Time=when) for number in range(3)]
    events = logs.filter_log_events(logGroupName="g")["events"]
    assert sorted(json.loads(event["message"])["id"] for event in events) == sorted(ids)
    assert {event["timestamp"] for event in events} == {when * 1000}, "the event's time"
    streams = [event["logStreamName"] for event in events]
    assert len(set(streams)) == 3 and all(UUID.fullmatch(stream) for stream in streams)
    for event in events:
        read = logs.get_log_events(logGroupName="g", logStreamName=event["logStreamName"])["events"]
        assert [one["message"] for one in read] == [event["message"]]
    described = logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=True)["logStreams"]
    assert {stream["logStreamName"] for stream in described} == {"s", *streams}
    by_name = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName="g")["logStreams"]]
    assert by_name == sorted(by_name) and len(by_name) == 4
    assert json.loads(events[0]["message"])["source"] == "test"
    metrics = {stream["logStreamName"]: stream for stream in described}[streams[0]]
    assert metrics["firstEventTimestamp"] == metrics["lastEventTimestamp"] == when * 1000


@covers("logs.DescribeLogStreams", "events.PutEvents")
def test_streams_of_deliveries_page(aws, logs):
    rule_to_group(aws)
    for _ in range(12):
        aws.put()
    for parameters in ({}, {"descending": True}, {"orderBy": "LastEventTime", "descending": True}):
        pages = logs.get_paginator("describe_log_streams").paginate(logGroupName="g", PaginationConfig={"PageSize": 5}, **parameters)
        assert len({stream["logStreamName"] for page in pages for stream in page["logStreams"]}) == 13


@covers("logs.PutLogEvents", "logs.DeleteLogStream", "logs.CreateLogStream")
def test_a_delivered_stream_is_a_stream_like_any_other(aws, logs):
    rule_to_group(aws)
    aws.put()
    first, = logs.filter_log_events(logGroupName="g")["events"]
    stream = first["logStreamName"]
    with refused("ResourceAlreadyExistsException", "The specified log stream already exists"):
        logs.create_log_stream(logGroupName="g", logStreamName=stream)
    put(logs, (now() + 5, "more"), stream=stream)
    read = logs.get_log_events(logGroupName="g", logStreamName=stream)["events"]
    assert [event["message"] for event in read] == [first["message"], "more"]
    logs.delete_log_stream(logGroupName="g", logStreamName=stream)
    assert found(logs) == []
    with refused(*NO_STREAM):
        logs.get_log_events(logGroupName="g", logStreamName=stream)
    with refused(*NO_STREAM):
        put(logs, (now(), "gone"), stream=stream)
    assert [one["logStreamName"] for one in logs.describe_log_streams(logGroupName="g")["logStreams"]] == ["s"]
    logs.create_log_stream(logGroupName="g", logStreamName=stream)
    assert found(logs) == [], "the delivery does not come back with the name"


@covers("events.PutTargets", "events.PutEvents")
def test_a_transformer_gives_time_and_message(aws, logs):
    dead = aws.create_queue("dead")
    rule_to_group(aws, DeadLetterConfig={"Arn": dead.arn}, InputTransformer={
        "InputPathsMap": {"time": "$.time", "who": "$.detail.who"},
        "InputTemplate": '{"timestamp": <time>, "message": "it was <who>"}'})
    aws.put(detail={"who": "ann"}, Time=1_700_000_000)
    event, = logs.filter_log_events(logGroupName="g")["events"]
    assert (event["message"], event["timestamp"]) == ("it was ann", 1_700_000_000_000)
    rule_to_group(aws, DeadLetterConfig={"Arn": dead.arn}, InputTransformer={"InputTemplate": '{"message": "no time"}'})
    aws.put()
    message, = dead.receive()
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "INVALID_PARAMETER"
    assert message["Body"] == '{"message": "no time"}'


@covers("events.PutEvents")
def test_a_missing_group_is_a_dead_letter(aws, logs):
    dead = aws.create_queue("dead")
    arn = rule_to_group(aws, "none", DeadLetterConfig={"Arn": dead.arn})
    event_id = aws.put()
    message, = dead.receive()
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["id"] == event_id
    text = attributes.pop("ERROR_MESSAGE")
    assert attributes == {"RULE_ARN": aws.rule_arn("r"), "TARGET_ARN": arn, "ERROR_CODE": "NO_RESOURCE"}
    assert re.fullmatch(r"The specified log group does not exist\. \(Service: AWSLogs; Status Code: 400; Error Code: "
                        r"ResourceNotFoundException; Request ID: .*; Proxy: null\)", text)


@covers("events.PutTargets")
def test_what_log_targets_refuse(aws, logs):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    arn = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:g"
    for option in ({"RoleArn": f"arn:aws:iam::{aws.account}:role/r"}, {"Input": "{}"}, {"InputPath": "$.detail"}):
        with refused("ValidationException", f"{next(iter(option))} is not supported for target {arn}."):
            aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **option}])
