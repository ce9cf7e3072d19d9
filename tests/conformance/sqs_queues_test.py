"""SQS: queues, their attributes, tags, permissions, lists (eventbridge-behaviour §26, client-calls §3).

Runs twice: with the current client (JSON) and with Debian's old one (Query)."""

import json
import time
import urllib.parse

import pytest

from aws_clients import SPEAKS_QUERY, refused

covers = pytest.mark.covers
NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"

DEFAULTS = {"VisibilityTimeout": "30", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "DelaySeconds": "0",
            "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "ApproximateNumberOfMessages": "0",
            "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0"}


def create(aws, name="q", **attributes):
    return aws.create_queue(name, **attributes)


# --- create and find --------------------------------------------------------------------------------------------------------


@covers("sqs.CreateQueue", "sqs.GetQueueUrl")
def test_a_queue_url_has_the_host_the_client_came_by(aws, daemon):
    queue = create(aws, "jobs")
    assert queue.url == f"{daemon.endpoint}/{aws.account}/jobs"
    assert aws.sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == queue.url
    by_name = aws.elsewhere()
    by_name.endpoint = daemon.endpoint.replace("127.0.0.1", "localhost")
    assert by_name.sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == f"{by_name.endpoint}/{aws.account}/jobs"


@covers("sqs.CreateQueue", "sqs.GetQueueAttributes")
def test_a_new_queue_has_awss_defaults(aws):
    attributes = create(aws).attributes()
    assert attributes.items() >= DEFAULTS.items()
    assert attributes["QueueArn"] == aws.queue_arn("q")
    assert abs(int(attributes["CreatedTimestamp"]) - time.time()) < 60
    assert attributes["LastModifiedTimestamp"] >= attributes["CreatedTimestamp"]
    assert not {"RedrivePolicy", "Policy", "RedriveAllowPolicy", "FifoQueue", "KmsMasterKeyId"} & attributes.keys()


@covers("sqs.CreateQueue")
def test_creating_it_again_is_no_error_unless_attributes_differ(aws):
    queue = create(aws, VisibilityTimeout=60)
    assert create(aws).url == queue.url
    assert create(aws, VisibilityTimeout=60).url == queue.url
    with refused("QueueAlreadyExists"):
        create(aws, VisibilityTimeout=61)
    assert queue.attributes("VisibilityTimeout") == {"VisibilityTimeout": "60"}


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "a.b", "a/b", "ünï"])
@covers("sqs.CreateQueue")
def test_names_have_their_alphabet_and_length(aws, name):
    with refused(("InvalidParameterValue", "InvalidParameterValueException", "MissingParameter")):
        aws.sqs.create_queue(QueueName=name)


@covers("sqs.CreateQueue")
def test_the_longest_name_and_every_letter_are_fine(aws):
    assert create(aws, "A-z_09" + "x" * 74).attributes("QueueArn")


@covers("sqs.CreateQueue")
def test_fifo_is_a_name_and_an_attribute_together(aws):
    assert create(aws, "q.fifo", FifoQueue="true").attributes()["FifoQueue"] == "true"
    for name, attributes in [("p.fifo", {}), ("p", {"FifoQueue": "true"}), ("p.fifo", {"FifoQueue": "false"})]:
        with refused(("InvalidParameterValue", "InvalidAttributeValue", "InvalidAttributeName")):
            create(aws, name, **attributes)


@covers("sqs.GetQueueUrl")
def test_a_missing_queue_has_no_url(aws):
    create(aws)
    with refused(NO_QUEUE):
        aws.sqs.get_queue_url(QueueName="none")
    with refused(NO_QUEUE):
        aws.elsewhere(region="eu-west-1").sqs.get_queue_url(QueueName="q")
    with refused(NO_QUEUE):
        aws.elsewhere(account="111122223333").sqs.get_queue_url(QueueName="q")


@covers("sqs.GetQueueUrl")
def test_the_owner_may_be_named(aws):
    queue = create(aws)
    assert aws.sqs.get_queue_url(QueueName="q", QueueOwnerAWSAccountId=aws.account)["QueueUrl"] == queue.url
    other = aws.elsewhere(account="111122223333")
    assert other.sqs.get_queue_url(QueueName="q", QueueOwnerAWSAccountId=aws.account)["QueueUrl"] == queue.url


MISSING_QUEUE_CALLS = {
    "SendMessage": lambda sqs, url: sqs.send_message(QueueUrl=url, MessageBody="x"),
    "SendMessageBatch": lambda sqs, url: sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}]),
    "ReceiveMessage": lambda sqs, url: sqs.receive_message(QueueUrl=url),
    "DeleteMessage": lambda sqs, url: sqs.delete_message(QueueUrl=url, ReceiptHandle="x"),
    "DeleteMessageBatch": lambda sqs, url: sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": "x"}]),
    "ChangeMessageVisibility": lambda sqs, url: sqs.change_message_visibility(QueueUrl=url, ReceiptHandle="x", VisibilityTimeout=1),
    "ChangeMessageVisibilityBatch": lambda sqs, url: sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": "x", "VisibilityTimeout": 1}]),
    "GetQueueAttributes": lambda sqs, url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
    "SetQueueAttributes": lambda sqs, url: sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"}),
    "PurgeQueue": lambda sqs, url: sqs.purge_queue(QueueUrl=url),
    "DeleteQueue": lambda sqs, url: sqs.delete_queue(QueueUrl=url),
    "ListQueueTags": lambda sqs, url: sqs.list_queue_tags(QueueUrl=url),
    "TagQueue": lambda sqs, url: sqs.tag_queue(QueueUrl=url, Tags={"a": "b"}),
    "UntagQueue": lambda sqs, url: sqs.untag_queue(QueueUrl=url, TagKeys=["a"]),
    "AddPermission": lambda sqs, url: sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111122223333"], Actions=["SendMessage"]),
    "RemovePermission": lambda sqs, url: sqs.remove_permission(QueueUrl=url, Label="l"),
    "ListDeadLetterSourceQueues": lambda sqs, url: sqs.list_dead_letter_source_queues(QueueUrl=url),
}


@pytest.mark.parametrize("operation", MISSING_QUEUE_CALLS)
@covers(*[f"sqs.{name}" for name in MISSING_QUEUE_CALLS])
def test_every_operation_says_that_a_queue_is_missing(aws, daemon, operation):
    with refused(NO_QUEUE):
        MISSING_QUEUE_CALLS[operation](aws.sqs, f"{daemon.endpoint}/{aws.account}/none")


@covers("sqs.DeleteQueue")
def test_a_deleted_queue_is_gone_and_its_name_free_at_once(aws):
    queue = create(aws, VisibilityTimeout=60)
    queue.send("old")
    aws.sqs.delete_queue(QueueUrl=queue.url)
    with refused(NO_QUEUE):
        queue.attributes()
    again = create(aws, VisibilityTimeout=61)
    assert again.receive() == [] and again.attributes("VisibilityTimeout") == {"VisibilityTimeout": "61"}


@covers("sqs.SendMessage", "sqs.ReceiveMessage")
def test_of_a_queue_url_only_the_path_counts(aws, daemon):
    queue = create(aws)
    for prefix in ("http://queue.elsewhere.example:9324", "https://sqs.us-east-1.amazonaws.com", daemon.endpoint):
        url = f"{prefix}/{aws.account}/q"
        # botocore of the Query age sends to the URL itself: only this daemon's would arrive.
        if SPEAKS_QUERY and prefix != daemon.endpoint:
            continue
        aws.sqs.send_message(QueueUrl=url, MessageBody="x")
        assert aws.sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"


@covers("sqs.SendMessage")
def test_a_queue_of_another_account_is_reached_by_its_url(aws):
    queue = create(aws)
    aws.elsewhere(account="111122223333").sqs.send_message(QueueUrl=queue.url, MessageBody="from next door")
    assert queue.bodies() == ["from next door"]


# --- attributes -------------------------------------------------------------------------------------------------------------


@covers("sqs.SetQueueAttributes", "sqs.GetQueueAttributes")
def test_attributes_come_back_with_the_very_text_that_was_set(aws):
    dead = create(aws, "dead")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "sqs:*",
                                                                 "Resource": aws.queue_arn("q")}]}, indent=2)
    wanted = {"VisibilityTimeout": "1800", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "1209600", "DelaySeconds": "5",
              "ReceiveMessageWaitTimeSeconds": "20", "Policy": policy,
              "RedrivePolicy": f'{{"deadLetterTargetArn":"{dead.arn}","maxReceiveCount":4}}',
              "RedriveAllowPolicy": '{"redrivePermission":"denyAll"}', "KmsMasterKeyId": "alias/aws/sqs",
              "KmsDataKeyReusePeriodSeconds": "600"}
    at_once = create(aws, "at-once", **wanted)
    later = create(aws, "later")
    later.set(**wanted)
    for queue in (at_once, later):
        assert queue.attributes().items() >= wanted.items()
        assert queue.attributes("RedriveAllowPolicy") == {"RedriveAllowPolicy": wanted["RedriveAllowPolicy"]}


@covers("sqs.SetQueueAttributes")
def test_json_attributes_are_removed_by_an_empty_text(aws):
    dead = create(aws, "dead")
    queue = create(aws, RedrivePolicy=f'{{"deadLetterTargetArn":"{dead.arn}","maxReceiveCount":"4"}}',
                   RedriveAllowPolicy='{"redrivePermission":"allowAll"}',
                   Policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}')
    assert {"Policy", "RedrivePolicy", "RedriveAllowPolicy"} <= queue.attributes().keys()
    queue.set(Policy="", RedrivePolicy="", RedriveAllowPolicy="")
    assert not {"Policy", "RedrivePolicy", "RedriveAllowPolicy"} & queue.attributes().keys()


@pytest.mark.parametrize("name, values", [
    ("VisibilityTimeout", ["-1", "43201", "x", "1.5"]),
    ("MaximumMessageSize", ["1023", "1048577"]),
    ("MessageRetentionPeriod", ["59", "1209601"]),
    ("DelaySeconds", ["-1", "901"]),
    ("ReceiveMessageWaitTimeSeconds", ["-1", "21"]),
    ("RedrivePolicy", ["{", "[]", '{"maxReceiveCount":1}', '{"deadLetterTargetArn":"x","maxReceiveCount":1}',
                       '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:none","maxReceiveCount":0}',
                       '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:none","maxReceiveCount":1001}']),
    ("RedriveAllowPolicy", ["{", '{"redrivePermission":"maybe"}', '{"redrivePermission":"byQueue"}']),
    ("Policy", ["{", "[]"]),
])
@covers("sqs.SetQueueAttributes", "sqs.CreateQueue")
def test_attribute_values_out_of_range_are_refused(aws, name, values):
    queue = create(aws)
    before = queue.attributes()
    for value in values:
        codes = ("InvalidAttributeValue", "InvalidParameterValue", NO_QUEUE)
        with refused(codes):
            queue.set(**{name: value})
        with refused(codes):
            create(aws, "other", **{name: value})
    assert queue.attributes() == before
    with refused(NO_QUEUE):
        aws.sqs.get_queue_url(QueueName="other")


@pytest.mark.parametrize("name, values", [
    ("VisibilityTimeout", ["0", "43200"]), ("MaximumMessageSize", ["1024", "1048576"]), ("MessageRetentionPeriod", ["60", "1209600"]),
    ("DelaySeconds", ["0", "900"]), ("ReceiveMessageWaitTimeSeconds", ["0", "20"])])
@covers("sqs.SetQueueAttributes")
def test_the_ends_of_each_range_are_fine(aws, name, values):
    queue = create(aws)
    for value in values:
        queue.set(**{name: value})
        assert queue.attributes(name) == {name: value}


@covers("sqs.SetQueueAttributes", "sqs.GetQueueAttributes")
def test_unknown_and_read_only_attributes_are_refused(aws):
    queue = create(aws)
    for name in ("Nonsense", "QueueArn", "ApproximateNumberOfMessages", "CreatedTimestamp"):
        with refused("InvalidAttributeName"):
            queue.set(**{name: "1"})
    with refused("InvalidAttributeName"):
        queue.attributes("Nonsense")


@covers("sqs.GetQueueAttributes")
def test_only_what_is_asked_for_is_answered(aws):
    queue = create(aws)
    assert queue.attributes("QueueArn", "DelaySeconds") == {"QueueArn": queue.arn, "DelaySeconds": "0"}
    assert queue.attributes("RedrivePolicy") == {}
    assert aws.sqs.get_queue_attributes(QueueUrl=queue.url).get("Attributes", {}) == {}


@covers("sqs.GetQueueAttributes")
def test_counts_are_right(aws):
    queue = create(aws, VisibilityTimeout=600)
    for number in range(5):
        queue.send(str(number))
    queue.send("later", DelaySeconds=600)
    assert queue.depth() == (5, 0, 1)
    received = queue.receive(2)
    assert queue.depth() == (5 - len(received), len(received), 1)
    queue.delete(received[0])
    assert sum(queue.depth()) == 5


@covers("sqs.CreateQueue", "sqs.SetQueueAttributes")
def test_high_throughput_attributes_of_fifo_queues_are_kept(aws):
    queue = create(aws, "q.fifo", FifoQueue="true", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    assert queue.attributes().items() >= {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}.items()
    queue.set(ContentBasedDeduplication="true", FifoThroughputLimit="perQueue")
    assert queue.attributes("ContentBasedDeduplication", "FifoThroughputLimit") == {
        "ContentBasedDeduplication": "true", "FifoThroughputLimit": "perQueue"}


# --- lists ------------------------------------------------------------------------------------------------------------------


@covers("sqs.ListQueues")
def test_queues_are_listed_by_prefix_and_absent_when_there_are_none(aws):
    assert "QueueUrls" not in aws.sqs.list_queues()
    urls = [create(aws, name).url for name in ("dev-a", "dev-b", "prod")]
    assert sorted(aws.sqs.list_queues()["QueueUrls"]) == urls
    assert sorted(aws.sqs.list_queues(QueueNamePrefix="dev-")["QueueUrls"]) == urls[:2]
    assert "QueueUrls" not in aws.sqs.list_queues(QueueNamePrefix="none")


@covers("sqs.ListQueues")
def test_pages_of_queues_join_to_the_whole(aws):
    urls = [create(aws, f"q{number:02}").url for number in range(11)]
    seen, token = [], {}
    while True:
        answer = aws.sqs.list_queues(MaxResults=4, **token)
        assert len(answer["QueueUrls"]) <= 4
        seen += answer["QueueUrls"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert sorted(seen) == urls


@covers("sqs.ListDeadLetterSourceQueues")
def test_the_sources_of_a_dead_letter_queue_are_listed(aws):
    dead = create(aws, "dead")
    assert aws.sqs.list_dead_letter_source_queues(QueueUrl=dead.url).get("queueUrls", []) == []
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    sources = [create(aws, f"s{number}", RedrivePolicy=policy).url for number in range(3)]
    create(aws, "other")
    assert sorted(aws.sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"]) == sources


# --- tags and permissions ---------------------------------------------------------------------------------------------------


@covers("sqs.TagQueue", "sqs.UntagQueue", "sqs.ListQueueTags")
def test_tags_are_kept(aws):
    url = aws.sqs.create_queue(QueueName="q", tags={"a": "1"})["QueueUrl"]
    assert aws.sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1"}
    aws.sqs.tag_queue(QueueUrl=url, Tags={"a": "2", "b": ""})
    aws.sqs.untag_queue(QueueUrl=url, TagKeys=["never-there"])
    assert aws.sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "2", "b": ""}
    aws.sqs.untag_queue(QueueUrl=url, TagKeys=["a", "b"])
    assert aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}) == {}


@covers("sqs.TagQueue")
def test_fifty_tags_are_the_most(aws):
    queue = create(aws)
    aws.sqs.tag_queue(QueueUrl=queue.url, Tags={f"k{number}": "v" for number in range(50)})
    with refused(("InvalidParameterValue", "TooManyTags", "OverLimit"), status=400):
        aws.sqs.tag_queue(QueueUrl=queue.url, Tags={"one-more": "v"})
    assert len(aws.sqs.list_queue_tags(QueueUrl=queue.url)["Tags"]) == 50


@covers("sqs.AddPermission", "sqs.RemovePermission")
def test_a_permission_is_a_statement_of_the_policy(aws):
    queue = create(aws)
    aws.sqs.add_permission(QueueUrl=queue.url, Label="partner", AWSAccountIds=["111122223333"], Actions=["SendMessage", "ReceiveMessage"])
    policy = json.loads(queue.attributes("Policy")["Policy"])
    statement, = policy["Statement"]
    assert statement["Sid"] == "partner" and statement["Effect"] == "Allow" and statement["Resource"] == queue.arn
    assert "111122223333" in json.dumps(statement["Principal"])
    assert sorted(action.lower() for action in statement["Action"]) == ["sqs:receivemessage", "sqs:sendmessage"]
    with refused("InvalidParameterValue"):
        aws.sqs.add_permission(QueueUrl=queue.url, Label="partner", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
    aws.sqs.remove_permission(QueueUrl=queue.url, Label="partner")
    assert queue.attributes("Policy") == {} or json.loads(queue.attributes("Policy")["Policy"])["Statement"] == []
    with refused("InvalidParameterValue"):
        aws.sqs.remove_permission(QueueUrl=queue.url, Label="partner")


# --- purge ------------------------------------------------------------------------------------------------------------------


@covers("sqs.PurgeQueue")
def test_a_purge_takes_visible_delayed_and_flying_messages(aws):
    queue = create(aws)
    for number in range(5):
        queue.send(str(number))
    queue.send("later", DelaySeconds=900)
    queue.receive(2)
    aws.sqs.purge_queue(QueueUrl=queue.url)
    assert queue.depth() == (0, 0, 0) and queue.receive() == []
    queue.send("after")
    assert queue.bodies() == ["after"]


@covers("sqs.PurgeQueue")
def test_a_second_purge_within_a_minute_is_refused(aws):
    queue = create(aws)
    aws.sqs.purge_queue(QueueUrl=queue.url)
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress", status=(400, 403)):
        aws.sqs.purge_queue(QueueUrl=queue.url)


def test_the_url_quotes_nothing(aws):
    assert urllib.parse.urlsplit(create(aws, "A-z_0").url).path == f"/{aws.account}/A-z_0"


@covers("sqs.ListDeadLetterSourceQueues", "sqs.ListQueues")
def test_pages_of_dead_letter_sources(aws):
    dead = create(aws, "dead")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    sources = [create(aws, f"s{number}", RedrivePolicy=policy).url for number in range(5)]
    seen, token = [], {}
    while True:
        answer = aws.sqs.list_dead_letter_source_queues(QueueUrl=dead.url, MaxResults=2, **token)
        seen += answer["queueUrls"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert sorted(seen) == sources
    for parameters in ({"MaxResults": 0}, {"MaxResults": 1001}, {"MaxResults": 5, "NextToken": "nonsense"}):
        with refused(("InvalidParameterValue", "InvalidParameterValueException")):
            aws.sqs.list_queues(**parameters)
