"""Receivers that misbehave on the wire, against the whole delivery: what each is taken for, how often it is called, and that nothing is
lost or taken for delivered that was not. What the HTTP client makes of each by itself: tests/unit/net/http_client_hostile_test.cpp."""

import contextlib
import itertools
import json
import socket
import struct
import threading

import pytest
from aws_clients import Aws
from daemon import Daemon
from until import until

covers = pytest.mark.covers
WHOLE = b"HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def daemon():
    arguments = ["--durability", "memory", "--allow-http-targets", "--retry-delay-base", "1ms", "--retry-delay-max", "2ms"]
    with Daemon(arguments) as running:
        yield running


@pytest.fixture
def aws(daemon):
    return Aws(daemon.endpoint)


class RawServer:
    """behave(connection, number) is called for each connection, once its request has come; `.requests` are their bodies."""

    def __init__(self, behave):
        self.behave, self.requests = behave, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            for number in itertools.count():
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        with connection, contextlib.suppress(OSError):
            head, body = read_head(connection)
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            while len(body) < length:
                body += connection.recv(length - len(body))
            self.requests.append(json.loads(body))
            self.behave(connection, number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def read_head(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def deliver_to(aws, server, **target):
    aws.events.put_rule(Name="r", EventPattern='{"source": ["test"]}')
    assert aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": server.url, **target}])["FailedEntryCount"] == 0
    return aws.put()


def ended(aws, daemon, outcome):
    """How many attempts at the account's target came to `outcome`, once its lane is empty."""
    def of(name):
        return [(series, value) for series, value in daemon.metrics().items() if series.startswith(name) and aws.account in series]
    until(lambda: all(value == 0 for _, value in of("eventbus_outbox_messages{")))
    return sum(value for series, value in of("eventbus_target_attempts_total{") if f'outcome="{outcome}"' in series)


@covers("events.PutEvents")
@pytest.mark.parametrize("with_reset", [False, True])
def test_an_answer_that_is_cut_at_any_byte_is_tried_again(aws, daemon, with_reset):
    def behave(connection, number):
        connection.sendall(WHOLE[:number])
        if number < len(WHOLE) and with_reset:
            reset(connection)

    with RawServer(behave) as server:
        event_id = deliver_to(aws, server)
        assert ended(aws, daemon, "delivered") == 1
        # A cut leaves no connection to use again, so each attempt was one; the first that got the whole answer was the last.
        assert len(server.requests) == len(WHOLE) + 1 == ended(aws, daemon, "retryable") + 1
        assert {event["id"] for event in server.requests} == {event_id}


@covers("events.PutEvents")
def test_a_huge_answer_in_chunks_is_a_delivery(aws, daemon):
    def behave(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1_000_000):  # 64 GB, if anybody read them
            connection.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    with RawServer(behave) as server:
        deliver_to(aws, server)
        assert ended(aws, daemon, "delivered") == 1
        assert len(server.requests) == 1
    assert daemon.metrics()["process_resident_memory_bytes"] < 300 << 20


@covers("events.PutEvents", "sqs.ReceiveMessage")
@pytest.mark.parametrize("answer, code", [
    (b"SSH-2.0-OpenSSH_9.2\r\n", "ERROR_FROM_TARGET"),
    (b"HTTP/1.1 200 OK\r\n" + b"X-Header: and another\r\n" * 100_000, "ERROR_FROM_TARGET"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "CONNECTION_FAILURE"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "ERROR_FROM_TARGET"),
], ids=["not HTTP", "endless headers", "half an answer", "a redirect"])
def test_what_is_no_answer_ends_in_the_dead_letter_queue(aws, daemon, answer, code):
    letters = aws.create_queue("letters")
    with RawServer(lambda connection, _: connection.sendall(answer)) as server:
        event_id = deliver_to(aws, server, RetryPolicy={"MaximumRetryAttempts": 2}, DeadLetterConfig={"Arn": letters.arn})
        [letter] = letters.receive(wait=20)
        assert json.loads(letter["Body"])["id"] == event_id
        assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == code
        assert len(server.requests) == (1 if b"302" in answer else 3)
