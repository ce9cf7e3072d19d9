"""PutEvents: results entry by entry, whole-request refusals, the envelope that queues receive (eventbridge-behaviour §5)."""

import datetime
import json
import re
import uuid

import pytest

from aws_clients import refused
from wire import Wire

covers = pytest.mark.covers
GOOD = {"Source": "test", "DetailType": "thing", "Detail": "{}"}


@pytest.fixture
def everything(aws):
    """A queue that gets every event of the default bus whole."""
    queue = aws.create_queue("everything")
    aws.rule_to_queue("everything", {"account": [{"exists": True}]}, queue)
    return queue


def put(aws, *entries, **parameters):
    return aws.unchecked_events.put_events(Entries=list(entries), **parameters)


# --- what is accepted -------------------------------------------------------------------------------------------------------


@covers("events.PutEvents")
def test_the_envelope_is_compact_and_in_awss_order(aws, everything):
    when = datetime.datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=datetime.timezone.utc)
    answer = put(aws, {"Source": "custom.app", "DetailType": "Thing Done", "Time": when, "Resources": ["arn:x", "second \"one\""],
                       "Detail": '{ "b" : 1.0,\n "a":[ 1, 2e3, {"x" : null} ], "text":"a  b" }'})
    assert answer["FailedEntryCount"] == 0
    event_id = answer["Entries"][0]["EventId"]
    assert answer["Entries"] == [{"EventId": event_id}] and str(uuid.UUID(event_id)) == event_id
    assert everything.body() == (
        f'{{"version":"0","id":"{event_id}","detail-type":"Thing Done","source":"custom.app","account":"{aws.account}",'
        '"time":"2026-02-03T04:05:06Z","region":"us-east-1","resources":["arn:x","second \\"one\\""],'
        '"detail":{"b":1.0,"a":[1,2e3,{"x":null}],"text":"a  b"}}')


@covers("events.PutEvents")
def test_absent_members_get_their_defaults(aws, everything):
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    aws.put()
    event = json.loads(everything.body())
    assert event["resources"] == [] and event["detail"] == {} and event["version"] == "0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert before <= datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))


@pytest.mark.parametrize("number", ["12345678901234567890", "1e400", "0.1000000000000000055511151231257827", "-0", "1E+2", "1.50"])
@covers("events.PutEvents")
def test_numbers_keep_the_text_they_were_sent_with(aws, everything, number):
    aws.put(detail=f'{{"n":{number}}}')
    assert everything.body().endswith(f'"detail":{{"n":{number}}}}}')


@covers("events.PutEvents")
def test_text_of_every_alphabet_arrives_unharmed(aws, everything):
    text = "naïve 日本語 \U0001f600 \u2028 <&> \\ \" \t"
    aws.put(source="quelle", detail_type="тип", detail=json.dumps({"t": text}, ensure_ascii=False), Resources=["ресурс"])
    event = json.loads(everything.body())
    assert event["detail"]["t"] == text and event["detail-type"] == "тип" and event["resources"] == ["ресурс"]


@covers("events.PutEvents")
def test_all_targets_of_an_event_see_one_id(aws):
    queues = [aws.create_queue(f"q{number}") for number in range(3)]
    for number, queue in enumerate(queues):
        aws.rule_to_queue(f"r{number}", {"source": ["test"]}, queue)
    event_id = aws.put()
    assert [json.loads(queue.body())["id"] for queue in queues] == [event_id] * 3


@covers("events.PutEvents")
def test_the_bus_is_named_by_name_or_arn_and_default_is_the_default(aws, everything):
    aws.events.create_event_bus(Name="orders")
    queue = aws.create_queue("orders")
    aws.rule_to_queue("r", {"source": ["test"]}, queue, bus="orders")
    ids = [aws.put(bus=bus) for bus in ("orders", aws.bus_arn("orders"))]
    assert [json.loads(body)["id"] for body in queue.bodies()] == ids
    ids = [aws.put(), aws.put(bus="default"), aws.put(bus=aws.bus_arn("default"))]
    assert [json.loads(body)["id"] for body in everything.bodies()] == ids


@covers("events.PutEvents")
def test_a_bus_arn_says_account_and_region(aws):
    other = aws.elsewhere(account="444455556666", region="eu-west-3")
    queue = other.create_queue(f"q-{aws.account}")
    other.rule_to_queue(f"r-{aws.account}", {"account": [aws.account]}, queue)
    event_id = aws.put(bus=other.bus_arn("default"))
    assert json.loads(queue.body())["id"] == event_id


@covers("events.PutEvents")
def test_a_missing_bus_takes_the_event_and_drops_it_but_counts_it(aws, daemon):
    before = {name: value for name, value in daemon.metrics().items() if "unknown_bus" in name}
    for bus in ("nowhere", aws.bus_arn("nowhere")):
        answer = put(aws, {**GOOD, "EventBusName": bus})
        assert answer["FailedEntryCount"] == 0 and answer["Entries"][0]["EventId"]
    after = {name: value for name, value in daemon.metrics().items() if "unknown_bus" in name}
    assert sum(after.values()) >= sum(before.values()) + 2, "no metric counts events for buses that do not exist"
    assert "nowhere" in daemon.log_tail(20_000), "no log line names the bus that does not exist"


@covers("events.PutEvents")
def test_ten_entries_are_answered_in_order(aws, everything):
    answer = put(aws, *[{**GOOD, "Detail": json.dumps({"n": number})} for number in range(10)])
    ids = {json.loads(body)["id"]: json.loads(body)["detail"]["n"] for body in everything.bodies(10)}
    assert [ids[entry["EventId"]] for entry in answer["Entries"]] == list(range(10))


@pytest.mark.parametrize("when, seen", [
    (0, "1970-01-01T00:00:00Z"), (4102444800, "2100-01-01T00:00:00Z"), (1700000000.999, "2023-11-14T22:13:20Z")])
@covers("events.PutEvents")
def test_any_time_is_accepted_and_cut_to_seconds(aws, everything, daemon, when, seen):
    with Wire(daemon.endpoint, aws.account) as wire:
        reply = wire.call("events", "PutEvents", {"Entries": [{**GOOD, "Time": when}]})
    assert reply.status == 200, reply
    assert json.loads(everything.body())["time"] == seen


@covers("events.PutEvents")
def test_disabled_rules_never_match(aws, everything):
    aws.events.disable_rule(Name="everything")
    aws.put()
    aws.events.enable_rule(Name="everything")
    event_id = aws.put()
    assert [json.loads(body)["id"] for body in everything.bodies()] == [event_id]


@covers("events.PutEvents")
def test_rule_changes_count_from_the_next_event_on(aws, everything):
    aws.events.put_rule(Name="everything", EventPattern='{"source":["other"]}')
    aws.put()
    first = aws.put(source="other")
    aws.events.remove_targets(Rule="everything", Ids=["queue"])
    aws.put(source="other")
    assert [json.loads(body)["id"] for body in everything.bodies()] == [first]


# --- entries that fail alone ------------------------------------------------------------------------------------------------

REQUIRED = "Parameter {0} is not valid. Reason: {0} is a required argument."


@pytest.mark.parametrize("change, code, text", [
    ({"Source": None}, "InvalidArgument", REQUIRED.format("Source")),
    ({"Source": ""}, "InvalidArgument", REQUIRED.format("Source")),
    ({"DetailType": None}, "InvalidArgument", REQUIRED.format("DetailType")),
    ({"DetailType": ""}, "InvalidArgument", REQUIRED.format("DetailType")),
    ({"Detail": None}, "InvalidArgument", REQUIRED.format("Detail")),
    ({"Detail": ""}, "InvalidArgument", REQUIRED.format("Detail")),
    ({"Source": None, "DetailType": None, "Detail": None}, "InvalidArgument", REQUIRED.format("Source")),
    ({"DetailType": None, "Detail": None}, "InvalidArgument", REQUIRED.format("DetailType")),
    ({"Detail": '"text"'}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": "7"}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": "null"}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": "{"}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": '{"a":1}}'}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": "{'a':1}"}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": '"{\\"a\\":1}"'}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": '{"a":01}'}, "MalformedDetail", "Detail is malformed."),
    ({"Detail": '{"a":"\t"}'}, "MalformedDetail", "Detail is malformed."),
    ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ({"DetailType": "d" * 129}, "InvalidArgument", None),
    ({"Source": "s" * 257}, "InvalidArgument", None),
], ids=lambda value: re.sub(r"\W+", "-", str(value))[:40])
@covers("events.PutEvents")
def test_a_bad_entry_fails_alone(aws, everything, change, code, text):
    bad = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    answer = put(aws, GOOD, bad, GOOD)
    assert answer["FailedEntryCount"] == 1
    first, failed, last = answer["Entries"]
    assert first.keys() == last.keys() == {"EventId"}
    assert failed["ErrorCode"] == code and "EventId" not in failed
    assert failed["ErrorMessage"] == text if text else failed["ErrorMessage"]
    assert [json.loads(body)["id"] for body in everything.bodies()] == [first["EventId"], last["EventId"]]


@covers("events.PutEvents")
def test_the_longest_source_and_detail_type_pass(aws, everything):
    aws.put(source="s" * 256, detail_type="d" * 128)
    assert json.loads(everything.body())["source"] == "s" * 256


@covers("events.PutEvents")
def test_all_entries_may_fail_in_a_successful_call(aws):
    answer = put(aws, {}, {"Source": "x"})
    assert answer["FailedEntryCount"] == 2
    assert all(entry["ErrorCode"] == "InvalidArgument" for entry in answer["Entries"])


# --- requests that fail whole -----------------------------------------------------------------------------------------------


@covers("events.PutEvents")
def test_no_entries_are_refused(aws):
    with refused("ValidationException", "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: "
                                        "Member must have length greater than or equal to 1"):
        put(aws)
    with refused("ValidationException",
                 "1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null"):
        aws.unchecked_events.put_events()


@covers("events.PutEvents")
def test_eleven_entries_are_refused_with_the_printed_list(aws, everything):
    with refused("ValidationException", "1 validation error detected: Value '[PutEventsRequestEntry(time=null, source=test, "
                                        "resources=null, detailType=thing, detail={}, eventBusName=null, traceHeader=null, "
                                        "kmsKeyIdentifier=null, internalMetadata=null), PutEventsRequestEntry(…") as answer:
        put(aws, *[GOOD] * 11)
    assert answer.error["Message"].endswith("]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10")
    assert everything.bodies() == []


@covers("events.PutEvents")
def test_a_megabyte_is_accepted_and_one_byte_more_refused(aws, everything):
    def entry(size, **more):
        fixed = len("test") + len("thing") + len('{"x":""}')
        return {**GOOD, "Detail": '{"x":"' + "y" * (size - fixed) + '"}', **more}

    everything.set(MaximumMessageSize=1_048_576)
    assert put(aws, entry(1_048_576))["FailedEntryCount"] == 0
    text = "Total size of the entries in the request is over the limit."
    with refused("ValidationException", text):
        put(aws, entry(1_048_577))
    assert put(aws, entry(524_288), entry(524_288))["FailedEntryCount"] == 0
    with refused("ValidationException", text):
        put(aws, entry(524_288), entry(524_289))
    # Time counts 14 bytes, resources their own; the bus and the trace header nothing.
    now = datetime.datetime.now(datetime.timezone.utc)
    assert put(aws, entry(1_048_576 - 14 - 3, Time=now, Resources=["abc"], EventBusName="default",
                          TraceHeader="Root=1-5759e988-bd862e3fe1be46a994272793"))["FailedEntryCount"] == 0
    with refused("ValidationException", text):
        put(aws, entry(1_048_576 - 13 - 3, Time=now, Resources=["abc"]))
    # UTF-8 bytes count, not characters.
    with refused("ValidationException", text):
        put(aws, {**GOOD, "Detail": json.dumps({"x": "é" * 524_290}, ensure_ascii=False)})


@covers("events.PutEvents")
def test_an_empty_trace_header_fails_the_whole_call(aws, everything):
    with refused("ValidationException", "1 validation error detected: Value '' at 'entries.1.member.traceHeader' failed to satisfy "
                                        "constraint: Member must have length greater than or equal to 1"):
        put(aws, {**GOOD, "TraceHeader": ""}, GOOD)
    assert everything.bodies() == []


@covers("events.PutEvents")
def test_wrong_types_are_a_serialization_exception(aws, daemon):
    with Wire(daemon.endpoint, aws.account) as wire:
        for body in ({"Entries": "x"}, {"Entries": [{"Source": 7}]}, {"Entries": [[]]}, {"Entries": [{"Time": "noon", **GOOD}]}, [], "x"):
            reply = wire.call("events", "PutEvents", json.dumps(body))
            assert reply.status == 400 and json.loads(reply.body)["__type"] == "SerializationException", (body, reply)


@covers("events.PutEvents")
def test_escaped_member_names_and_unknown_members_are_understood(aws, everything, daemon):
    with Wire(daemon.endpoint, aws.account) as wire:
        reply = wire.call("events", "PutEvents", '{"Unknown":[{}],"\\u0045ntries":[{"S\\u006furce":"test","DetailType":"t\\u0068ing",'
                                                 '"Det\\u0061il":"{\\"\\\\u0061\\":1}","New":{"a":[1]}}]}')
    assert reply.status == 200 and json.loads(reply.body)["FailedEntryCount"] == 0, reply
    event = json.loads(everything.body())
    assert event["source"] == "test" and event["detail"] == {"a": 1}


# --- tracing ----------------------------------------------------------------------------------------------------------------

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
WHOLE = ROOT + ";Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.mark.parametrize("header, entry, seen", [
    (None, None, None),
    (WHOLE, None, WHOLE),
    (None, WHOLE, WHOLE),
    (ROOT, None, ROOT),
    ("Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0", WHOLE, WHOLE),
    (WHOLE, "malformed", None),
    ("Parent=53995c3f42cd8ad8;Sampled=1", None, None),
])
@covers("events.PutEvents")
def test_trace_headers_reach_the_queue(aws, everything, daemon, header, entry, seen):
    body = {"Entries": [{**GOOD, **({"TraceHeader": entry} if entry else {})}]}
    with Wire(daemon.endpoint, aws.account) as wire:
        assert wire.call("events", "PutEvents", body, {"X-Amzn-Trace-Id": header} if header else {}).status == 200
    message = everything.receive()
    assert message[0]["Attributes"].get("AWSTraceHeader") == seen
    assert ROOT not in message[0]["Body"], "the trace is no part of the event"


@covers("events.PutEvents")
def test_a_bad_root_beside_a_parent_becomes_one_new_root_for_all_targets(aws, everything, daemon):
    second = aws.create_queue("second")
    aws.rule_to_queue("second", {"source": ["test"]}, second)
    put(aws, {**GOOD, "TraceHeader": "Root=bad;Parent=53995c3f42cd8ad8;Sampled=1"})
    traces = [queue.receive()[0]["Attributes"]["AWSTraceHeader"] for queue in (everything, second)]
    assert traces[0] == traces[1]
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", traces[0]) and "Sampled=0" in traces[0]


@covers("events.PutEvents")
def test_the_endpoint_of_a_global_endpoint_is_taken_and_ignored(aws, everything, daemon):
    with Wire(daemon.endpoint, aws.account) as wire:
        assert wire.call("events", "PutEvents", {"EndpointId": "abcde.veo", "Entries": [GOOD]}).status == 200
    assert len(everything.bodies()) == 1
