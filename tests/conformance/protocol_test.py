"""What every answer has, whatever the operation: request ids, content types, routing, empty answers (behaviour §1, client-calls §2)."""

import gzip
import json
import re

import pytest

from aws_clients import new_account
from wire import Wire, credential, json_body

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def wire(daemon):
    with Wire(daemon.endpoint, new_account()) as wire:
        yield wire


def test_every_answer_has_a_request_id_of_its_own(wire):
    replies = [wire.call("events", "ListEventBuses", {}), wire.call("events", "DescribeEventBus", {"Name": "none"}),
               wire.call("events", "MakeCoffee", {}), wire.call("sqs", "ListQueues", {}), wire.call("sqs", "GetQueueUrl", {"QueueName": "n"}),
               wire.query("sts", "GetCallerIdentity"), wire.query("sqs", "MakeCoffee")]
    ids = [reply.headers["x-amzn-requestid"] for reply in replies]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(UUID, request_id) for request_id in ids)


def test_content_types_are_those_of_the_protocol(wire):
    for service, content_type in (("events", "application/x-amz-json-1.1"), ("sqs", "application/x-amz-json-1.0")):
        for operation in ("ListEventBuses" if service == "events" else "ListQueues", "MakeCoffee"):
            assert wire.call(service, operation, {}).headers["content-type"] == content_type


def test_errors_have_a_short_type_a_message_and_a_header(wire):
    reply = wire.call("events", "DescribeEventBus", {"Name": "none"})
    assert reply.status == 400
    assert json_body(reply) == {"__type": "ResourceNotFoundException", "message": "Event bus none does not exist."}
    assert reply.headers["x-amzn-errortype"] == "ResourceNotFoundException"


def test_void_operations_answer_nothing_and_empty_shapes_an_object(wire):
    wire.call("events", "PutRule", {"Name": "r", "EventPattern": '{"source":["a"]}'})
    arn = f"arn:aws:events:us-east-1:{wire.account}:rule/r"
    assert wire.call("events", "TagResource", {"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]}).body == b"{}"
    for operation in ("DisableRule", "EnableRule", "DeleteRule"):
        reply = wire.call("events", operation, {"Name": "r"})
        assert reply.status == 200 and reply.body in (b"", b"{}")


@pytest.mark.parametrize("service, operation", [("events", "MakeCoffee"), ("events", "CreateEndpoint"), ("sqs", "MakeCoffee")])
def test_an_unknown_operation_is_named_in_the_protocol_of_the_request(wire, service, operation):
    reply = wire.call(service, operation, {})
    assert reply.status == 400
    assert json_body(reply)["__type"].endswith("UnknownOperationException") and operation in json_body(reply)["message"]


@pytest.mark.parametrize("headers, body", [
    ({"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}, "{}"),
    ({"X-Amz-Target": "Nonsense", "Content-Type": "application/x-amz-json-1.1"}, "{}"),
    ({"X-Amz-Target": "AWSEvents.", "Content-Type": "application/x-amz-json-1.1"}, "{}"),
    ({"Content-Type": "application/x-amz-json-1.1"}, "{}"),
    ({}, ""),
    ({"Content-Type": "application/x-www-form-urlencoded", "Authorization": credential("iam")}, "Action=ListRoles&Version=2010-05-08"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, "Action=Publish&Version=2010-03-31"),
])
def test_an_unknown_service_is_a_4xx_and_never_a_page(wire, headers, body):
    reply = wire.send("POST", "/", body, headers)
    assert 400 <= reply.status < 500
    assert "html" not in reply.headers.get("content-type", "").lower() and b"<html" not in reply.body.lower()
    assert reply.body


@pytest.mark.parametrize("method, path", [
    ("PUT", "/"), ("GET", "/v1/clusters"), ("POST", "/v1/pipes/p"), ("GET", "/v20180820/jobs"), ("GET", "/2015-03-31/functions"),
    ("GET", "/tags/arn%3Aaws%3Aschemas%3Aus-east-1%3A1%3Aregistry%2Fx"), ("PUT", "/bucket/key"), ("DELETE", "/"), ("GET", "/favicon.ico"),
    ("GET", "/_eventbus/none"), ("PATCH", "/x"), ("OPTIONS", "/")])
def test_paths_of_services_not_here_are_a_4xx_and_never_a_page(wire, method, path):
    reply = wire.send(method, path)
    assert 400 <= reply.status < 500
    assert "html" not in reply.headers.get("content-type", "").lower() and b"<html" not in reply.body.lower()


def test_a_gzip_encoded_request_is_understood(wire):
    reply = wire.call("events", "ListEventBuses", gzip.compress(b'{"NamePrefix":"default"}'), {"Content-Encoding": "gzip"})
    assert reply.status == 200 and json_body(reply)["EventBuses"][0]["Name"] == "default"


def test_a_chunked_request_is_understood(daemon):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    connection.request("POST", "/", iter([b'{"Name', b'Prefix":"d', b'efault"}']), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.ListEventBuses"}, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 200 and json.loads(response.read())["EventBuses"][0]["Name"] == "default"
    connection.close()


def test_unsigned_requests_are_the_default_account_in_the_default_region(daemon, wire):
    reply = wire.send("POST", "/", "{}", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.DescribeEventBus"})
    assert json_body(reply)["Arn"] == "arn:aws:events:us-east-1:000000000000:event-bus/default"


def test_a_region_is_read_from_the_credential_scope(daemon):
    with Wire(daemon.endpoint, "123456789012", "ap-southeast-2") as wire:
        assert json_body(wire.call("events", "DescribeEventBus", {}))["Arn"] == "arn:aws:events:ap-southeast-2:123456789012:event-bus/default"


@pytest.mark.parametrize("path", ["/_eventbus/health", "/_eventbus/ready", "/_localstack/health", "/_eventbus/metrics"])
def test_people_and_orchestrators_find_their_paths(wire, path):
    assert wire.send("GET", path).status == 200


def test_pipelined_requests_are_answered_in_order(daemon):
    import socket

    def request(name):
        body = json.dumps({"Name": name}).encode()
        return (b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSEvents.DescribeEventBus\r\nContent-Type: application/x-amz-json-1.1\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)) + body

    with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as connection:
        connection.sendall(b"".join(request(f"bus-{number}") for number in range(20)))
        received = b""
        while received.count(b"does not exist.") < 20:
            data = connection.recv(65536)
            assert data, received
            received += data
    order = [int(match) for match in re.findall(rb"Event bus bus-(\d+) does not exist", received)]
    assert order == list(range(20))
