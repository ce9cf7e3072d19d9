"""Log groups, streams, tags, retention and resource policies of CloudWatch Logs: success and each modelled error."""

import time

import pytest

from aws_clients import refused

covers = pytest.mark.covers
NO_GROUP = ("ResourceNotFoundException", "The specified log group does not exist.")
NO_STREAM = ("ResourceNotFoundException", "The specified log stream does not exist.")


@pytest.fixture
def logs(aws):
    return aws.client("logs")


@pytest.fixture
def unchecked(aws):
    return aws.client("logs", checked=False)


def group_arn(aws, name):
    return f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{name}"


def names(answer):
    return [group["logGroupName"] for group in answer["logGroups"]]


@covers("logs.CreateLogGroup", "logs.DescribeLogGroups", "logs.DeleteLogGroup")
def test_a_group_is_created_described_and_deleted(aws, logs):
    before = int(time.time() * 1000) - 1
    logs.create_log_group(logGroupName="/app/web", tags={"team": "a"}, kmsKeyId="arn:aws:kms:us-east-1:1:key/k")
    group, = logs.describe_log_groups()["logGroups"]
    assert before <= group.pop("creationTime") <= before + 60_000
    group.pop("deletionProtectionEnabled", None)
    assert group == {"logGroupName": "/app/web", "arn": group_arn(aws, "/app/web") + ":*", "logGroupArn": group_arn(aws, "/app/web"),
                     "storedBytes": 0, "metricFilterCount": 0, "logGroupClass": "STANDARD", "kmsKeyId": "arn:aws:kms:us-east-1:1:key/k"}
    with refused("ResourceAlreadyExistsException", "The specified log group already exists"):
        logs.create_log_group(logGroupName="/app/web")
    logs.delete_log_group(logGroupName="/app/web")
    with refused(*NO_GROUP):
        logs.delete_log_group(logGroupName="/app/web")
    assert logs.describe_log_groups()["logGroups"] == []


@covers("logs.CreateLogGroup")
def test_names_are_checked_with_the_services_own_error(unchecked):
    with refused("InvalidParameterException", "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: "
                                              "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"):
        unchecked.create_log_group(logGroupName="a b")
    with refused("InvalidParameterException", "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: "
                                              "Member must not be null"):
        unchecked.create_log_group()
    with refused("InvalidParameterException", "1 validation error detected: Value 'X' at 'logGroupClass'…"):
        unchecked.create_log_group(logGroupName="a", logGroupClass="X")


@covers("logs.CreateLogGroup", "logs.DescribeLogGroups")
def test_groups_of_other_accounts_and_regions_are_others(aws, logs):
    logs.create_log_group(logGroupName="mine")
    elsewhere = aws.elsewhere(region="eu-west-1").client("logs")
    assert names(elsewhere.describe_log_groups()) == []
    elsewhere.create_log_group(logGroupName="mine")
    logs.delete_log_group(logGroupName="mine")
    assert names(elsewhere.describe_log_groups()) == ["mine"]


@covers("logs.DescribeLogGroups")
def test_describe_filters_and_pages(logs):
    for name in ["/a/1", "/a/2", "/B/x", "c"]:
        logs.create_log_group(logGroupName=name)
    assert names(logs.describe_log_groups(logGroupNamePrefix="/a")) == ["/a/1", "/a/2"]
    assert names(logs.describe_log_groups(logGroupNamePattern="b")) == ["/B/x"]
    assert names(logs.describe_log_groups(logGroupClass="INFREQUENT_ACCESS")) == []
    first = logs.describe_log_groups(limit=3)
    assert names(first) == ["/B/x", "/a/1", "/a/2"]
    assert names(logs.describe_log_groups(limit=3, nextToken=first["nextToken"])) == ["c"]
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1})
    assert [name for page in pages for name in names(page)] == ["/B/x", "/a/1", "/a/2", "c"]
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        logs.describe_log_groups(nextToken="made-up")
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        logs.describe_log_groups(logGroupNamePrefix="/a", nextToken=first["nextToken"])
    with refused("InvalidParameterException"):
        logs.describe_log_groups(logGroupNamePrefix="/a", logGroupNamePattern="b")


@covers("logs.PutRetentionPolicy", "logs.DeleteRetentionPolicy")
def test_retention(logs, unchecked):
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=7)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName="g")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    with refused("InvalidParameterException", "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: "
                                              "Member must satisfy enum value set: [1, 3, 5, 7, 14, …"):
        logs.put_retention_policy(logGroupName="g", retentionInDays=2)
    with refused(*NO_GROUP):
        logs.put_retention_policy(logGroupName="none", retentionInDays=7)
    with refused(*NO_GROUP):
        logs.delete_retention_policy(logGroupName="none")


@covers("logs.TagResource", "logs.UntagResource", "logs.ListTagsForResource")
def test_tags_by_arn(aws, logs):
    logs.create_log_group(logGroupName="/g", tags={"a": "1"})
    arn = group_arn(aws, "/g")
    logs.tag_resource(resourceArn=arn, tags={"a": "2", "b": "3"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2", "b": "3"}
    logs.untag_resource(resourceArn=arn, tagKeys=["a", "never"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3"}
    with refused("TooManyTagsException"):
        logs.tag_resource(resourceArn=arn, tags={f"k{number}": "" for number in range(50)})
    for call in (lambda arn: logs.tag_resource(resourceArn=arn, tags={"a": "b"}), lambda arn: logs.list_tags_for_resource(resourceArn=arn),
                 lambda arn: logs.untag_resource(resourceArn=arn, tagKeys=["a"])):
        with refused(*NO_GROUP):
            call(group_arn(aws, "none"))
        with refused("InvalidParameterException"):
            call("arn:aws:sqs:us-east-1:000000000000:q")


@covers("logs.TagLogGroup", "logs.UntagLogGroup", "logs.ListTagsLogGroup")
def test_tags_by_name(logs):
    logs.create_log_group(logGroupName="g")
    logs.tag_log_group(logGroupName="g", tags={"a": "1", "b": "2"})
    logs.untag_log_group(logGroupName="g", tags=["a"])
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == {"b": "2"}
    with refused(*NO_GROUP):
        logs.tag_log_group(logGroupName="none", tags={"a": "1"})
    with refused(*NO_GROUP):
        logs.untag_log_group(logGroupName="none", tags=["a"])
    with refused(*NO_GROUP):
        logs.list_tags_log_group(logGroupName="none")


@covers("logs.CreateLogStream", "logs.DescribeLogStreams", "logs.DeleteLogStream")
def test_streams(aws, logs, unchecked):
    with refused(*NO_GROUP):
        logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.create_log_group(logGroupName="g")
    for name in ["2026/01/[1]a", "b", "a"]:
        logs.create_log_stream(logGroupName="g", logStreamName=name)
    with refused("ResourceAlreadyExistsException", "The specified log stream already exists"):
        logs.create_log_stream(logGroupName="g", logStreamName="a")
    with refused("InvalidParameterException"):
        logs.create_log_stream(logGroupName="g", logStreamName="a:b")
    streams = logs.describe_log_streams(logGroupName="g")["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["2026/01/[1]a", "a", "b"]
    assert streams[1]["arn"] == group_arn(aws, "g") + ":log-stream:a"
    assert streams[1]["storedBytes"] == 0 and "lastEventTimestamp" not in streams[1]
    by_arn = logs.describe_log_streams(logGroupIdentifier=group_arn(aws, "g"), logStreamNamePrefix="a")["logStreams"]
    assert [stream["logStreamName"] for stream in by_arn] == ["a"]

    logs.delete_log_stream(logGroupName="g", logStreamName="a")
    with refused(*NO_STREAM):
        logs.delete_log_stream(logGroupName="g", logStreamName="a")
    with refused(*NO_GROUP):
        logs.delete_log_stream(logGroupName="none", logStreamName="a")
    with refused(*NO_GROUP):
        logs.describe_log_streams(logGroupName="none")
    with refused("InvalidParameterException"):
        unchecked.describe_log_streams()
    with refused("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."):
        logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", logStreamNamePrefix="a")


@covers("logs.DescribeLogStreams")
def test_streams_are_ordered_by_name_or_by_their_last_event_and_page(logs):
    logs.create_log_group(logGroupName="g")
    now = int(time.time() * 1000)
    for name, age in [("a", 3), ("b", 1), ("c", 2), ("empty", None)]:
        logs.create_log_stream(logGroupName="g", logStreamName=name)
        if age is not None:
            logs.put_log_events(logGroupName="g", logStreamName=name,
                                logEvents=[{"timestamp": now - age * 60_000 - 5, "message": "x"},
                                           {"timestamp": now - age * 60_000, "message": "y"}])

    def listed(**parameters):
        pages = logs.get_paginator("describe_log_streams").paginate(logGroupName="g", PaginationConfig={"PageSize": 3}, **parameters)
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    assert listed() == ["a", "b", "c", "empty"]
    assert listed(descending=True) == ["empty", "c", "b", "a"]
    assert listed(orderBy="LastEventTime", descending=True) == ["b", "c", "a", "empty"]
    assert listed(orderBy="LastEventTime") == ["empty", "a", "c", "b"]
    last, = logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=True, limit=1)["logStreams"]
    assert (last["firstEventTimestamp"], last["lastEventTimestamp"]) == (now - 60_005, now - 60_000)
    assert now - 60_000 < last["lastIngestionTime"] < now + 60_000


@covers("logs.PutResourcePolicy", "logs.DescribeResourcePolicies", "logs.DeleteResourcePolicy")
def test_resource_policies(logs, unchecked):
    document = '{"Version": "2012-10-17", "Statement": []}'
    put = logs.put_resource_policy(policyName="p", policyDocument=document)["resourcePolicy"]
    assert (put["policyName"], put["policyDocument"]) == ("p", document)
    policy, = logs.describe_resource_policies()["resourcePolicies"]
    assert policy["policyDocument"] == document, "to the letter"
    assert abs(policy["lastUpdatedTime"] / 1000 - time.time()) < 60
    with refused("InvalidParameterException"):
        logs.put_resource_policy(policyName="p", policyDocument="not json")
    with refused("InvalidParameterException"):
        unchecked.put_resource_policy(policyDocument=document)
    for number in range(9):
        logs.put_resource_policy(policyName=f"more-{number}", policyDocument=document)
    with refused("LimitExceededException", "Resource limit exceeded."):
        logs.put_resource_policy(policyName="eleventh", policyDocument=document)
    first = logs.describe_resource_policies(limit=6)
    second = logs.describe_resource_policies(limit=6, nextToken=first["nextToken"])
    assert len(first["resourcePolicies"]) + len(second["resourcePolicies"]) == 10 and "nextToken" not in second
    logs.delete_resource_policy(policyName="p")
    with refused("ResourceNotFoundException", "Policy with name [p] does not exist."):
        logs.delete_resource_policy(policyName="p")


def test_what_is_not_there_says_so(logs):
    with refused("UnknownOperationException"):
        logs.start_query(logGroupName="g", startTime=0, endTime=1, queryString="fields @message")
