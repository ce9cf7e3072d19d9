"""Each error of the models of EventBridge and CloudWatch Logs, of the operations that are here (tests/support/modelled_errors.py)."""

import datetime
import json
import time

import pytest

from modelled_errors import (ELSEWHERE, Cases, arn, causes_of, changes_of, check_that_each_is_made_or_named, check_the_cause,
                             check_the_change, world)  # noqa: F401
from until import until

# Quotas that can be reached with one thing of each. "full" holds as many rules as a bus can.
ARGUMENTS = ["--durability", "sync", "--buses-per-region", "3", "--rules-per-bus", "4", "--targets-per-rule", "1", "--connections-per-region", "1",
             "--api-destinations-per-region", "1"]

MANAGED = "Schemas-events-event-bus-default"
PATTERN = '{"source": ["test"]}'
NOWHERE = {"EventBusName": "none"}
CONNECTION = {"AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}}}
CONNECTION_ARN = arn("events", "connection/none/00000000-0000-0000-0000-000000000000")
DESTINATION = {"ConnectionArn": CONNECTION_ARN, "InvocationEndpoint": "https://api.example/", "HttpMethod": "POST"}
NAMED_NOWHERE = {"Name": "none"}
HOUR = {"EventStartTime": datetime.datetime(2026, 1, 1), "EventEndTime": datetime.datetime(2026, 1, 2)}
REPLAY = {"EventSourceArn": arn("events", "archive/a"), "Destination": {"Arn": arn("events", "event-bus/default")}, **HOUR}
TARGET = [{"Id": "u", "Arn": arn("sqs", "q")}]
TAG = [{"Key": "a", "Value": "b"}]
LONG_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Sid": f"s{number}", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": arn("events", "event-bus/default")}
    for number in range(100)]})


def rule_arn(name):
    return arn("events", f"rule/{name}")


def group(name="g", **members):
    return {"logGroupName": name, **members}


EVENTS = {
    "CancelReplay": {"IllegalStatusException": {"ReplayName": "done"}, "ResourceNotFoundException": {"ReplayName": "none"}},
    "CreateApiDestination": {
        "LimitExceededException": {"Name": "new", **DESTINATION, "InvocationRateLimitPerSecond": 301},
        "ResourceAlreadyExistsException": {"Name": "d", **DESTINATION},
        "ResourceNotFoundException": {"Name": "new", **DESTINATION}},
    "CreateArchive": {
        "InvalidEventPatternException": {"ArchiveName": "new", "EventSourceArn": arn("events", "event-bus/default"), "EventPattern": "{"},
        "LimitExceededException": {"ArchiveName": "new", "EventSourceArn": arn("events", "event-bus/full")},
        "ResourceAlreadyExistsException": {"ArchiveName": "a", "EventSourceArn": arn("events", "event-bus/default")},
        "ResourceNotFoundException": {"ArchiveName": "new", "EventSourceArn": arn("events", "event-bus/none")}},
    "CreateConnection": {
        "LimitExceededException": {"Name": "new", **CONNECTION}, "ResourceAlreadyExistsException": {"Name": "c", **CONNECTION}},
    "CreateEventBus": {
        "LimitExceededException": {"Name": "fourth"},
        "ResourceAlreadyExistsException": {"Name": "second"},
        "ResourceNotFoundException": {"Name": "aws.partner/a/b", "EventSourceName": "aws.partner/a/b"}},
    "DeauthorizeConnection": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DeleteApiDestination": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DeleteArchive": {"ResourceNotFoundException": {"ArchiveName": "none"}},
    "DeleteConnection": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DeleteRule": {"ManagedRuleException": {"Name": MANAGED}, "ResourceNotFoundException": {"Name": "r", **NOWHERE}},
    "DescribeApiDestination": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DescribeArchive": {"ResourceNotFoundException": {"ArchiveName": "none"}},
    "DescribeConnection": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DescribeEventBus": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DescribeReplay": {"ResourceNotFoundException": {"ReplayName": "none"}},
    "DescribeRule": {"ResourceNotFoundException": NAMED_NOWHERE},
    "DisableRule": {"ManagedRuleException": {"Name": MANAGED}, "ResourceNotFoundException": NAMED_NOWHERE},
    "EnableRule": {"ManagedRuleException": {"Name": MANAGED}, "ResourceNotFoundException": NAMED_NOWHERE},
    "ListArchives": {"ResourceNotFoundException": {"EventSourceArn": arn("events", "event-bus/none")}},
    "ListRuleNamesByTarget": {"ResourceNotFoundException": {"TargetArn": arn("sqs", "q"), **NOWHERE}},
    "ListRules": {"ResourceNotFoundException": NOWHERE},
    "ListTagsForResource": {"ResourceNotFoundException": {"ResourceARN": rule_arn("none")}},
    "ListTargetsByRule": {"ResourceNotFoundException": {"Rule": "none"}},
    "PutPermission": {
        "PolicyLengthExceededException": {"Policy": LONG_POLICY},
        "ResourceNotFoundException": {"StatementId": "s", "Action": "events:PutEvents", "Principal": "*", **NOWHERE}},
    "PutRule": {
        "InvalidEventPatternException": {"Name": "new", "EventPattern": "{"},
        "LimitExceededException": {"Name": "new", "EventPattern": PATTERN, "EventBusName": "full"},
        "ManagedRuleException": {"Name": MANAGED, "EventPattern": PATTERN},
        "ResourceNotFoundException": {"Name": "new", "EventPattern": PATTERN, **NOWHERE}},
    "PutTargets": {
        "LimitExceededException": {"Rule": "r", "Targets": TARGET},
        "ManagedRuleException": {"Rule": MANAGED, "Targets": TARGET},
        "ResourceNotFoundException": {"Rule": "none", "Targets": TARGET}},
    "RemovePermission": {"ResourceNotFoundException": {"StatementId": "none"}},
    "RemoveTargets": {"ManagedRuleException": {"Rule": MANAGED, "Ids": ["t"]}, "ResourceNotFoundException": {"Rule": "none", "Ids": ["t"]}},
    "StartReplay": {
        "ResourceAlreadyExistsException": {"ReplayName": "done", **REPLAY}},
    "TagResource": {
        "ManagedRuleException": {"ResourceARN": rule_arn(MANAGED), "Tags": TAG},
        "ResourceNotFoundException": {"ResourceARN": rule_arn("none"), "Tags": TAG}},
    "TestEventPattern": {"InvalidEventPatternException": {"EventPattern": "{", "Event": "{}"}},
    "UntagResource": {
        "ManagedRuleException": {"ResourceARN": rule_arn(MANAGED), "TagKeys": ["a"]},
        "ResourceNotFoundException": {"ResourceARN": rule_arn("none"), "TagKeys": ["a"]}},
    "UpdateApiDestination": {
        "LimitExceededException": {"Name": "d", "InvocationRateLimitPerSecond": 301}, "ResourceNotFoundException": NAMED_NOWHERE},
    "UpdateArchive": {
        "InvalidEventPatternException": {"ArchiveName": "a", "EventPattern": "{"}, "ResourceNotFoundException": {"ArchiveName": "none", "Description": "x"}},
    "UpdateConnection": {"ResourceNotFoundException": {**NAMED_NOWHERE, "Description": "x"}},
    "UpdateEventBus": {"ResourceNotFoundException": NAMED_NOWHERE},
}
EVENTS_CHANGES = {
    "PutEvents": {"Entries": [{"Source": "test", "DetailType": "d", "Detail": "{}"}]},
    "UpdateEventBus": {"Name": "second", "Description": "new"},
    "PutPermission": {"EventBusName": "second", "StatementId": "s", "Action": "events:PutEvents", "Principal": "*"},
    "RemovePermission": {"EventBusName": "second", "StatementId": "s"},
    "DisableRule": {"Name": "r"},
    "EnableRule": {"Name": "r"},
    "TagResource": {"ResourceARN": rule_arn("r"), "Tags": TAG},
    "UntagResource": {"ResourceARN": rule_arn("r"), "TagKeys": ["a"]},
    "UpdateArchive": {"ArchiveName": "a", "Description": "new"},
    "UpdateApiDestination": {"Name": "d", "Description": "new"},
    "DeleteApiDestination": {"Name": "d"},
    "UpdateConnection": {"Name": "c", "Description": "new"},
    "DeauthorizeConnection": {"Name": "c"},
    "DeleteConnection": {"Name": "c"},
    "CreateConnection": {"Name": "new", **CONNECTION},
    "StartReplay": {"ReplayName": "new", **REPLAY},
    "DeleteArchive": {"ArchiveName": "a"},
    "CreateArchive": {"ArchiveName": "new", "EventSourceArn": arn("events", "event-bus/default")},
    "RemoveTargets": {"Rule": "r", "Ids": ["t"]},
    "PutTargets": {"Rule": "r", "Targets": TARGET},
    "PutRule": {"Name": "new", "EventPattern": PATTERN, "EventBusName": "second"},
    "DeleteRule": {"Name": "new", "EventBusName": "second"},
    "DeleteEventBus": {"Name": "second"},
    "CreateEventBus": {"Name": "new"},
}
LOGS = {
    "CreateLogGroup": {"InvalidParameterException": group("no blanks"), "ResourceAlreadyExistsException": group()},
    "CreateLogStream": {
        "InvalidParameterException": group(logStreamName="a:b"), "ResourceAlreadyExistsException": group(logStreamName="s"),
        "ResourceNotFoundException": group("none", logStreamName="s")},
    "DeleteLogGroup": {"InvalidParameterException": group("no blanks"), "ResourceNotFoundException": group("none")},
    "DeleteLogStream": {
        "InvalidParameterException": group(logStreamName="a:b"), "ResourceNotFoundException": group(logStreamName="none")},
    "DeleteResourcePolicy": {"InvalidParameterException": {}, "ResourceNotFoundException": {"policyName": "none"}},
    "DeleteRetentionPolicy": {"InvalidParameterException": group("no blanks"), "ResourceNotFoundException": group("none")},
    "DescribeLogGroups": {"InvalidParameterException": {"limit": 51}},
    "DescribeLogStreams": {"InvalidParameterException": group(limit=51), "ResourceNotFoundException": group("none")},
    "DescribeResourcePolicies": {"InvalidParameterException": {"nextToken": "nonsense"}},
    "FilterLogEvents": {"InvalidParameterException": group(limit=0), "ResourceNotFoundException": group("none")},
    "GetLogEvents": {
        "InvalidParameterException": group(logStreamName="s", limit=0), "ResourceNotFoundException": group(logStreamName="none")},
    "ListTagsForResource": {
        "InvalidParameterException": {"resourceArn": "no arn"}, "ResourceNotFoundException": {"resourceArn": arn("logs", "log-group:none")}},
    "ListTagsLogGroup": {"ResourceNotFoundException": group("none")},
    "PutLogEvents": {
        "InvalidParameterException": group(logStreamName="s", logEvents=[]),
        "ResourceNotFoundException": group(logStreamName="none", logEvents=[{"timestamp": 1, "message": "m"}])},
    "PutResourcePolicy": {"InvalidParameterException": {"policyName": "p", "policyDocument": "no json"}},
    "PutRetentionPolicy": {
        "InvalidParameterException": group(retentionInDays=2), "ResourceNotFoundException": group("none", retentionInDays=1)},
    "TagLogGroup": {"InvalidParameterException": group(tags={}), "ResourceNotFoundException": group("none", tags={"a": "b"})},
    "TagResource": {
        "InvalidParameterException": {"resourceArn": "no arn", "tags": {"a": "b"}},
        "ResourceNotFoundException": {"resourceArn": arn("logs", "log-group:none"), "tags": {"a": "b"}},
        "TooManyTagsException": {"resourceArn": arn("logs", "log-group:g"), "tags": {str(number): "" for number in range(50)}}},
    "UntagLogGroup": {"ResourceNotFoundException": group("none", tags=["a"])},
    "UntagResource": {
        "InvalidParameterException": {"resourceArn": "no arn", "tagKeys": ["a"]},
        "ResourceNotFoundException": {"resourceArn": arn("logs", "log-group:none"), "tagKeys": ["a"]}},
}
LOGS_CHANGES = {
    "PutLogEvents": group(logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}]),
    "PutRetentionPolicy": group(retentionInDays=1),
    "DeleteRetentionPolicy": group(),
    "TagLogGroup": group(tags={"a": "b"}),
    "UntagLogGroup": group(tags=["a"]),
    "TagResource": {"resourceArn": arn("logs", "log-group:g"), "tags": {"a": "b"}},
    "UntagResource": {"resourceArn": arn("logs", "log-group:g"), "tagKeys": ["a"]},
    "CreateLogStream": group(logStreamName="new"),
    "DeleteLogStream": group(logStreamName="new"),
    "PutResourcePolicy": {"policyName": "p", "policyDocument": "{}"},
    "DeleteResourcePolicy": {"policyName": "p"},
    "DeleteLogGroup": group(),
    "CreateLogGroup": group(),
}

SERVICES = {
    "events": Cases("docs/errors.md#EventBridge", EVENTS, EVENTS_CHANGES, "ServiceUnavailable", {
        ("StartReplay", "LimitExceededException"): "tests/conformance/replays_test.py::test_ten_are_under_way_at_most"}),
    "logs": Cases("docs/errors.md#CloudWatch Logs", LOGS, LOGS_CHANGES, "ServiceUnavailableException", {
        ("PutResourcePolicy", "LimitExceededException"): "tests/conformance/logs_groups_test.py::test_resource_policies"}),
}


def populate(aws):
    events, logs = aws.events, aws.client("logs")
    aws.create_queue("q")
    for name in ("second", "full", "third"):
        events.create_event_bus(Name=name)
    aws.client("schemas").create_discoverer(SourceArn=aws.bus_arn())
    events.put_rule(Name="r", EventPattern=PATTERN)
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": aws.queue_arn("q")}])
    for number in range(4):
        events.put_rule(Name=f"r{number}", EventPattern=PATTERN, EventBusName="full")
    connection = events.create_connection(Name="c", **CONNECTION)["ConnectionArn"]
    events.create_api_destination(Name="d", **{**DESTINATION, "ConnectionArn": connection})
    events.create_archive(ArchiveName="a", EventSourceArn=aws.bus_arn())
    events.start_replay(ReplayName="done", **REPLAY)
    until(lambda: events.describe_replay(ReplayName="done")["State"] == "COMPLETED")
    logs.create_log_group(logGroupName="g", tags={"k": "v"})
    logs.create_log_stream(logGroupName="g", logStreamName="s")


@pytest.mark.parametrize("service", SERVICES)
def test_each_error_of_the_model_is_made_here_or_named_as_never_raised(service):
    check_that_each_is_made_or_named(service, SERVICES[service])


@pytest.mark.parametrize("service, operation, error", causes_of(SERVICES))
def test_an_error_has_its_cause(world, service, operation, error):
    check_the_cause(world, service, SERVICES[service], operation, error)


@pytest.mark.parametrize("service, operation", changes_of(SERVICES))
def test_a_change_that_cannot_be_stored_is_unavailable_and_succeeds_when_the_sdk_tries_again(world, service, operation):
    check_the_change(world, service, SERVICES[service], operation)
