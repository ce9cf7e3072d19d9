"""Forwarding to moto's server, an AWS that is not ours: each kind of target, looked at through moto's own APIs. Skipped where
moto_server is not installed. (Lambda needs Docker there; forward_wire_test.py holds its call beside boto3's.)"""

import json

import boto3
import pytest
from botocore.config import Config

from aws_clients import SPEAKS_QUERY, Aws, new_account
from forwarding import ROLE, forwarding_daemon, rule_to
from moto_server import moto_server
from until import until

ACCOUNT = "123456789012"  # moto's own
REGION = "us-east-1"


@pytest.fixture(scope="module")
def world():
    with moto_server() as endpoint:
        with forwarding_daemon(f'  - accounts: ["{ACCOUNT}"]\n    endpoint: {endpoint}\n', key="testing", secret="testing") as daemon:
            yield endpoint, daemon


@pytest.fixture
def aws(world):
    return Aws(world[1].endpoint, new_account())


@pytest.fixture
def moto(world):
    def client(service):
        return boto3.client(service, endpoint_url=world[0], region_name=REGION, aws_access_key_id="testing",
                            aws_secret_access_key="testing", config=Config(retries={"max_attempts": 0}))
    return client


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def queue_of(moto, name):
    url = moto("sqs").create_queue(QueueName=name)["QueueUrl"]

    def bodies():
        messages = moto("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]
    return bodies


def test_queue(aws, moto):
    bodies = queue_of(moto, "moto-queue")
    rule_to(aws, "moto-queue", arn("sqs", "moto-queue"))
    event_id = aws.put("moto-queue", detail={"ü": 1})
    assert json.loads(until(bodies)[0])["id"] == event_id


def test_bus(aws, moto):
    bodies = queue_of(moto, "behind-bus")
    events = moto("events")
    events.create_event_bus(Name="far")
    events.put_rule(Name="all", EventBusName="far", EventPattern='{"source": ["moto-bus"]}')
    events.put_targets(Rule="all", EventBusName="far", Targets=[{"Id": "q", "Arn": arn("sqs", "behind-bus")}])
    rule_to(aws, "moto-bus", arn("events", "event-bus/far"), RoleArn=ROLE)
    aws.put("moto-bus", "A type", {"n": 1}, Resources=["r"])
    event = json.loads(until(bodies)[0])
    assert event["detail"] == {"n": 1} and event["detail-type"] == "A type" and event["resources"] == ["r"]


def test_topic(aws, moto):
    bodies = queue_of(moto, "behind-topic")
    topic = moto("sns").create_topic(Name="moto-topic")["TopicArn"]
    moto("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "behind-topic"))
    rule_to(aws, "moto-topic", topic)
    event_id = aws.put("moto-topic")
    envelope = json.loads(until(bodies)[0])
    assert json.loads(envelope["Message"])["id"] == event_id and envelope["TopicArn"] == topic and "Subject" not in envelope


def test_stream(aws, moto):
    if SPEAKS_QUERY:
        pytest.skip("this client is too old")
    kinesis = moto("kinesis")
    kinesis.create_stream(StreamName="moto-stream", ShardCount=1)
    rule_to(aws, "moto-stream", arn("kinesis", "stream/moto-stream"), RoleArn=ROLE,
            KinesisParameters={"PartitionKeyPath": "$.detail.key"})
    ids = [aws.put("moto-stream", detail={"key": "k"}) for _ in range(12)]
    shard = kinesis.list_shards(StreamName="moto-stream")["Shards"][0]["ShardId"]

    def records():
        iterator = kinesis.get_shard_iterator(StreamName="moto-stream", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found = kinesis.get_records(ShardIterator=iterator)["Records"]
        return found if len(found) == len(ids) else None
    found = until(records)
    assert {json.loads(record["Data"])["id"] for record in found} == set(ids)
    assert {record["PartitionKey"] for record in found} == {'"k"'}


def test_delivery_stream(aws, moto):
    s3 = moto("s3")
    s3.create_bucket(Bucket="moto-bucket")
    moto("firehose").create_delivery_stream(
        DeliveryStreamName="moto-firehose", S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::moto-bucket"})
    rule_to(aws, "moto-firehose", arn("firehose", "deliverystream/moto-firehose"), RoleArn=ROLE)
    event_id = aws.put("moto-firehose")
    [kept] = until(lambda: s3.list_objects_v2(Bucket="moto-bucket").get("Contents"))
    data = s3.get_object(Bucket="moto-bucket", Key=kept["Key"])["Body"].read()
    assert json.loads(data)["id"] == event_id and not data.endswith(b"\n")


def test_log_group(aws, moto):
    logs = moto("logs")
    logs.create_log_group(logGroupName="/aws/events/moto")
    rule_to(aws, "moto-logs", arn("logs", "log-group:/aws/events/moto"))
    event_id = aws.put("moto-logs")
    found = until(lambda: logs.filter_log_events(logGroupName="/aws/events/moto")["events"])
    assert [json.loads(event["message"])["id"] for event in found] == [event_id]


def test_state_machine(aws, moto):
    states = moto("stepfunctions")
    machine = states.create_state_machine(name="moto-machine", definition='{"StartAt":"x","States":{"x":{"Type":"Succeed"}}}',
                                          roleArn=f"arn:aws:iam::{ACCOUNT}:role/x")["stateMachineArn"]
    rule_to(aws, "moto-machine", machine, RoleArn=ROLE, Input='{"only": "this"}')
    aws.put("moto-machine")
    [execution] = until(lambda: states.list_executions(stateMachineArn=machine)["executions"])
    assert json.loads(states.describe_execution(executionArn=execution["executionArn"])["input"]) == {"only": "this"}


def test_what_is_missing_there_is_dead_lettered_here(aws):
    letters = aws.create_queue("moto-letters")
    missing = {"sqs": arn("sqs", "missing"), "sns": arn("sns", "missing"), "states": arn("states", "stateMachine:missing"),
               "kinesis": arn("kinesis", "stream/missing"), "firehose": arn("firehose", "deliverystream/missing"),
               "logs": arn("logs", "log-group:/aws/events/missing"), "lambda": arn("lambda", "function:missing")}
    for service, target in missing.items():
        role = {} if service in ("sqs", "sns", "logs", "lambda") else {"RoleArn": ROLE}
        rule_to(aws, f"missing-{service}", target, DeadLetterConfig={"Arn": letters.arn}, **role)
        aws.put(f"missing-{service}")
    codes = {}

    def collected():
        for message in letters.receive(wait=1):
            attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            codes[attributes["TARGET_ARN"]] = attributes["ERROR_CODE"]
        return len(codes) == len(missing)
    until(collected)
    assert codes == {target: "NO_RESOURCE" for target in missing.values()}
