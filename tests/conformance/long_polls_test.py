"""Thousands of long polls at once: all wait, none spins, each is woken by its own message (issue §4)."""

import json
import resource
import selectors
import socket
import time

from wire import Wire, credential, json_body

# The daemon starts with the soft limit of a usual shell, and must manage.
DAEMON_WRAPPER = ["bash", "-c", 'ulimit -Sn 1024; exec "$@"', "bash"]
# A connection each.
resource.setrlimit(resource.RLIMIT_NOFILE, (min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 16_384),
                                            resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

ACCOUNT = "665544332211"
WAITERS = 2000
QUEUES = 20


def receive_request(queue_url):
    body = json.dumps({"QueueUrl": queue_url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 1}).encode()
    return (f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Authorization: {credential('sqs', ACCOUNT)}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def answers(connections, seconds):
    """{connection: body} of all that answer within the time."""
    selector, received, buffers = selectors.DefaultSelector(), {}, {connection: b"" for connection in connections}
    for connection in connections:
        selector.register(connection, selectors.EVENT_READ)
    deadline = time.monotonic() + seconds
    while len(received) < len(connections) and (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            data = key.fileobj.recv(65536)
            assert data, "a waiting connection was closed"
            buffers[key.fileobj] += data
            head, separator, body = buffers[key.fileobj].partition(b"\r\n\r\n")
            if separator and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
                assert head.startswith(b"HTTP/1.1 200"), head
                received[key.fileobj] = json.loads(body)
                selector.unregister(key.fileobj)
    return received


def test_two_thousand_long_polls_are_each_woken_by_one_message(daemon):
    with Wire(daemon.endpoint, ACCOUNT) as wire:
        queues = [json_body(wire.call("sqs", "CreateQueue", {"QueueName": f"q{number}"}))["QueueUrl"] for number in range(QUEUES)]
        waiting = []
        for number in range(WAITERS):
            connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=30)
            connection.sendall(receive_request(queues[number % QUEUES]))
            waiting.append(connection)

        # While they wait they cost nothing, and other requests are served.
        for _ in range(10):  # the first intervals may still be spent on taking the requests in
            before, since = cpu_seconds(daemon.process.pid), time.monotonic()
            assert answers(waiting, 0.5) == {}
            busy = (cpu_seconds(daemon.process.pid) - before) / (time.monotonic() - since)
            if busy < 0.1:
                break
        assert busy < 0.1, "waiting long polls keep the processor busy"

        for batch in range(WAITERS // 10):
            reply = wire.call("sqs", "SendMessageBatch", {"QueueUrl": queues[batch % QUEUES], "Entries": [
                {"Id": str(number), "MessageBody": f"{batch}-{number}"} for number in range(10)]})
            assert reply.status == 200 and len(json_body(reply)["Successful"]) == 10

        received = answers(waiting, 18)
        assert len(received) == WAITERS, f"{WAITERS - len(received)} long polls were not woken"
        bodies = [message["Body"] for answer in received.values() for message in answer.get("Messages", [])]
        assert sorted(bodies) == sorted(f"{batch}-{number}" for batch in range(WAITERS // 10) for number in range(10))
        for connection in waiting:
            connection.close()
    assert daemon.request("GET", "/_eventbus/health").status == 200
