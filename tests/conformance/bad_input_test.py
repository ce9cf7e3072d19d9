"""Bad input never ends in a 5xx, a page, a crash or a loss (issue §8): raw sockets and bodies that no client would send."""

import http.client
import json
import random
import socket

import pytest

from wire import Wire, credential, json_body

DAEMON_ARGUMENTS = ["--durability", "memory", "--header-timeout", "2s", "--body-timeout", "2s"]
GOOD = {"Entries": [{"Source": "test", "DetailType": "t", "Detail": "{}"}]}


@pytest.fixture(scope="module")
def watched(daemon):
    """A rule and a queue made before the storm; after each test they must still work."""
    wire = Wire(daemon.endpoint, "112233445566")
    queue = json_body(wire.call("sqs", "CreateQueue", {"QueueName": "watched"}))["QueueUrl"]
    assert wire.call("events", "PutRule", {"Name": "r", "EventPattern": '{"source":["test"]}'}).status == 200
    assert wire.call("events", "PutTargets", {"Rule": "r", "Targets": [
        {"Id": "t", "Arn": "arn:aws:sqs:us-east-1:112233445566:watched"}]}).status == 200
    return wire, queue


@pytest.fixture(autouse=True)
def still_alive_and_right(daemon, watched):
    yield
    wire, queue = watched
    assert daemon.alive()
    event_id = json_body(wire.call("events", "PutEvents", GOOD))["Entries"][0]["EventId"]
    messages = json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": 10})).get("Messages", [])
    assert [json.loads(message["Body"])["id"] for message in messages] == [event_id], "an event was lost, or invented"
    wire.call("sqs", "DeleteMessage", {"QueueUrl": queue, "ReceiptHandle": messages[0]["ReceiptHandle"]})


def decent(reply, content_type):
    """A 4xx in the protocol of the request."""
    assert 400 <= reply.status < 500, reply
    assert reply.headers["content-type"].startswith(content_type), reply
    if "json" in content_type:
        assert json_body(reply)["__type"]
    else:
        assert b"<ErrorResponse" in reply.body and b"<Code>" in reply.body


def nested(levels, opening, closing, key=""):
    return (opening + key) * levels + ("1" if key else "") + closing * levels


BODIES = {
    "empty": b"",
    "word": b"nonsense",
    "half": b'{"Entries":[{"Source":"a"',
    "two documents": b"{}{}",
    "trailing": b"{} x",
    "single quotes": b"{'Entries':[]}",
    "comment": b'{/* no */"Entries":[]}',
    "an array": b"[]",
    "a string": b'"x"',
    "a number": b"7",
    "null": b"null",
    "deep arrays": nested(100_000, "[", "]").encode(),
    "deep objects": nested(100_000, "{", "}", '"a":').encode(),
    "deep inside": b'{"Entries":' + nested(100_000, "[", "]").encode() + b"}",
    "unclosed deep": b"[" * 1_000_000,
    "invalid utf-8": b'{"Name":"\xff\xfe"}',
    "overlong utf-8": b'{"Name":"\xc0\xaf"}',
    "utf-8 surrogate": b'{"Name":"\xed\xa0\x80"}',
    "half a character": b'{"Name":"\xe2\x82',
    "control characters": b'{"Name":"\x00\x01"}',
    "bad escape": b'{"Name":"\\x41"}',
    "utf-16": '{"Name":"x"}'.encode("utf-16"),
    "huge number": b'{"Limit":1' + b"0" * 5000 + b"}",
    "wrong types": b'{"Name":{},"Entries":7,"EventPattern":[],"Limit":"x","QueueUrl":1,"Targets":{}}',
    "nulls": b'{"Name":null,"Entries":null,"QueueUrl":null}',
    "nul bytes": b"\x00" * 1000,
}
OPERATIONS = [("events", "PutEvents"), ("events", "PutRule"), ("events", "PutTargets"), ("events", "CreateEventBus"),
              ("events", "TestEventPattern"), ("sqs", "SendMessage"), ("sqs", "CreateQueue"), ("sqs", "ReceiveMessage")]


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_request_is_a_4xx_in_json(daemon, name):
    with Wire(daemon.endpoint) as wire:
        for service, operation in OPERATIONS:
            reply = wire.call(service, operation, BODIES[name])
            decent(reply, "application/x-amz-json-1." + ("1" if service == "events" else "0"))


@pytest.mark.parametrize("body", [
    b"Action=SendMessage&Action=DeleteQueue&MessageBody=%", b"Action=SendMessage&MessageBody=%zz", b"Action=%ff%fe", b"&&&&=&=;",
    b"Action=SendMessageBatch&SendMessageBatchRequestEntry.999999999999999999999.Id=a",
    b"Action=SendMessageBatch&SendMessageBatchRequestEntry.-1.Id=a", b"Action=SendMessage&Attribute.1.Name.Name.Name=x",
    b"Action=CreateQueue&" + b"&".join(b"Attribute.%d.Name=x" % number for number in range(10_000)), b"Action=" + b"A" * 100_000,
    b"\x00\xff\x00", b"=" * 100_000])
def test_a_form_that_is_no_request_is_a_4xx_in_xml(daemon, body):
    with Wire(daemon.endpoint) as wire:
        reply = wire.send("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded", "Authorization": credential("sqs")})
        decent(reply, "text/xml")


@pytest.mark.parametrize("detail, accepted", [
    (nested(100_000, "[", "]"), False), ('{"a":' + nested(100_000, "[", "]") + "}", False),
    ('{"a":' + nested(500, "[", "]") + "}", True), ('{"a":"\\ud800"}', True), ('{"a":1,"a":2,"\\u0061":3}', True),
    ('{"a":123456789012345678901234567890.5e-999999}', True), ('{"a":-}', False), ('{"a":NaN}', False), ('{"a":"' + "\x7f" + '"}', True),
    ("\ufeff{}", False)],
    ids=["deep-array", "deep-inside", "500-levels", "lone-surrogate", "duplicate-keys", "strange-number", "minus", "nan", "del", "bom"])
def test_strange_details_are_taken_or_refused_alone(daemon, watched, detail, accepted):
    with Wire(daemon.endpoint) as wire:
        reply = wire.call("events", "PutEvents", {"Entries": [{"Source": "strange", "DetailType": "t", "Detail": detail},
                                                              {"Source": "strange", "DetailType": "t", "Detail": "{}"}]})
        assert reply.status == 200, reply
        answer = json_body(reply)
        assert answer["FailedEntryCount"] == (0 if accepted else 1), answer
        if not accepted:
            assert answer["Entries"][0]["ErrorCode"] == "MalformedDetail" and "EventId" in answer["Entries"][1]


def test_the_last_of_duplicate_members_or_a_refusal_but_never_both(daemon):
    with Wire(daemon.endpoint) as wire:
        reply = wire.call("events", "DescribeEventBus", '{"Name":"one","Name":"two"}')
        assert reply.status == 400 and "two does not exist" in json_body(reply)["message"] or json_body(reply)["__type"] == "SerializationException"


@pytest.mark.parametrize("pattern", [nested(100_000, "{", "}", '"a":'), nested(100_000, "[", "]"), '{"a":["' + "x" * 100_000 + '"]}',
                                     '{"a":[{"wildcard":"' + "*a" * 900 + '"}]}', '{"a":[{"anything-but":' + nested(5000, "[", "]") + "}]}",
                                     "\x00", '{"a":["\ud83d"]}'.encode("utf-8", "surrogatepass").decode("utf-8", "replace")])
def test_strange_patterns_are_answered_quickly(daemon, pattern):
    event = json.dumps({"id": "1", "account": "1", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [],
                        "detail-type": "t", "detail": {}})
    with Wire(daemon.endpoint, timeout=10) as wire:
        for operation, body in (("TestEventPattern", {"EventPattern": pattern, "Event": event}),
                                ("PutRule", {"Name": "strange", "EventPattern": pattern})):
            reply = wire.call("events", operation, body)
            assert reply.status == 200 or 400 <= reply.status < 500, reply


def test_an_oversize_body_is_refused_in_the_protocol_of_the_request(daemon):
    """16 MiB and a bit: refused by its declared length, before it is read, or after."""
    for headers, content_type in (({"X-Amz-Target": "AWSEvents.PutEvents", "Content-Type": "application/x-amz-json-1.1"}, b"json"),
                                  ({"Content-Type": "application/x-www-form-urlencoded", "Authorization": credential("sqs")}, b"xml")):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as connection:
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            connection.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {16 * 1024 * 1024 + 1}\r\n\r\n".encode())
            answer = connection.recv(65536)
            assert b" 413 " in answer.split(b"\r\n")[0], answer
            assert content_type in answer.lower() and b"html" not in answer.lower()


def test_a_small_gzip_that_unpacks_to_a_mountain_is_refused(daemon):
    import gzip

    with Wire(daemon.endpoint) as wire:
        bomb = gzip.compress(b" " * (64 * 1024 * 1024))
        reply = wire.call("events", "PutEvents", bomb, {"Content-Encoding": "gzip"})
        decent(reply, "application/x-amz-json-1.1")
        for body in (b"no gzip at all", gzip.compress(b"{}")[:-6]):
            decent(wire.call("events", "PutEvents", body, {"Content-Encoding": "gzip"}), "application/x-amz-json-1.1")
        decent(wire.call("events", "PutEvents", b"{}", {"Content-Encoding": "brotli-of-the-future"}), "application/x-amz-json-1.1")


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSEvents.PutEvents\r\nContent-Type: application/x-amz-json-1.1\r\n"
RAW = {
    "truncated body": (HEAD + b"Content-Length: 100\r\n\r\n{", True),
    "truncated head": (HEAD, True),
    "no host": (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", False),
    "negative length": (HEAD + b"Content-Length: -5\r\n\r\n{}", False),
    "length that is no number": (HEAD + b"Content-Length: many\r\n\r\n{}", False),
    "length beyond 64 bits": (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}", False),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", False),
    "length and chunks": (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
    "bad chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", False),
    "huge chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}", False),
    "unknown coding": (HEAD + b"Transfer-Encoding: sparkles\r\n\r\n{}", False),
    "header without colon": (b"POST / HTTP/1.1\r\nHost x\r\n\r\n", False),
    "blank in a name": (b"POST / HTTP/1.1\r\nHo st: x\r\n\r\n", False),
    "nul in a value": (b"POST / HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n", False),
    "folded header": (b"POST / HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n", False),
    "version of the future": (b"POST / HTTP/9.9\r\nHost: x\r\n\r\n", False),
    "no version": (b"GET /\r\n\r\n", False),
    "unknown method": (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", False),
    "tls on a plain port": (bytes.fromhex("16030100f1010000ed0303") + bytes(64), True),
    "http2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", False),
    "line feeds only": (b"POST / HTTP/1.1\nHost: x\n\n", True),
    "one huge header": (HEAD + b"X-Big: " + b"x" * 200_000 + b"\r\n\r\n", False),
    "very many headers": (HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + b"\r\n", False),
    "endless target": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", False),
    "percent nonsense": (b"GET /%zz%ff%00/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", False),
    "absurd credential": (HEAD + b"Authorization: AWS4-HMAC-SHA256 Credential=////////, \xff\r\nContent-Length: 2\r\n\r\n{}", False),
    "endless credential": (HEAD + b"Authorization: AWS4-HMAC-SHA256 Credential=" + b"a/" * 20_000 + b"\r\nContent-Length: 2\r\n\r\n{}", False),
    "absurd host": (b"POST / HTTP/1.1\r\nHost: \xff\"<script>\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 2\r\n\r\n{}", False),
}


def exchange(port, data, hang_up):
    """What the server says to these bytes until it closes or has answered; b"" when it just closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(data)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if not hang_up and b"\r\n\r\n" in received:
                    break
            return received
        except (ConnectionResetError, BrokenPipeError):
            return b""


@pytest.mark.parametrize("name", RAW)
def test_broken_http_is_answered_with_a_4xx_or_a_closed_connection(daemon, name):
    data, hang_up = RAW[name]
    answer = exchange(daemon.port, data, hang_up)
    if answer:
        status = int(answer.split(b" ")[1])
        assert 400 <= status < 500 or status in (501, 505) or (status == 200 and name == "absurd host"), answer[:500]
        assert b"<html" not in answer.lower()


def test_random_bytes_do_no_harm(daemon):
    generator = random.Random(4711)
    for _ in range(300):
        data = generator.randbytes(generator.randrange(1, 2000))
        if generator.random() < 0.5:
            data = HEAD + b"Content-Length: %d\r\n\r\n" % len(data) + data
        answer = exchange(daemon.port, data, hang_up=True)
        assert not answer or 400 <= int(answer.split(b" ")[1]) < 506, answer[:200]


def test_good_requests_with_flipped_bytes_do_no_harm(daemon):
    generator = random.Random(4712)
    requests = [
        ("events", "PutEvents", {"Entries": [{"Source": "mutant", "DetailType": "t", "Detail": '{"a":[1,{"b":"c"}]}', "Resources": ["x"],
                                              "Time": 1700000000, "TraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793"}]}),
        ("events", "PutRule", {"Name": "mutant", "EventPattern": '{"detail":{"a":[{"anything-but":{"prefix":"x"}}]}}', "State": "DISABLED"}),
        ("sqs", "SendMessage", {"QueueUrl": "http://x/112233445566/other", "MessageBody": "x", "MessageAttributes": {
            "a": {"DataType": "Number", "StringValue": "1"}}}),
    ]
    with Wire(daemon.endpoint, "223344556677") as wire:
        for _ in range(600):
            service, operation, body = generator.choice(requests)
            data = bytearray(json.dumps(body).encode())
            for _ in range(generator.randrange(1, 4)):
                position = generator.randrange(len(data))
                kind = generator.randrange(3)
                if kind == 0:
                    data[position] = generator.randrange(256)
                elif kind == 1:
                    del data[position]
                else:
                    data[position:position] = data[generator.randrange(len(data)):][:generator.randrange(1, 30)]
            reply = wire.call(service, operation, bytes(data))
            assert reply.status == 200 or 400 <= reply.status < 500, (bytes(data), reply)
            if reply.status != 200:
                assert json_body(reply)["__type"]


def test_a_client_that_stalls_is_let_go_and_others_are_served(daemon):
    slow = [socket.create_connection(("127.0.0.1", daemon.port), timeout=15) for _ in range(50)]
    for index, connection in enumerate(slow):
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{" if index % 2 else b"POST / HT")
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=5)
    connection.request("GET", "/_eventbus/health")
    assert connection.getresponse().status == 200
    connection.close()
    for connection in slow:  # header_timeout and body_timeout are two seconds here
        answer = b""
        try:
            while data := connection.recv(65536):
                answer += data
        except ConnectionResetError:
            pass
        assert not answer or b" 408 " in answer.split(b"\r\n")[0], answer
        connection.close()


def test_hanging_up_in_the_middle_of_everything_does_no_harm(daemon):
    body = json.dumps(GOOD).replace("test", "gone").encode()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for length in range(0, len(whole), 7):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=5) as connection:
            connection.sendall(whole[:length])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # RST
