"""Consumers that are killed in their long poll take no message with them: it would be hidden for the queue's visibility timeout,
half an hour for workers with long jobs."""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest

from until import until
from wire import credential

# A connection each.
resource.setrlimit(resource.RLIMIT_NOFILE, (min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 16_384),
                                            resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

WAITING = 'eventbus_requests_under_way{operation="ReceiveMessage",service="sqs"}'
VISIBILITY = 1800

# Each of the clients in a process polls until it is killed; told of on stdout once it is about to.
BOTO3 = """
import sys, threading, boto3
endpoint, account, url, count = sys.argv[1:]
def poll():
    sqs = boto3.session.Session().client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account,
                                         aws_secret_access_key="secret")
    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
threads = [threading.Thread(target=poll) for _ in range(int(count))]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
RAW = """
import socket, sys, time, urllib.parse
endpoint, _, request, count = sys.argv[1:]
where = urllib.parse.urlsplit(endpoint)
connections = [socket.create_connection((where.hostname, where.port)) for _ in range(int(count))]
for connection in connections: connection.sendall(request.encode())
time.sleep(600)
"""


def receive_request(account, url):
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 10})
    return (f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Authorization: {credential('sqs', account)}\r\nContent-Length: {len(body)}\r\n\r\n{body}")


class Consumers:
    """A process with so many long polls, all of them waiting when the block begins."""

    def __init__(self, daemon, script, account, what, count):
        self.daemon = daemon
        self.count = count
        self.process = subprocess.Popen([sys.executable, "-c", script, daemon.endpoint, account, what, str(count)])

    def __enter__(self):
        until(lambda: waiting(self.daemon) == self.count or self.process.poll() is not None, what="the last long poll")
        assert self.process.poll() is None
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *_):
        self.kill()


def waiting(daemon):
    return daemon.metrics().get(WAITING, 0)


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


@pytest.fixture
def queue(aws):
    dead = aws.create_queue("dead")
    return aws.create_queue("jobs", VisibilityTimeout=VISIBILITY,
                            RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}))


@pytest.mark.parametrize("count", [1, 5])
def test_what_is_sent_after_a_kill_is_for_the_next_receiver(daemon, aws, queue, count):
    with Consumers(daemon, BOTO3, aws.account, queue.url, count) as consumers:
        consumers.kill()
        queue.send("job")  # at once: nothing may rely on time to have passed
        message, = queue.receive(wait=20)
        assert message["Body"] == "job" and message["Attributes"]["ApproximateReceiveCount"] == "1"
        queue.delete(message)
    until(lambda: waiting(daemon) == 0, what="the end of the polls of those who are gone")


def test_of_those_who_poll_one_that_lives_gets_the_message(daemon, aws, queue):
    with Consumers(daemon, BOTO3, aws.account, queue.url, 5) as consumers:
        alive = subprocess.Popen([sys.executable, "-c", BOTO3, daemon.endpoint, aws.account, queue.url, "1"])
        until(lambda: waiting(daemon) == 6, what="the poll of the one that lives")
        consumers.kill()
        queue.send("job")
        assert alive.wait(20) == 0
        assert queue.depth() == (0, 1, 0), "taken, and not by those who are dead"
    until(lambda: waiting(daemon) == 0)


def test_a_thousand_that_are_gone_leave_nothing(daemon, aws, queue):
    open_before = until(lambda: daemon.metrics()["eventbus_connections"] <= 2 and descriptors(daemon), what="quiet")
    with Consumers(daemon, RAW, aws.account, receive_request(aws.account, queue.url), 1000) as consumers:
        assert descriptors(daemon) >= open_before + 999
        consumers.kill()
        queue.send("job")
        message, = queue.receive(wait=20)
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    until(lambda: waiting(daemon) == 0, what="the end of their polls")
    until(lambda: descriptors(daemon) <= open_before + 2, what="the end of their connections")
