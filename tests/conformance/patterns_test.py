"""Event patterns through TestEventPattern and through real rules (eventbridge-behaviour §8).

Where ../shared/vectors is there, every recorded verdict of the reference engine is asked of the running daemon as well."""

import gzip
import json
import pathlib
import re

import pytest

from aws_clients import refused
from daemon import PROJECT
from wire import Wire, json_body

covers = pytest.mark.covers
DAEMON_ARGUMENTS = ["--durability", "memory", "--relaxed"]  # rule sets have more wildcard rules than AWS allows on a bus
VECTORS = PROJECT.parent / "shared" / "vectors"

EVENT = {"id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": "thing", "source": "test", "account": "123456789012",
         "time": "2026-01-02T03:04:05Z", "region": "us-east-1", "resources": ["arn:a", "arn:b"],
         "detail": {"s": "Text-1", "n": 3, "b": True, "z": None, "ip": "10.0.0.4", "deep": {"x": {"y": "q"}}, "list": ["a", "b"],
                    "objects": [{"k": 1, "v": "one"}, {"k": 2, "v": "two"}], "empty": [], "dotted.name": "d"}}


def verdict(aws, pattern, event=None):
    answer = aws.unchecked_events.test_event_pattern(
        EventPattern=pattern if isinstance(pattern, str) else json.dumps(pattern), Event=json.dumps(event or EVENT))
    return answer["Result"]


MATCHING = [
    {"source": ["test"]},
    {"source": ["other", "test"]},
    {"resources": ["arn:b"]},
    {"detail": {"n": [3.0]}}, {"detail": {"n": [3e0]}},
    {"detail": {"b": [True]}}, {"detail": {"z": [None]}},
    {"detail": {"deep": {"x": {"y": ["q"]}}}}, {"detail.deep.x.y": ["q"]}, {"detail": {"deep.x": {"y": ["q"]}}},
    {"detail": {"dotted": {"name": ["d"]}}},
    {"detail": {"s": [{"prefix": "Text"}]}}, {"detail": {"s": [{"prefix": ""}]}},
    {"detail": {"s": [{"prefix": {"equals-ignore-case": "tEXT"}}]}},
    {"detail": {"s": [{"suffix": "-1"}]}}, {"detail": {"s": [{"suffix": {"equals-ignore-case": "T-1"}}]}},
    {"detail": {"s": [{"equals-ignore-case": "TEXT-1"}]}},
    {"detail": {"s": [{"wildcard": "T*-*1"}]}}, {"detail": {"s": [{"wildcard": "*"}]}},
    {"detail": {"s": [{"anything-but": "x"}]}}, {"detail": {"s": [{"anything-but": ["x", "y"]}]}},
    {"detail": {"s": [{"anything-but": {"prefix": "x"}}]}}, {"detail": {"s": [{"anything-but": {"suffix": ["x", "y"]}}]}},
    {"detail": {"s": [{"anything-but": {"equals-ignore-case": ["x"]}}]}}, {"detail": {"s": [{"anything-but": {"wildcard": "*x*y*"}}]}},
    {"detail": {"n": [{"anything-but": [1, 2]}]}}, {"detail": {"z": [{"anything-but": "x"}]}},
    {"detail": {"list": [{"anything-but": "a"}]}},
    {"detail": {"n": [{"numeric": ["=", 3]}]}}, {"detail": {"n": [{"numeric": [">", 2.5, "<=", 3]}]}},
    {"detail": {"n": [{"numeric": ["<", 1e100]}]}},
    {"detail": {"s": [{"exists": True}]}}, {"detail": {"none": [{"exists": False}]}}, {"detail": {"deep": [{"exists": False}]}},
    {"detail": {"empty": [{"exists": False}]}}, {"none": {"at": {"all": [{"exists": False}]}}},
    {"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, {"detail": {"ip": [{"cidr": "10.0.0.5/31"}]}},
    {"detail": {"objects": {"k": [1], "v": ["one"]}}},
    {"$or": [{"source": ["x"]}, {"detail": {"n": [3]}}]}, {"detail": {"$or": [{"s": ["x"]}, {"n": [{"numeric": [">", 2]}]}]}},
    {"source": ["x"], "$or": [{"source": ["test"]}, {"detail": {"n": [4]}}]},
]
NOT_MATCHING = [
    {"source": ["Test"]}, {"Source": ["test"]},
    {"source": ["test"], "detail-type": ["x"]},
    {"detail": {"n": ["3"]}}, {"detail": {"b": ["true"]}}, {"detail": {"z": ["null"]}}, {"detail": {"z": [{"exists": False}]}},
    {"detail": {"n": [{"prefix": ""}]}}, {"detail": {"s": [{"numeric": ["=", 1]}]}},
    {"detail": {"none": [{"anything-but": "x"}]}}, {"detail": {"empty": [{"anything-but": "x"}]}},
    {"detail": {"empty": [{"exists": True}]}}, {"detail": {"deep": [{"exists": True}]}},
    {"detail": {"objects": {"k": [1], "v": ["two"]}}},
    {"detail": {"ip": [{"cidr": "10.0.0.8/30"}]}}, {"detail": {"s": [{"wildcard": "T*2"}]}}, {"detail": {"s": [{"wildcard": ""}]}},
    {"detail": {"n": [{"numeric": [">", 3]}]}},
    {"$or": [{"source": ["x"]}, {"detail": {"n": [4]}}]},
]


@pytest.mark.parametrize("pattern", MATCHING, ids=json.dumps)
@covers("events.TestEventPattern")
def test_patterns_that_match(aws, pattern):
    assert verdict(aws, pattern) is True


@pytest.mark.parametrize("pattern", NOT_MATCHING, ids=json.dumps)
@covers("events.TestEventPattern")
def test_patterns_that_do_not(aws, pattern):
    assert verdict(aws, pattern) is False


TOO_MANY_COMBINATIONS = "{%s}" % ",".join('"%s":{"$or":[{"x":[1]},{"y":[1]}]}' % key for key in "abcdefghij")  # 2 ^ 10

TOO_COMPLEX = ("Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
               "wildcard character")
REASONS = [  # pattern text, reason, does a location follow
    ("[]", "Filter is not an object", True),
    ('"x"', "Filter is not an object", True),
    ('{"source":"test"}', '"source" must be an object or an array', True),
    ('{"source":[]}', "Empty arrays are not allowed", True),
    ("{}", "Empty objects are not allowed", True),
    ('{"detail":{}}', "Empty objects are not allowed", True),
    ('{"$or":[{},{"a":[1]}]}', "Empty objects are not allowed", True),
    ('{"a":[{}]}', "Match expression name not found", True),
    ('{"a":[{"prefix":"x","suffix":"y"}]}', "Only one key allowed in match expression", True),
    ('{"a":[["x"]]}', "Match value must be String, number, true, false, or null", True),
    ('{"a":[{"exists":"yes"}]}', "exists match pattern must be either true or false.", True),
    ('{"a":[{"Prefix":"x"}]}', "Unrecognized match type Prefix", True),
    ('{"a":[{"prefix":1}]}', "prefix match pattern must be a string", True),
    ('{"a":[{"suffix":1}]}', "suffix match pattern must be a string", True),
    ('{"a":[{"wildcard":1}]}', "wildcard match pattern must be a string", True),
    ('{"a":[{"equals-ignore-case":1}]}', "equals-ignore-case match pattern must be a string", True),
    ('{"a":[{"anything-but":{"prefix":""}}]}', "Null prefix/suffix not allowed", True),
    ('{"a":[{"anything-but":null}]}', "Value of anything-but must be an array or single string/number value.", True),
    ('{"a":[{"anything-but":[null]}]}', "Inside anything but list, start|null|boolean is not supported.", True),
    ('{"a":[{"anything-but":["x",1]}]}', "Inside anything but list, either all values are number or string, mixed type is not supported",
     True),
    ('{"a":[{"anything-but":{"equals-ignore-case":[1]}}]}',
     "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", True),
    ('{"a":[{"anything-but":{"exists":true}}]}', "Unsupported anything-but pattern: exists", True),
    ('{"a":[{"prefix":{"x":"y"}}]}', "Unsupported prefix pattern: x", True),
    ('{"a":[{"suffix":{"x":"y"}}]}', "Unsupported suffix pattern: x", True),
    ('{"a":[{"wildcard":"a**b"}]}', "Consecutive wildcard characters at pos 2", True),
    ('{"a":[{"wildcard":"a\\\\b"}]}', "Invalid escape character at pos 2", True),
    ('{"$or":{"a":[1]}}', "It must be an Array followed with $or.", True),
    ('{"$or":[1,2]}', "Only JSON object is allowed in array of $or relationship.", True),
    ('{"$or":[{"a":[1]}]}', "There must have at least 2 Objects in $or relationship.", True),
    ('{"$or":[{"prefix":[1]},{"b":[1]}]}', "prefix is Ruler reserved fieldName which cannot be used inside $or.", True),
    ('{"a":[{"numeric":5}]}', "Value of numeric must be an array.", True),
    ('{"a":[{"numeric":[]}]}', "Invalid member in numeric match: ]", True),
    ('{"a":[{"numeric":["!=",1]}]}', "Unrecognized numeric range operator: !=", True),
    ('{"a":[{"numeric":["=",1,2]}]}', "Too many elements in numeric expression", True),
    ('{"a":[{"numeric":[">=",1,"<=",1]}]}', "Bottom must be less than top", True),
    ('{"a":[{"numeric":[">",1,">",2]}]}', "Bad numeric range operator: >", True),
    ('{"a":[{"numeric":["<","x"]}]}', "Value of < must be numeric", True),
    ('{"a":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR, one '/' required", False),
    ('{"a":[{"cidr":"10.0.0.0/x"}]}', "Malformed CIDR, mask bits must be an integer", False),
    ('{"a":[{"cidr":1}]}', "prefix match pattern must be a string", True),
    ("this", "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", True),
    (TOO_MANY_COMBINATIONS,
     "Or operator is producing over 1000 rule combinations", False),
    ('{"a":[{"wildcard":"' + 300 * "*a" + '"}]}', TOO_COMPLEX, False),
    ('{"a":[{"anything-but":{"wildcard":"*' + 600 * "a" + '"}}]}', TOO_COMPLEX, False),
]


@pytest.mark.parametrize("pattern, reason, located", REASONS, ids=[case[1][:60] for case in REASONS])
@covers("events.TestEventPattern", "events.PutRule")
def test_rejected_patterns_say_why_in_awss_words(aws, pattern, reason, located):
    prefix = f"Event pattern is not valid. Reason: {reason}"
    for call in (lambda: verdict(aws, pattern), lambda: aws.unchecked_events.put_rule(Name="r", EventPattern=pattern)):
        with refused("InvalidEventPatternException", prefix + "…") as answer:
            call()
        tail = answer.error["Message"][len(prefix):]
        if located:
            assert re.match(r'\n at \[Source: \(String\)"', tail) and re.search(r"; line: \d+, column: \d+\]$", tail), tail
            assert f'"{pattern}"' in tail
        else:
            assert tail == ""


@pytest.mark.parametrize("event, text", [
    ("not json", "Parameter Event is not valid.…"),
    ("[]", "Parameter Event is not valid.…"),
    ("{}", "Parameter Event is not valid.…"),
    (json.dumps({name: value for name, value in EVENT.items() if name != "id"}), "Parameter Event is not valid.…"),
    (json.dumps({name: value for name, value in EVENT.items() if name != "source"}), "Parameter Event is not valid.…"),
    (json.dumps({**EVENT, "time": "noon"}), "Parameter Event is not valid. Reason: Invalid time."),
    (json.dumps({**EVENT, "time": 7}), "Parameter Event is not valid. Reason: Invalid time."),
], ids=lambda value: value[:30])
@covers("events.TestEventPattern")
def test_an_event_to_test_with_must_be_one(aws, event, text):
    with refused("ValidationException", text):
        aws.events.test_event_pattern(EventPattern='{"source":["test"]}', Event=event)


@covers("events.TestEventPattern")
def test_resources_version_and_detail_may_be_missing(aws):
    event = {name: value for name, value in EVENT.items() if name not in ("resources", "detail")}
    assert verdict(aws, {"source": ["test"]}, event) is True


# --- recorded verdicts ------------------------------------------------------------------------------------------------------


def recorded(name):
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the recorded verdicts of the reference engine are not part of the project")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def is_envelope(text):
    try:
        event = json.loads(text)
    except ValueError:
        return False
    return isinstance(event, dict) and {"id", "account", "source", "time", "region", "detail-type"} <= event.keys()


def parses(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@covers("events.TestEventPattern")
def test_every_recorded_verdict_is_given_by_the_running_daemon(daemon):
    """Bare events are wrapped: a pattern P and an event E are asked as {"detail":P} and an envelope whose detail is E."""
    wrong, asked = [], 0
    envelope = json.dumps({name: value for name, value in EVENT.items() if name != "detail"})[:-1]
    with Wire(daemon.endpoint) as wire:
        for row in recorded("pattern-vectors.jsonl.gz"):
            expected = {**row, **row.get("tidy", {})}
            pattern, event = row["pattern"], row["event"]
            if not expected["valid"]:
                event = json.dumps(EVENT)
            elif not is_envelope(event):
                if not parses(pattern):
                    continue  # text after the closing brace: valid on its own, not when wrapped
                pattern, event = '{"detail":' + pattern + "}", envelope + ',"detail":' + event + "}"
            asked += 1
            reply = wire.call("events", "TestEventPattern", {"EventPattern": pattern, "Event": event})
            answer = json_body(reply)
            if not expected["valid"]:
                ok = reply.status == 400 and answer.get("__type") == "InvalidEventPatternException"
                if ok and row["group"] != "bad-json" and row["error"]:
                    ok = answer["message"].startswith("Event pattern is not valid. Reason: " + row["error"])
            else:
                ok = reply.status == 200 and answer.get("Result") is expected["match"]
            if not ok:
                wrong.append(f"{row['id']} {row['group']}: expected {expected['valid']}, {expected['match']}, {row['error']}; got "
                             f"{reply.status} {answer}\n  {row['pattern']}\n  {row['event']}")
    assert not wrong, f"{len(wrong)} of {asked} differ:\n" + "\n".join(wrong[:20])
    assert asked > 3900


@covers("events.PutRule", "events.PutEvents", "events.DeleteRule")
def test_recorded_rule_sets_route_as_recorded(daemon):
    """Rules of one bus come and go while events are put; each rule's target has its own name as constant input, so what arrives in
    the one queue is the list of rules that matched."""
    sets = [row for row in recorded("rulesets.jsonl.gz") if sum(len(phase["ops"]) for phase in row["phases"]) <= 200]
    assert len(sets) >= 10
    for row in sets:
        with Wire(daemon.endpoint, account=f"55{row['id'][-3:].zfill(10)}") as wire:
            queue = json_body(wire.call("sqs", "CreateQueue", {"QueueName": "matches"}))["QueueUrl"]
            arn = f"arn:aws:sqs:us-east-1:{wire.account}:matches"
            for phase in row["phases"]:
                for operation in phase["ops"]:
                    change(wire, operation, arn)
                for case in phase["events"]:
                    entry = {"Source": "test", "DetailType": "t", "Detail": case["event"]}
                    reply = json_body(wire.call("events", "PutEvents", {"Entries": [entry]}))
                    assert reply["FailedEntryCount"] == 0, (row["id"], case["event"], reply)
                    assert sorted(drain(wire, queue)) == case["match"], (row["id"], case["event"])


def change(wire, operation, queue_arn):
    kind, name, *pattern = operation
    if kind == "add":
        rule = {"Name": name, "EventPattern": '{"detail":' + pattern[0] + "}"}
        target = {"Rule": name, "Targets": [{"Id": "t", "Arn": queue_arn, "Input": json.dumps(name)}]}
        calls = [("PutRule", rule), ("PutTargets", target)]
    else:
        calls = [("RemoveTargets", {"Rule": name, "Ids": ["t"]}), ("DeleteRule", {"Name": name})]
    for call, body in calls:
        reply = wire.call("events", call, body)
        assert reply.status == 200, (call, body, reply)


def drain(wire, queue):
    names = []
    while True:
        messages = json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": 10})).get("Messages", [])
        if not messages:
            return names
        names += [json.loads(message["Body"]) for message in messages]
        wire.call("sqs", "DeleteMessageBatch", {"QueueUrl": queue, "Entries": [
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]} for index, message in enumerate(messages)]})
