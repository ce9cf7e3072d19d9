"""Every operation of the Events API, by the unmodified AWS CLI, in the order a person would use them."""

import json

import pytest

from aws_cli import CliFailed
from daemon import PROJECT

covers = pytest.mark.covers


@pytest.fixture(scope="module")
def arn(aws_cli):
    account = aws_cli("sts", "get-caller-identity")["Account"]
    return lambda service, resource: f"arn:aws:{service}:us-east-1:{account}:{resource}"


@covers("events.CreateEventBus", "events.DescribeEventBus", "events.ListEventBuses", "events.UpdateEventBus", "events.DeleteEventBus")
def test_buses(aws_cli, arn):
    assert aws_cli("events", "create-event-bus", "--name", "cli", "--tags", "Key=a,Value=b")["EventBusArn"] == arn("events", "event-bus/cli")
    if aws_cli.version() >= (2, 15) or (1, 32) <= aws_cli.version() < (2, 0):
        assert aws_cli("events", "update-event-bus", "--name", "cli", "--description", "by hand")["Description"] == "by hand"
    assert aws_cli("events", "describe-event-bus", "--name", "cli")["Name"] == "cli"
    assert [bus["Name"] for bus in aws_cli("events", "list-event-buses")["EventBuses"]] == ["cli", "default"]
    assert aws_cli("events", "list-tags-for-resource", "--resource-arn", arn("events", "event-bus/cli"))["Tags"] == [{"Key": "a", "Value": "b"}]
    aws_cli("events", "delete-event-bus", "--name", "cli")
    with pytest.raises(CliFailed) as failed:
        aws_cli("events", "describe-event-bus", "--name", "cli")
    assert failed.value.code == "ResourceNotFoundException" and "Event bus cli does not exist." in failed.value.text


@covers("events.DescribeEventBus")
def test_the_program_itself_starts_and_works(aws_cli):
    assert aws_cli("events", "describe-event-bus", started=True)["Name"] == "default"


@covers("events.PutPermission", "events.RemovePermission")
def test_permissions(aws_cli):
    aws_cli("events", "put-permission", "--statement-id", "s", "--action", "events:PutEvents", "--principal", "111122223333")
    assert "111122223333" in aws_cli("events", "describe-event-bus")["Policy"]
    aws_cli("events", "remove-permission", "--statement-id", "s")
    assert "Policy" not in aws_cli("events", "describe-event-bus")


@covers("events.PutRule", "events.DescribeRule", "events.ListRules", "events.DisableRule", "events.EnableRule", "events.TagResource",
        "events.UntagResource", "events.ListTagsForResource", "events.DeleteRule")
def test_rules(aws_cli, arn):
    rule = aws_cli("events", "put-rule", "--name", "r", "--event-pattern", {"source": ["cli"]}, "--description", "by hand")["RuleArn"]
    assert rule == arn("events", "rule/r")
    aws_cli("events", "disable-rule", "--name", "r")
    assert aws_cli("events", "describe-rule", "--name", "r")["State"] == "DISABLED"
    aws_cli("events", "enable-rule", "--name", "r")
    assert [rule["Name"] for rule in aws_cli("events", "list-rules", "--name-prefix", "r")["Rules"]] == ["r"]
    aws_cli("events", "tag-resource", "--resource-arn", rule, "--tags", "Key=a,Value=1", "Key=b,Value=2")
    aws_cli("events", "untag-resource", "--resource-arn", rule, "--tag-keys", "a")
    assert aws_cli("events", "list-tags-for-resource", "--resource-arn", rule)["Tags"] == [{"Key": "b", "Value": "2"}]
    aws_cli("events", "delete-rule", "--name", "r")
    assert aws_cli("events", "list-rules")["Rules"] == []


@covers("events.TestEventPattern")
def test_patterns(aws_cli):
    event = {"id": "1", "account": "1", "source": "a", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [], "detail-type": "t",
             "detail": {}}
    assert aws_cli("events", "test-event-pattern", "--event-pattern", {"source": ["a"]}, "--event", event)["Result"] is True
    with pytest.raises(CliFailed) as failed:
        aws_cli("events", "test-event-pattern", "--event-pattern", '{"source":[]}', "--event", event)
    assert failed.value.code == "InvalidEventPatternException"
    assert "Event pattern is not valid. Reason: Empty arrays are not allowed" in failed.value.text


@covers("events.PutTargets", "events.ListTargetsByRule", "events.ListRuleNamesByTarget", "events.RemoveTargets", "events.PutEvents")
def test_an_event_is_put_routed_and_received(aws_cli, arn):
    url = aws_cli("sqs", "create-queue", "--queue-name", "jobs")["QueueUrl"]
    aws_cli("events", "put-rule", "--name", "route", "--event-pattern", {"detail-type": ["Thing Done"]})
    assert aws_cli("events", "put-targets", "--rule", "route", "--targets", [{"Id": "q", "Arn": arn("sqs", "jobs")}])["FailedEntryCount"] == 0
    assert aws_cli("events", "list-targets-by-rule", "--rule", "route")["Targets"] == [{"Id": "q", "Arn": arn("sqs", "jobs")}]
    assert aws_cli("events", "list-rule-names-by-target", "--target-arn", arn("sqs", "jobs"))["RuleNames"] == ["route"]
    put = aws_cli("events", "put-events", "--entries", [{"Source": "cli", "DetailType": "Thing Done", "Detail": "{\"a\": 1}",
                                                         "Time": "2026-01-02T03:04:05Z"}])
    assert put["FailedEntryCount"] == 0
    message, = aws_cli("sqs", "receive-message", "--queue-url", url)["Messages"]
    event = json.loads(message["Body"])
    assert event["id"] == put["Entries"][0]["EventId"] and event["time"] == "2026-01-02T03:04:05Z" and event["detail"] == {"a": 1}
    assert aws_cli("events", "remove-targets", "--rule", "route", "--ids", "q")["FailedEntryCount"] == 0
    aws_cli("events", "delete-rule", "--name", "route")


EXAMPLES = {
    "audio-uploaded": ("custom.upload-service", "Audio Uploaded", ["userId", "fileId", "s3Location", "metadata"]),
    "document-uploaded": ("custom.upload-service", "Document Uploaded", ["userId", "fileId", "s3Location", "metadata"]),
    "video-uploaded": ("custom.upload-service", "Video Uploaded", ["userId", "fileId", "s3Location", "metadata"]),
    "transcription-completed": ("custom.transcription-service", "Transcription Completed",
                                ["userId", "fileId", "jobId", "status", "sourceAudio", "completedAt"]),
    "user-registered": ("custom.auth-service", "User Registered", ["userId", "email", "username", "registrationMethod", "registeredAt"]),
}


@pytest.mark.parametrize("name", EXAMPLES)
@covers("events.PutEvents")
def test_the_examples_are_published_and_received(aws_cli, arn, name):
    source, detail_type, required = EXAMPLES[name]
    url = aws_cli("sqs", "create-queue", "--queue-name", name)["QueueUrl"]
    aws_cli("events", "put-rule", "--name", name, "--event-pattern", {"source": [source], "detail-type": [detail_type]})
    aws_cli("events", "put-targets", "--rule", name, "--targets", f"Id=q,Arn={arn('sqs', name)}")
    put = aws_cli("events", "put-events", "--entries", f"file://examples/{name}.json", cwd=PROJECT)
    assert put["FailedEntryCount"] == 0
    message, = aws_cli("sqs", "receive-message", "--queue-url", url)["Messages"]
    event = json.loads(message["Body"])
    assert event["id"] == put["Entries"][0]["EventId"]
    assert set(required) <= event["detail"].keys()


def test_every_example_is_tried():
    assert {path.stem for path in (PROJECT / "examples").glob("*.json")} == set(EXAMPLES)
