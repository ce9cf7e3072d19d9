"""CloudWatch Logs by the unmodified AWS CLI, in the order a person would use it."""

import time

import pytest

from aws_cli import CliFailed

covers = pytest.mark.covers


@covers("logs.CreateLogGroup", "logs.DescribeLogGroups", "logs.PutRetentionPolicy", "logs.DeleteRetentionPolicy", "logs.TagLogGroup",
        "logs.ListTagsLogGroup", "logs.UntagLogGroup", "logs.DeleteLogGroup")
def test_groups(aws_cli):
    aws_cli("logs", "create-log-group", "--log-group-name", "/cli/g", "--tags", "a=b")
    aws_cli("logs", "put-retention-policy", "--log-group-name", "/cli/g", "--retention-in-days", "5")
    group, = aws_cli("logs", "describe-log-groups", "--log-group-name-prefix", "/cli")["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == ("/cli/g", 5)
    aws_cli("logs", "delete-retention-policy", "--log-group-name", "/cli/g")
    aws_cli("logs", "tag-log-group", "--log-group-name", "/cli/g", "--tags", "c=d")
    aws_cli("logs", "untag-log-group", "--log-group-name", "/cli/g", "--tags", "a")
    assert aws_cli("logs", "list-tags-log-group", "--log-group-name", "/cli/g")["tags"] == {"c": "d"}
    with pytest.raises(CliFailed) as failed:
        aws_cli("logs", "create-log-group", "--log-group-name", "/cli/g")
    assert failed.value.code == "ResourceAlreadyExistsException"
    aws_cli("logs", "delete-log-group", "--log-group-name", "/cli/g")
    with pytest.raises(CliFailed) as failed:
        aws_cli("logs", "delete-log-group", "--log-group-name", "/cli/g")
    assert failed.value.code == "ResourceNotFoundException" and "The specified log group does not exist." in failed.value.text


@covers("logs.CreateLogStream", "logs.PutLogEvents", "logs.GetLogEvents", "logs.FilterLogEvents", "logs.DescribeLogStreams",
        "logs.DeleteLogStream")
def test_streams_and_events(aws_cli):
    aws_cli("logs", "create-log-group", "--log-group-name", "g")
    aws_cli("logs", "create-log-stream", "--log-group-name", "g", "--log-stream-name", "s")
    now = int(time.time() * 1000)
    aws_cli("logs", "put-log-events", "--log-group-name", "g", "--log-stream-name", "s", "--log-events",
            f"timestamp={now},message=EVENT_RECEIVED one", f"timestamp={now + 1},message=other")
    stream, = aws_cli("logs", "describe-log-streams", "--log-group-name", "g", "--order-by", "LastEventTime", "--descending")["logStreams"]
    assert (stream["logStreamName"], stream["lastEventTimestamp"]) == ("s", now + 1)
    events = aws_cli("logs", "get-log-events", "--log-group-name", "g", "--log-stream-name", "s", "--start-time", str(now))["events"]
    assert [event["message"] for event in events] == ["EVENT_RECEIVED one", "other"]
    found = aws_cli("logs", "filter-log-events", "--log-group-name", "g", "--filter-pattern", "EVENT_RECEIVED")["events"]
    assert [event["message"] for event in found] == ["EVENT_RECEIVED one"]
    aws_cli("logs", "delete-log-stream", "--log-group-name", "g", "--log-stream-name", "s")


@covers("logs.TagResource", "logs.UntagResource", "logs.ListTagsForResource")
def test_tags(aws_cli):
    aws_cli("logs", "create-log-group", "--log-group-name", "tagged")
    arn = aws_cli("logs", "describe-log-groups", "--log-group-name-prefix", "tagged")["logGroups"][0]["arn"].removesuffix(":*")
    aws_cli("logs", "tag-resource", "--resource-arn", arn, "--tags", "a=b,c=d")
    aws_cli("logs", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert aws_cli("logs", "list-tags-for-resource", "--resource-arn", arn)["tags"] == {"c": "d"}


@covers("logs.PutResourcePolicy", "logs.DescribeResourcePolicies", "logs.DeleteResourcePolicy")
def test_resource_policies(aws_cli):
    aws_cli("logs", "put-resource-policy", "--policy-name", "p", "--policy-document", '{"Version": "2012-10-17", "Statement": []}')
    policy, = aws_cli("logs", "describe-resource-policies")["resourcePolicies"]
    assert policy["policyName"] == "p"
    aws_cli("logs", "delete-resource-policy", "--policy-name", "p")
