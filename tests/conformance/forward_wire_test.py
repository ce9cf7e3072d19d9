"""What a forwarded delivery looks like on the wire is what boto3 sends for the same call: both are recorded and held side by side."""

import contextlib
import http.server
import json
import re
import threading
import urllib.parse

import boto3
import pytest
from botocore.config import Config

from aws_clients import SPEAKS_QUERY, Aws, new_account
from forwarding import ROLE, forwarding_daemon, rule_to
from until import until

FAR = "444455556666"
REGION = "us-east-1"
SECRETS = {"aws_access_key_id": "AKIDNEAR", "aws_secret_access_key": "near-secret", "region_name": REGION}

ANSWERS = {
    "AWSEvents.PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]},
    "AmazonSQS.SendMessageBatch": {"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}], "Failed": []},
    "Kinesis_20131202.PutRecord": {"ShardId": "s", "SequenceNumber": "1"},
    "Firehose_20150804.PutRecord": {"RecordId": "r"},
    "AWSStepFunctions.StartExecution": {"executionArn": "a", "startDate": 1},
    "Logs_20140328.CreateLogStream": {},
    "Logs_20140328.PutLogEvents": {},
}
PUBLISHED = ("<PublishResponse xmlns='http://sns.amazonaws.com/doc/2010-03-31/'><PublishResult><MessageId>m</MessageId></PublishResult>"
             "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>")


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        target = self.headers.get("X-Amz-Target", "")
        if "/invocations" in self.path:
            self.answer(202, b"")
        elif target:
            self.answer(200, json.dumps(ANSWERS[target]).encode())
        else:
            self.answer(200, PUBLISHED.encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def recorder():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def world():
    with recorder() as server:
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        with forwarding_daemon(f'  - accounts: ["{FAR}"]\n    endpoint: {endpoint}\n') as daemon:
            yield server, endpoint, daemon


def recorded(server, count):
    until(lambda: len(server.seen) >= count, what=f"request {count}")
    seen, server.seen[:] = list(server.seen), []
    return seen


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def what_matters(request):
    """Path, what names the operation, the type, what is signed and for what, and the body."""
    path, headers, body = request
    authorization = headers["authorization"]
    signed = set(re.search("SignedHeaders=([^,]*)", authorization).group(1).split(";"))
    scope = re.search("Credential=([^,]*)", authorization).group(1).split("/")
    shown = {name: headers.get(name) for name in ("content-type", "x-amz-target", "x-amz-invocation-type", "x-amzn-query-mode",
                                                  "x-amzn-trace-id", "host")}
    text = body.decode()
    if text.startswith("{") and "x-amz-target" in headers:
        text = json.loads(text)
    elif headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        text = sorted(urllib.parse.parse_qsl(text, strict_parsing=True))
    return {"path": path, "headers": shown, "signed": signed - {"amz-sdk-invocation-id", "amz-sdk-request"},
            "scope": [scope[0], *scope[2:]], "body": text}


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{FAR}:{resource}"


TRACE = "Root=1-67891233-abcdef012345678912345678"
CASES = {
    "events": (arn("events", "event-bus/b"), {"RoleArn": ROLE}),
    "sqs": (arn("sqs", "q"), {}),
    "fifo": (arn("sqs", "q.fifo"), {"SqsParameters": {"MessageGroupId": "g"}}),
    "sns": (arn("sns", "topic"), {}),
    "lambda": (arn("lambda", "function:f"), {}),
    "kinesis": (arn("kinesis", "stream/s"), {"RoleArn": ROLE, "KinesisParameters": {"PartitionKeyPath": "$.detail.key"}}),
    "firehose": (arn("firehose", "deliverystream/d"), {"RoleArn": ROLE}),
    "states": (arn("states", "stateMachine:m"), {"RoleArn": ROLE}),
    "logs": (arn("logs", "log-group:/aws/events/g"), {}),
}


def same_call(case, endpoint, event, ours):
    """The call that boto3 makes for that delivery. Names that are made up for each delivery are taken from ours."""
    def client(service, **config):
        return boto3.client(service, endpoint_url=endpoint, config=Config(retries={"max_attempts": 0}, **config), **SECRETS)

    parsed = json.loads(event)
    if case == "events":
        client("events").put_events(Entries=[{
            "EventBusName": arn("events", "event-bus/b"), "Source": parsed["source"], "DetailType": parsed["detail-type"],
            "Detail": json.dumps(parsed["detail"], separators=(",", ":")), "Resources": parsed["resources"], "Time": parsed["time"],
            "TraceHeader": TRACE}])
    elif case in ("sqs", "fifo"):
        name = "q.fifo" if case == "fifo" else "q"
        entry = {"Id": "0", "MessageBody": event,
                 "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}}
        if case == "fifo":
            entry["MessageGroupId"] = "g"
        client("sqs").send_message_batch(QueueUrl=f"{endpoint}/{FAR}/{name}", Entries=[entry])
    elif case == "sns":
        client("sns").publish(TopicArn=arn("sns", "topic"), Message=event)
    elif case == "lambda":
        client("lambda").invoke(FunctionName=arn("lambda", "function:f"), InvocationType="Event", Payload=event)
    elif case == "kinesis":
        client("kinesis").put_record(StreamARN=arn("kinesis", "stream/s"), Data=event, PartitionKey='"k"')
    elif case == "firehose":
        client("firehose").put_record(DeliveryStreamName="d", Record={"Data": event})
    elif case == "states":
        client("stepfunctions").start_execution(stateMachineArn=arn("states", "stateMachine:m"), name=json.loads(ours[0][2])["name"],
                                                input=event)
    elif case == "logs":
        stream = json.loads(ours[0][2])["logStreamName"]
        assert UUID.fullmatch(stream)
        client("logs").create_log_stream(logGroupName="/aws/events/g", logStreamName=stream)
        client("logs").put_log_events(logGroupName="/aws/events/g", logStreamName=stream,
                                      logEvents=[{"timestamp": 1767323045000, "message": event}])


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_delivery_is_the_call_that_boto3_makes(world, case):
    if SPEAKS_QUERY:
        pytest.skip("this client speaks SQS's older protocol, and lacks StreamARN")
    server, endpoint, daemon = world
    aws = Aws(daemon.endpoint, new_account())
    target, parameters = CASES[case]
    rule_to(aws, f"wire-{case}", target, **parameters)
    # A witness: the same event in a queue of this daemon.
    witness = aws.create_queue(f"witness-{case}")
    aws.events.put_targets(Rule=f"wire-{case}", Targets=[{"Id": "witness", "Arn": witness.arn}])
    aws.put(f"wire-{case}", "Ä type", '{"key":"k","n":1.50,"text":"+&= \\u00e9"}', Time="2026-01-02T03:04:05Z", Resources=["r"],
            TraceHeader=TRACE)
    event = witness.body(wait=5)
    count = 2 if case == "logs" else 1
    ours = recorded(server, count)
    if case == "events":
        assert json.loads(ours[0][2])["Entries"][0]["Detail"] == '{"key":"k","n":1.50,"text":"+&= \\u00e9"}', "to the letter"
    same_call(case, endpoint, event, ours)
    theirs = recorded(server, count)
    mine, wanted = [what_matters(request) for request in ours], [what_matters(request) for request in theirs]
    if case == "events":  # boto3 was given the detail as Python writes it
        for each in mine + wanted:
            each["body"]["Entries"][0]["Detail"] = json.loads(each["body"]["Entries"][0]["Detail"])
    if case == "lambda":  # boto3 signs no trace header; its payload has no type
        wanted[0]["headers"]["x-amzn-trace-id"] = TRACE
    assert mine == wanted
