"""The Query protocol on the wire: POST and GET, on / and on the queue's own URL, answers and errors in XML (behaviour §26, client-calls §2).

Clients show a parsed form only; this looks at the bytes. Also that JSON errors carry the older code in their header."""

import json
import re
import xml.etree.ElementTree as xml

import pytest

from aws_clients import new_account
from wire import Wire, json_body

covers = pytest.mark.covers
NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


@pytest.fixture
def wire(daemon):
    with Wire(daemon.endpoint, new_account()) as wire:
        yield wire


@pytest.fixture
def queue(wire):
    reply = wire.query("sqs", "CreateQueue", {"QueueName": "q"})
    assert reply.status == 200, reply
    return parse(reply).findtext(f"{NAMESPACE}CreateQueueResult/{NAMESPACE}QueueUrl")


def parse(reply):
    assert reply.headers["content-type"].startswith("text/xml") or reply.headers["content-type"].startswith("application/xml"), reply
    return xml.fromstring(reply.body)


def error_code(reply):
    root = parse(reply)
    assert root.tag.rpartition("}")[2] == "ErrorResponse"
    texts = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert texts["Type"] == "Sender" and texts["RequestId"]
    return texts["Code"]


def path_of(url):
    return "/" + url.split("/", 3)[3]


@covers("sqs.CreateQueue")
def test_an_answer_is_named_after_its_operation_and_carries_the_request_id(wire):
    reply = wire.query("sqs", "CreateQueue", {"QueueName": "named", "Attribute.1.Name": "VisibilityTimeout", "Attribute.1.Value": "61",
                                              "Tag.1.Key": "team", "Tag.1.Value": "x"})
    root = parse(reply)
    assert root.tag == f"{NAMESPACE}CreateQueueResponse"
    request_id = root.findtext(f"{NAMESPACE}ResponseMetadata/{NAMESPACE}RequestId")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id)
    assert reply.headers["x-amzn-requestid"] == request_id


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("where", ["/", "queue"])
@covers("sqs.SendMessage", "sqs.ReceiveMessage", "sqs.DeleteMessage")
def test_post_and_get_on_the_root_and_on_the_queue(wire, queue, method, where):
    path = "/" if where == "/" else path_of(queue)
    name = {"QueueUrl": queue} if where == "/" else {}
    reply = wire.query("sqs", "SendMessage", {"MessageBody": "a & <b> + c%20\u00e9", **name}, method, path)
    assert reply.status == 200, reply
    reply = wire.query("sqs", "ReceiveMessage", {"AttributeName.1": "All", "MaxNumberOfMessages": 10, **name}, method, path)
    message = parse(reply).find(f"{NAMESPACE}ReceiveMessageResult/{NAMESPACE}Message")
    assert message.findtext(f"{NAMESPACE}Body") == "a & <b> + c%20\u00e9"
    attributes = {item.findtext(f"{NAMESPACE}Name"): item.findtext(f"{NAMESPACE}Value") for item in message.findall(f"{NAMESPACE}Attribute")}
    assert attributes["ApproximateReceiveCount"] == "1"
    reply = wire.query("sqs", "DeleteMessage", {"ReceiptHandle": message.findtext(f"{NAMESPACE}ReceiptHandle"), **name}, method, path)
    assert reply.status == 200 and parse(reply).tag == f"{NAMESPACE}DeleteMessageResponse"


@covers("sqs.SendMessage")
def test_message_attributes_are_numbered_members(wire, queue):
    reply = wire.query("sqs", "SendMessage", {
        "QueueUrl": queue, "MessageBody": "x", "MessageAttribute.1.Name": "n", "MessageAttribute.1.Value.DataType": "Number",
        "MessageAttribute.1.Value.StringValue": "7", "MessageAttribute.2.Name": "b", "MessageAttribute.2.Value.DataType": "Binary",
        "MessageAttribute.2.Value.BinaryValue": "AP8="})
    assert reply.status == 200, reply
    received = json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": queue, "MessageAttributeNames": ["All"]}))["Messages"][0]
    assert received["MessageAttributes"] == {"n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": "AP8="}}


@covers("sqs.SendMessageBatch", "sqs.DeleteMessageBatch")
def test_batches_are_numbered_members(wire, queue):
    reply = wire.query("sqs", "SendMessageBatch", {
        "QueueUrl": queue, "SendMessageBatchRequestEntry.1.Id": "a", "SendMessageBatchRequestEntry.1.MessageBody": "1",
        "SendMessageBatchRequestEntry.2.Id": "b", "SendMessageBatchRequestEntry.2.MessageBody": "2"})
    ids = [entry.findtext(f"{NAMESPACE}Id") for entry in parse(reply).iter(f"{NAMESPACE}SendMessageBatchResultEntry")]
    assert ids == ["a", "b"]


@covers("sqs.ListQueues", "sqs.GetQueueAttributes", "sqs.ListQueueTags")
def test_lists_and_maps_are_flat(wire, queue):
    urls = [element.text for element in parse(wire.query("sqs", "ListQueues")).iter(f"{NAMESPACE}QueueUrl")]
    assert urls == [queue]
    reply = wire.query("sqs", "GetQueueAttributes", {"QueueUrl": queue, "AttributeName.1": "QueueArn"})
    attribute = parse(reply).find(f"{NAMESPACE}GetQueueAttributesResult/{NAMESPACE}Attribute")
    assert attribute.findtext(f"{NAMESPACE}Name") == "QueueArn" and attribute.findtext(f"{NAMESPACE}Value").endswith(":q")
    assert wire.query("sqs", "TagQueue", {"QueueUrl": queue, "Tag.1.Key": "k", "Tag.1.Value": "v"}).status == 200
    tag = parse(wire.query("sqs", "ListQueueTags", {"QueueUrl": queue})).find(f"{NAMESPACE}ListQueueTagsResult/{NAMESPACE}Tag")
    assert (tag.findtext(f"{NAMESPACE}Key"), tag.findtext(f"{NAMESPACE}Value")) == ("k", "v")


@pytest.mark.parametrize("action, parameters, code, status", [
    ("GetQueueUrl", {"QueueName": "none"}, "AWS.SimpleQueueService.NonExistentQueue", 400),
    ("DeleteMessage", {"ReceiptHandle": "nonsense"}, "ReceiptHandleIsInvalid", 400),
    ("SetQueueAttributes", {"Attribute.1.Name": "Nonsense", "Attribute.1.Value": "1"}, "InvalidAttributeName", 400),
    ("SendMessageBatch", {}, "AWS.SimpleQueueService.EmptyBatchRequest", 400),
])
@covers("sqs.GetQueueUrl", "sqs.DeleteMessage", "sqs.SetQueueAttributes", "sqs.SendMessageBatch")
def test_errors_are_xml_with_the_older_codes(wire, queue, action, parameters, code, status):
    reply = wire.query("sqs", action, {"QueueUrl": queue, **parameters})
    assert reply.status == status and error_code(reply) == code


@covers("sqs.CreateQueue")
def test_a_queue_that_exists_with_other_attributes(wire, queue):
    reply = wire.query("sqs", "CreateQueue", {"QueueName": "q", "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "9"})
    assert reply.status == 400 and error_code(reply) == "QueueAlreadyExists"
    reply = wire.call("sqs", "CreateQueue", {"QueueName": "q", "Attributes": {"DelaySeconds": "9"}})
    assert json_body(reply)["__type"].endswith("QueueNameExists") and reply.headers["x-amzn-query-error"] == "QueueAlreadyExists;Sender"


@covers("sqs.GetQueueUrl")
def test_json_errors_carry_the_older_code_in_a_header(wire):
    reply = wire.call("sqs", "GetQueueUrl", {"QueueName": "none"})
    assert reply.status == 400 and reply.headers["content-type"] == "application/x-amz-json-1.0"
    assert json_body(reply)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    assert reply.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"


@covers("sqs.PurgeQueue")
def test_a_purge_in_progress_is_403_in_query(wire, queue):
    assert wire.query("sqs", "PurgeQueue", {"QueueUrl": queue}).status == 200
    reply = wire.query("sqs", "PurgeQueue", {"QueueUrl": queue})
    assert reply.status == 403 and error_code(reply) == "AWS.SimpleQueueService.PurgeQueueInProgress"


@pytest.mark.parametrize("parameters", [{"Action": "MakeCoffee"}, {}, {"Action": ""}])
def test_an_unknown_action_is_a_4xx_in_xml(wire, parameters):
    import urllib.parse

    from wire import credential

    reply = wire.send("POST", "/", urllib.parse.urlencode({"Version": "2012-11-05", **parameters}), {
        "Content-Type": "application/x-www-form-urlencoded", "Authorization": credential("sqs", wire.account)})
    assert 400 <= reply.status < 500
    assert error_code(reply)


def test_missing_parameters_are_named(wire, queue):
    reply = wire.query("sqs", "SendMessage", {"QueueUrl": queue})
    assert reply.status == 400 and error_code(reply) == "MissingParameter" and b"MessageBody" in reply.body
    reply = wire.query("sqs", "ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": "many"})
    assert reply.status == 400 and error_code(reply)


@covers("sts.GetCallerIdentity")
def test_sts_speaks_query_by_post_and_get(wire):
    for method in ("POST", "GET"):
        reply = wire.query("sts", "GetCallerIdentity", method=method, version="2011-06-15")
        root = parse(reply)
        assert root.tag == "{https://sts.amazonaws.com/doc/2011-06-15/}GetCallerIdentityResponse"
        assert {element.tag.rpartition("}")[2]: element.text for element in root.iter()}["Account"] == wire.account


@covers("sts.GetCallerIdentity")
def test_an_unknown_sts_action_is_a_4xx_in_xml(wire):
    reply = wire.query("sts", "AssumeRole", version="2011-06-15")
    assert 400 <= reply.status < 500 and error_code(reply)


@covers("sqs.SendMessage", "sqs.ReceiveMessage")
def test_both_protocols_see_one_queue(wire, queue):
    wire.query("sqs", "SendMessage", {"QueueUrl": queue, "MessageBody": "from query"})
    assert json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": queue}))["Messages"][0]["Body"] == "from query"
    wire.call("sqs", "SendMessage", json.dumps({"QueueUrl": queue, "MessageBody": "from json"}))
    assert parse(wire.query("sqs", "ReceiveMessage", {"QueueUrl": queue})).find(f".//{NAMESPACE}Body").text == "from json"
