"""SQS: messages of standard queues (eventbridge-behaviour §26). Runs with the current client (JSON) and Debian's (Query)."""

import hashlib
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aws_clients import SPEAKS_QUERY, refused

covers = pytest.mark.covers
INVALID = ("InvalidParameterValue", "InvalidParameterValueException", "InvalidAttributeValue")


@pytest.fixture
def queue(aws):
    return aws.create_queue("q")


def md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes):
    """As AWS documents it: names sorted; length and bytes of name, type, then 1 + string or 2 + binary."""
    digest = hashlib.md5(usedforsecurity=False)

    def add(data):
        digest.update(struct.pack("!I", len(data)) + data)

    for name in sorted(attributes):
        value = attributes[name]
        add(name.encode())
        add(value["DataType"].encode())
        if "StringValue" in value:
            digest.update(b"\x01")
            add(value["StringValue"].encode())
        else:
            digest.update(b"\x02")
            add(value["BinaryValue"])
    return digest.hexdigest()


ATTRIBUTES = {
    "text": {"DataType": "String", "StringValue": "välue & <more>"},
    "count": {"DataType": "Number", "StringValue": "42.5"},
    "typed": {"DataType": "String.url", "StringValue": "http://x"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff\x80"},
}


# --- send and receive -------------------------------------------------------------------------------------------------------


@covers("sqs.SendMessage", "sqs.ReceiveMessage", "sqs.DeleteMessage")
def test_a_message_is_sent_received_and_deleted(aws, queue):
    sent = queue.send("hello")
    assert sent["MD5OfMessageBody"] == md5("hello") and "MD5OfMessageAttributes" not in sent and "SequenceNumber" not in sent
    message, = queue.receive()
    assert message["MessageId"] == sent["MessageId"] and message["Body"] == "hello" and message["MD5OfBody"] == md5("hello")
    assert message["ReceiptHandle"]
    attributes = message["Attributes"]
    assert attributes["ApproximateReceiveCount"] == "1" and attributes["SenderId"]
    assert abs(int(attributes["SentTimestamp"]) / 1000 - time.time()) < 60
    assert int(attributes["ApproximateFirstReceiveTimestamp"]) >= int(attributes["SentTimestamp"])
    queue.delete(message)
    assert queue.depth() == (0, 0, 0)


@covers("sqs.ReceiveMessage")
def test_an_empty_queue_answers_without_messages(aws, queue):
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=queue.url)


@covers("sqs.ReceiveMessage")
def test_attributes_come_only_when_asked_for(aws, queue):
    queue.send("x", MessageAttributes=ATTRIBUTES)
    message = aws.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=0)["Messages"][0]
    assert "Attributes" not in message and "MessageAttributes" not in message and "MD5OfMessageAttributes" not in message
    message = aws.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=0, AttributeNames=["SentTimestamp"],
                                      MessageAttributeNames=["none", "text"])["Messages"][0]
    assert message["Attributes"].keys() == {"SentTimestamp"}
    assert message["MessageAttributes"].keys() == {"text"}
    for names, seen in [(["c"], set()), (["count"], {"count"}), ([".*"], set(ATTRIBUTES)), (["All"], set(ATTRIBUTES))]:
        message = aws.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=0, MessageAttributeNames=names)["Messages"][0]
        assert message.get("MessageAttributes", {}).keys() == seen, names


@covers("sqs.ReceiveMessage")
def test_attribute_prefixes_select(aws, queue):
    queue.send("x", MessageAttributes={name: {"DataType": "String", "StringValue": "v"} for name in ("bar.one", "bar.two", "foo")})
    message = aws.sqs.receive_message(QueueUrl=queue.url, MessageAttributeNames=["bar.*"])["Messages"][0]
    assert message["MessageAttributes"].keys() == {"bar.one", "bar.two"}


@covers("sqs.SendMessage", "sqs.ReceiveMessage")
def test_message_attributes_arrive_whole_with_their_md5(aws, queue):
    sent = queue.send("x", MessageAttributes=ATTRIBUTES)
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(ATTRIBUTES)
    message, = queue.receive()
    assert message["MessageAttributes"] == ATTRIBUTES
    assert message["MD5OfMessageAttributes"] == md5_of_attributes(ATTRIBUTES)


@covers("sqs.ReceiveMessage")
def test_the_md5_of_received_attributes_is_of_those_received(aws, queue):
    queue.send("x", MessageAttributes=ATTRIBUTES)
    message = aws.sqs.receive_message(QueueUrl=queue.url, MessageAttributeNames=["text", "count"])["Messages"][0]
    assert message["MD5OfMessageAttributes"] == md5_of_attributes({name: ATTRIBUTES[name] for name in ("text", "count")})


@covers("sqs.SendMessage")
def test_the_trace_header_is_a_system_attribute_with_an_md5_of_its_own(aws, queue):
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    sent = queue.send("x", MessageSystemAttributes=header)
    assert sent["MD5OfMessageSystemAttributes"] == md5_of_attributes(header) and "MD5OfMessageAttributes" not in sent
    assert queue.receive()[0]["Attributes"]["AWSTraceHeader"] == "Root=1-5759e988-bd862e3fe1be46a994272793"


@pytest.mark.parametrize("attributes", [
    {"x": {"DataType": "String"}},
    {"x": {"DataType": "Text", "StringValue": "v"}},
    {"x": {"DataType": "Number", "StringValue": "many"}},
    {"x": {"DataType": "String", "StringValue": ""}},
    {"aws.x": {"DataType": "String", "StringValue": "v"}},
    {"a b": {"DataType": "String", "StringValue": "v"}},
    {".x": {"DataType": "String", "StringValue": "v"}},
    {f"x{number}": {"DataType": "String", "StringValue": "v"} for number in range(11)},
], ids=lambda value: next(iter(value)) + "-" + "-".join(str(part) for part in next(iter(value.values())).values()))
@covers("sqs.SendMessage")
def test_attributes_that_cannot_be_are_refused(aws, queue, attributes):
    with refused((*INVALID, "MissingParameter")):
        aws.unchecked_sqs.send_message(QueueUrl=queue.url, MessageBody="x", MessageAttributes=attributes)
    assert queue.depth() == (0, 0, 0)


@pytest.mark.parametrize("text", ["<a>&\"'</a>", "\t\n\r", "日本語 \U0001f600", " leading and trailing ", "]]>", "a" * 100_000, "\ud7ff\ue000\ufffd"])
@covers("sqs.SendMessage", "sqs.ReceiveMessage")
def test_any_text_arrives_unharmed(aws, queue, text):
    assert queue.send(text)["MD5OfMessageBody"] == md5(text)
    message, = queue.receive()
    assert message["Body"] == text and message["MD5OfBody"] == md5(text)


@pytest.mark.parametrize("text", ["\x00", "\x1f", "bell\x07", "\ufffe", "\uffff"])
@covers("sqs.SendMessage")
def test_characters_outside_xml_are_refused(aws, queue, text):
    with refused(("InvalidMessageContents", "InvalidCharacterInMessageContents")):
        queue.send(text)


@covers("sqs.SendMessage")
def test_an_empty_message_is_refused(aws, queue):
    with refused(("MissingParameter", *INVALID)):
        queue.send("")


@covers("sqs.SendMessage")
def test_a_mebibyte_is_the_most_attributes_included(aws, queue):
    queue.send("x" * 1_048_576)
    with refused(INVALID):
        queue.send("x" * 1_048_577)
    with refused(INVALID):
        queue.send("x" * 1_048_570, MessageAttributes={"n": {"DataType": "String", "StringValue": "v"}})
    small = aws.create_queue("small", MaximumMessageSize=1024)
    small.send("x" * 1024)
    with refused(INVALID):
        small.send("x" * 1025)


@covers("sqs.SendMessage")
def test_parameters_of_fifo_queues_are_refused_here(aws, queue):
    with refused(INVALID):
        queue.send("x", MessageDeduplicationId="d")


@covers("sqs.ReceiveMessage")
def test_up_to_ten_are_received_at_once(aws, queue):
    for number in range(12):
        queue.send(str(number))
    first, second = queue.receive(10), queue.receive(10)
    assert len(first) == 10 and sorted(int(message["Body"]) for message in first + second) == list(range(12))


@pytest.mark.parametrize("parameters", [
    {"MaxNumberOfMessages": 0}, {"MaxNumberOfMessages": 11}, {"WaitTimeSeconds": 21}, {"WaitTimeSeconds": -1},
    {"VisibilityTimeout": 43201}, {"VisibilityTimeout": -1}])
@covers("sqs.ReceiveMessage")
def test_receive_parameters_out_of_range_are_refused(aws, queue, parameters):
    with refused((*INVALID, "ReadCountOutOfRange")):
        aws.sqs.receive_message(QueueUrl=queue.url, **parameters)


# --- delays and visibility --------------------------------------------------------------------------------------------------


@covers("sqs.SendMessage", "sqs.ReceiveMessage")
def test_a_delayed_message_comes_when_its_time_has_come(aws, queue):
    queue.send("later", DelaySeconds=1)
    assert queue.receive() == []
    assert [message["Body"] for message in queue.receive(wait=5)] == ["later"]
    with refused(INVALID):
        queue.send("x", DelaySeconds=901)


@covers("sqs.SendMessage")
def test_a_message_may_undo_its_queues_delay(aws):
    queue = aws.create_queue("slow", DelaySeconds=900)
    queue.send("now", DelaySeconds=0)
    assert queue.bodies() == ["now"]


@covers("sqs.ReceiveMessage")
def test_a_message_that_is_not_deleted_comes_again(aws, queue):
    queue.send("x")
    first, = queue.receive(VisibilityTimeout=1)
    assert queue.receive() == [] and queue.depth() == (0, 1, 0)
    second, = queue.receive(wait=5)
    assert second["MessageId"] == first["MessageId"] and second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["Attributes"]["ApproximateFirstReceiveTimestamp"] == first["Attributes"]["ApproximateFirstReceiveTimestamp"]


@covers("sqs.ChangeMessageVisibility")
def test_visibility_is_given_back_and_extended(aws, queue):
    queue.send("x")
    message, = queue.receive()
    aws.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    message, = queue.receive(VisibilityTimeout=1)
    aws.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=600)
    assert queue.receive(wait=2) == []
    queue.delete(message)


@covers("sqs.ChangeMessageVisibility")
def test_visibility_faults(aws, queue):
    queue.send("x")
    message, = queue.receive()

    def change(handle, seconds):
        aws.unchecked_sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=seconds)

    with refused(INVALID):
        change(message["ReceiptHandle"], 43201)
    with refused("ReceiptHandleIsInvalid"):
        change("nonsense", 1)
    change(message["ReceiptHandle"], 0)
    change(message["ReceiptHandle"], 10)  # too late: accepted, without effect
    assert len(queue.receive()) == 1


@covers("sqs.DeleteMessage")
def test_deleting_twice_succeeds_and_nonsense_does_not(aws, queue):
    queue.send("x")
    message, = queue.receive()
    queue.delete(message)
    queue.delete(message)
    with refused("ReceiptHandleIsInvalid"):
        aws.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle="nonsense")


@covers("sqs.DeleteMessage")
def test_a_handle_of_another_queue_deletes_nothing(aws, queue):
    other = aws.create_queue("other")
    other.send("keep")
    message, = other.receive(VisibilityTimeout=0)
    try:
        aws.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
    except aws.sqs.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "ReceiptHandleIsInvalid"
    assert other.bodies() == ["keep"]


# --- long polls -------------------------------------------------------------------------------------------------------------


@covers("sqs.ReceiveMessage")
def test_a_long_poll_is_woken_by_a_message(aws, queue):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive, 1, 20)
        time.sleep(0.3)
        assert not waiting.done()
        queue.send("wake up")
        assert [message["Body"] for message in waiting.result(timeout=10)] == ["wake up"]


@covers("sqs.ReceiveMessage")
def test_each_message_wakes_one_waiter(aws, queue):
    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(queue.receive, 1, 20) for _ in range(10)]
        time.sleep(0.3)
        for number in range(10):
            queue.send(str(number))
        received = [message["Body"] for future in waiting for message in future.result(timeout=20)]
    assert sorted(received) == [str(number) for number in range(10)]


@covers("sqs.ReceiveMessage")
def test_a_long_poll_ends_empty_after_its_time(aws, queue):
    assert queue.receive(wait=1) == []
    queue.set(ReceiveMessageWaitTimeSeconds=1)
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=queue.url)


@covers("sqs.ReceiveMessage", "sqs.ChangeMessageVisibility")
def test_a_long_poll_is_woken_by_a_message_given_back(aws, queue):
    queue.send("x")
    message, = queue.receive()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive, 1, 20)
        time.sleep(0.3)
        aws.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        assert len(waiting.result(timeout=10)) == 1


@covers("sqs.DeleteQueue", "sqs.ReceiveMessage")
def test_a_long_poll_on_a_queue_that_is_deleted_ends(aws, queue):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive, 1, 20)
        time.sleep(0.3)
        aws.sqs.delete_queue(QueueUrl=queue.url)
        try:
            assert waiting.result(timeout=10) == []
        except aws.sqs.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


# --- batches ----------------------------------------------------------------------------------------------------------------


@covers("sqs.SendMessageBatch", "sqs.DeleteMessageBatch")
def test_batches_are_answered_entry_by_entry(aws, queue):
    answer = aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": f"id-{number}", "MessageBody": str(number), "MessageAttributes": ATTRIBUTES if number == 3 else {}} for number in range(10)])
    assert not answer.get("Failed")
    assert [(entry["Id"], entry["MD5OfMessageBody"]) for entry in answer["Successful"]] == [
        (f"id-{number}", md5(str(number))) for number in range(10)]
    assert answer["Successful"][3]["MD5OfMessageAttributes"] == md5_of_attributes(ATTRIBUTES)
    messages = queue.receive(10)
    assert {message["MessageId"] for message in messages} == {entry["MessageId"] for entry in answer["Successful"]}
    answer = aws.sqs.delete_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]} for index, message in enumerate(messages)])
    assert [entry["Id"] for entry in answer["Successful"]] == [str(index) for index in range(10)] and not answer.get("Failed")
    assert queue.depth() == (0, 0, 0)


@covers("sqs.SendMessageBatch")
def test_a_bad_entry_of_a_batch_fails_alone(aws, queue):
    answer = aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "\x00"}, {"Id": "late", "MessageBody": "y", "DelaySeconds": 901}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    failed = {entry["Id"]: entry for entry in answer["Failed"]}
    assert failed.keys() == {"bad", "late"}
    assert all(entry["SenderFault"] and entry["Code"] and entry["Message"] for entry in failed.values())
    assert queue.bodies() == ["x"]


@covers("sqs.DeleteMessageBatch", "sqs.ChangeMessageVisibilityBatch")
def test_bad_handles_of_a_batch_fail_alone(aws, queue):
    queue.send("x")
    message, = queue.receive()
    answer = aws.sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=[
        {"Id": "good", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 100},
        {"Id": "bad", "ReceiptHandle": "nonsense", "VisibilityTimeout": 100},
        {"Id": "long", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 50_000}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert {entry["Id"] for entry in answer["Failed"]} == {"bad", "long"}
    answer = aws.sqs.delete_message_batch(QueueUrl=queue.url, Entries=[
        {"Id": "bad", "ReceiptHandle": "nonsense"}, {"Id": "good", "ReceiptHandle": message["ReceiptHandle"]}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid" and answer["Failed"][0]["SenderFault"] is True


@covers("sqs.SendMessageBatch", "sqs.DeleteMessageBatch", "sqs.ChangeMessageVisibilityBatch")
def test_batches_that_fail_whole(aws, queue):
    prefix = "AWS.SimpleQueueService."
    calls = [
        (lambda entries: aws.unchecked_sqs.send_message_batch(QueueUrl=queue.url, Entries=entries), {"MessageBody": "x"}),
        (lambda entries: aws.unchecked_sqs.delete_message_batch(QueueUrl=queue.url, Entries=entries), {"ReceiptHandle": "x"}),
        (lambda entries: aws.unchecked_sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=entries),
         {"ReceiptHandle": "x", "VisibilityTimeout": 1}),
    ]
    for call, entry in calls:
        with refused(prefix + "EmptyBatchRequest"):
            call([])
        with refused(prefix + "TooManyEntriesInBatchRequest"):
            call([{"Id": str(number), **entry} for number in range(11)])
        with refused(prefix + "BatchEntryIdsNotDistinct"):
            call([{"Id": "same", **entry}, {"Id": "same", **entry}])
        for name in ("a b", "x" * 81, "a.b"):
            with refused(prefix + "InvalidBatchEntryId"):
                call([{"Id": name, **entry}])
    assert queue.depth() == (0, 0, 0)


@covers("sqs.SendMessageBatch")
def test_a_batch_is_a_mebibyte_at_most(aws, queue):
    def batch(size):
        half = size // 2
        return [{"Id": "a", "MessageBody": "x" * half}, {"Id": "b", "MessageBody": "x" * (size - half)}]

    assert len(aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=batch(1_048_576))["Successful"]) == 2
    with refused("AWS.SimpleQueueService.BatchRequestTooLong"):
        aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=batch(1_048_577))


# --- many at once -----------------------------------------------------------------------------------------------------------


@covers("sqs.SendMessage", "sqs.ReceiveMessage", "sqs.DeleteMessage")
def test_many_senders_and_receivers_lose_and_double_nothing(aws):
    queue = aws.create_queue("busy", VisibilityTimeout=600)
    received = []

    def send(sender):
        for number in range(25):
            queue.send(f"{sender}-{number}")

    def consume(_):
        while messages := queue.receive(10, wait=2):
            for message in messages:
                queue.delete(message)
                received.append(message["Body"])

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda job: job[0](job[1]), [(send, number) for number in range(8)] + [(consume, number) for number in range(4)]))
    assert sorted(received) == sorted(f"{sender}-{number}" for sender in range(8) for number in range(25))
    assert queue.depth() == (0, 0, 0)


def test_this_run_speaks_the_protocol_it_says(aws, queue, daemon):
    """The old client's answers are XML, the new one's JSON: their metadata tell."""
    answer = queue.send("x")["ResponseMetadata"]["HTTPHeaders"]["content-type"]
    assert ("xml" if SPEAKS_QUERY else "json") in answer
