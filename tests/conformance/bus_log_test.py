"""LogConfig: what happens to events and invocations, as records with AWS's names (eventbridge-behaviour §18)."""

import json

import pytest
from daemon import Daemon
from receiver import Receiver

covers = pytest.mark.covers


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A daemon that writes the logs of its buses to a file, and how to read the records of one account."""
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    with Daemon(["--durability", "memory", "--event-log-file", str(path)]) as daemon:
        def records(account):
            every = [json.loads(line) for line in path.read_text().splitlines()]
            return [record for record in every if f":{account}:" in record["resource_arn"]]
        yield daemon, records


@pytest.fixture
def aws(logged):
    from aws_clients import Aws
    return Aws(logged[0].endpoint)


@pytest.fixture
def records(logged, aws):
    return lambda: logged[1](aws.account)


def bus(aws, **log):
    aws.events.create_event_bus(Name="b", LogConfig=log)


def types(records):
    return [record["message_type"] for record in records]


@covers("events.CreateEventBus", "events.PutEvents")
def test_a_delivered_event_leaves_its_trace(aws, records):
    bus(aws, Level="TRACE", IncludeDetail="FULL")
    queue = aws.create_queue("q")
    rule_arn = aws.rule_to_queue("r", {"source": ["test"]}, queue, bus="b")
    event_id = aws.put(detail={"n": 1}, bus="b")
    all_of_it = records()
    assert types(all_of_it) == ["EVENT_INGEST_SUCCESS", "RULE_MATCH_START", "RULE_MATCH", "INVOCATION_START",
                                "INVOCATION_ATTEMPT_START", "INVOCATION_ATTEMPT_SUCCESS", "INVOCATION_SUCCESS"]
    for record in all_of_it:
        assert record["event_id"] == event_id
        assert record["event_bus_name"] == "b"
        assert record["resource_arn"] == aws.bus_arn("b")
        assert record["message_timestamp_ms"] > 1_700_000_000_000
    assert all_of_it[0]["details"]["event_detail"] == {"n": 1}
    assert len(all_of_it[0]["request_id"]) == 36
    assert all_of_it[2]["details"] == {"rule_arn": rule_arn, "target_arns": [queue.arn],
                                       "invocation_ids": [all_of_it[6]["invocation_id"]]}
    assert all_of_it[6]["details"]["final_invocation_status"] == "SUCCESS"


@covers("events.UpdateEventBus")
def test_the_level_and_the_detail_are_those_of_the_bus_at_that_moment(aws, records):
    bus(aws, Level="INFO", IncludeDetail="NONE")
    aws.put(bus="b")
    assert types(records()) == ["EVENT_INGEST_SUCCESS", "NO_STANDARD_RULES_MATCHED"]
    assert "event_detail" not in records()[0]["details"]
    aws.events.update_event_bus(Name="b", LogConfig={"Level": "OFF"})
    aws.put(bus="b")
    assert len(records()) == 2


@covers("events.PutEvents")
def test_errors_are_logged_at_the_lowest_level(aws, records):
    bus(aws, Level="ERROR")
    dead = aws.create_queue("dead")
    aws.events.put_rule(Name="r", EventBusName="b", EventPattern='{"source":["test"]}')
    aws.events.put_targets(Rule="r", EventBusName="b", Targets=[
        {"Id": "t", "Arn": aws.queue_arn("missing"), "DeadLetterConfig": {"Arn": dead.arn}}])
    aws.put(bus="b")
    answer = aws.events.put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": "no json", "EventBusName": "b"}])
    assert answer["FailedEntryCount"] == 1
    assert types(records()) == ["INVOCATION_ATTEMPT_PERMANENT_FAILURE", "INVOCATION_FAILURE", "INVOCATION_DLQ",
                                "EVENT_INGEST_FAILURE"]
    assert "does not exist" in records()[1]["error"]["error_message"]
    assert records()[1]["error"]["aws_service"] == "sqs"
    assert records()[2]["details"]["dead_letter_status"] == "SENT"
    assert records()[3]["error"] == {"http_status_code": 400, "error_message": "Detail is malformed."}


@covers("events.PutEvents", "events.CreateApiDestination")
def test_invocations_that_wait_for_a_rate_say_so(aws, records):
    bus(aws, Level="ERROR")
    with Receiver() as receiver:
        connection = aws.events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "x", "ApiKeyValue": "y"}})["ConnectionArn"]
        hook = aws.events.create_api_destination(Name="h", ConnectionArn=connection, HttpMethod="POST",
                                                 InvocationEndpoint=receiver.url, InvocationRateLimitPerSecond=5)["ApiDestinationArn"]
        aws.events.put_rule(Name="r", EventBusName="b", EventPattern='{"source":["test"]}')
        aws.events.put_targets(Rule="r", EventBusName="b", Targets=[
            {"Id": "t", "Arn": hook, "RoleArn": f"arn:aws:iam::{aws.account}:role/r"}])
        entry = {"Source": "test", "DetailType": "t", "Detail": "{}", "EventBusName": "b"}
        ids = [each["EventId"] for each in aws.events.put_events(Entries=[entry] * 3)["Entries"]]
        receiver.wait_for(3)
    held_back = records()
    assert types(held_back) == ["INVOCATION_THROTTLE_START"] * 2 and {record["event_id"] for record in held_back} < set(ids)
    assert held_back[0]["details"] == {"rule_arn": aws.rule_arn("r", "b"), "role_arn": f"arn:aws:iam::{aws.account}:role/r",
                                       "target_arn": hook, "attempt_count": 1}


def test_a_bus_without_log_config_says_nothing(aws, records):
    aws.put()
    assert records() == []
