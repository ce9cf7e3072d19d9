"""Every operation of SQS and STS, by the unmodified AWS CLI."""

import json

import pytest

from aws_cli import CliFailed

covers = pytest.mark.covers


def queue(aws_cli, name, *more):
    return aws_cli("sqs", "create-queue", "--queue-name", name, *more)["QueueUrl"]


def arn_of(aws_cli, url):
    return aws_cli("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn")["Attributes"]["QueueArn"]


@covers("sts.GetCallerIdentity")
def test_who_am_i(aws_cli):
    assert aws_cli("sts", "get-caller-identity")["Account"] == aws_cli.environment["AWS_ACCESS_KEY_ID"]


@covers("sqs.CreateQueue", "sqs.GetQueueUrl", "sqs.ListQueues", "sqs.SetQueueAttributes", "sqs.GetQueueAttributes", "sqs.TagQueue",
        "sqs.ListQueueTags", "sqs.UntagQueue", "sqs.AddPermission", "sqs.RemovePermission", "sqs.PurgeQueue", "sqs.DeleteQueue")
def test_a_queues_life(aws_cli):
    url = queue(aws_cli, "life", "--attributes", "VisibilityTimeout=60")
    assert aws_cli("sqs", "get-queue-url", "--queue-name", "life")["QueueUrl"] == url
    assert aws_cli("sqs", "list-queues", "--queue-name-prefix", "li")["QueueUrls"] == [url]
    aws_cli("sqs", "set-queue-attributes", "--queue-url", url, "--attributes", "DelaySeconds=1")
    attributes = aws_cli("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert attributes["VisibilityTimeout"] == "60" and attributes["DelaySeconds"] == "1"
    aws_cli("sqs", "tag-queue", "--queue-url", url, "--tags", "a=1,b=2")
    aws_cli("sqs", "untag-queue", "--queue-url", url, "--tag-keys", "a")
    assert aws_cli("sqs", "list-queue-tags", "--queue-url", url)["Tags"] == {"b": "2"}
    aws_cli("sqs", "add-permission", "--queue-url", url, "--label", "l", "--aws-account-ids", "111122223333", "--actions", "SendMessage")
    aws_cli("sqs", "remove-permission", "--queue-url", url, "--label", "l")
    aws_cli("sqs", "purge-queue", "--queue-url", url)
    aws_cli("sqs", "delete-queue", "--queue-url", url)
    with pytest.raises(CliFailed) as failed:
        aws_cli("sqs", "get-queue-url", "--queue-name", "life")
    assert failed.value.code in ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


@covers("sqs.SendMessage", "sqs.SendMessageBatch", "sqs.ReceiveMessage", "sqs.ChangeMessageVisibility", "sqs.ChangeMessageVisibilityBatch",
        "sqs.DeleteMessage", "sqs.DeleteMessageBatch")
def test_messages(aws_cli):
    url = queue(aws_cli, "messages")
    aws_cli("sqs", "send-message", "--queue-url", url, "--message-body", "one", "--message-attributes",
            {"n": {"DataType": "Number", "StringValue": "7"}})
    aws_cli("sqs", "send-message-batch", "--queue-url", url, "--entries", [{"Id": "a", "MessageBody": "two"}, {"Id": "b", "MessageBody": "three"}])
    messages = []
    while len(messages) < 3:
        messages += aws_cli("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10", "--attribute-names", "All",
                            "--message-attribute-names", "All", "--wait-time-seconds", "1").get("Messages", [])
    handles = {message["Body"]: message["ReceiptHandle"] for message in messages}
    assert handles.keys() == {"one", "two", "three"}
    assert next(message for message in messages if message["Body"] == "one")["MessageAttributes"]["n"]["StringValue"] == "7"
    aws_cli("sqs", "change-message-visibility", "--queue-url", url, "--receipt-handle", handles["one"], "--visibility-timeout", "100")
    answer = aws_cli("sqs", "change-message-visibility-batch", "--queue-url", url, "--entries",
                     [{"Id": "a", "ReceiptHandle": handles["two"], "VisibilityTimeout": 100}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    aws_cli("sqs", "delete-message", "--queue-url", url, "--receipt-handle", handles["one"])
    answer = aws_cli("sqs", "delete-message-batch", "--queue-url", url, "--entries",
                     [{"Id": name, "ReceiptHandle": handles[name]} for name in ("two", "three")])
    assert len(answer["Successful"]) == 2


@covers("sqs.ListDeadLetterSourceQueues", "sqs.StartMessageMoveTask", "sqs.ListMessageMoveTasks", "sqs.CancelMessageMoveTask")
def test_dead_letters(aws_cli):
    dead = queue(aws_cli, "dead")
    arn = arn_of(aws_cli, dead)
    source = queue(aws_cli, "source", "--attributes", {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})})
    assert aws_cli("sqs", "list-dead-letter-source-queues", "--queue-url", dead)["queueUrls"] == [source]
    if aws_cli.version() < (1, 27) or (2, 0) <= aws_cli.version() < (2, 12):
        pytest.skip("this AWS CLI is too old for message move tasks")
    for number in range(3):
        aws_cli("sqs", "send-message", "--queue-url", dead, "--message-body", str(number))
    handle = aws_cli("sqs", "start-message-move-task", "--source-arn", arn, "--destination-arn", arn_of(aws_cli, source),
                     "--max-number-of-messages-per-second", "1")["TaskHandle"]
    task, = aws_cli("sqs", "list-message-move-tasks", "--source-arn", arn)["Results"]
    assert task["SourceArn"] == arn and task["Status"] in ("RUNNING", "COMPLETED")
    if task["Status"] == "RUNNING":
        try:
            aws_cli("sqs", "cancel-message-move-task", "--task-handle", handle)
        except CliFailed as failed:  # it finished meanwhile
            assert failed.code
