"""eventbusctl backup: a copy of a running daemon, and a daemon that goes on from it."""

import json
import os
import stat
import sys
import threading

import pytest

import eventbusctl
from daemon import Daemon
from raw_aws import Gone, RawAws

QUEUE_URL = "http://localhost/000000000000/jobs"


@pytest.fixture
def durable(tmp_path):
    with Daemon(data_dir=tmp_path / "data") as daemon:
        aws = RawAws(daemon.port)
        aws.call("sqs", "CreateQueue", QueueName="jobs")
        aws.call("events", "PutRule", Name="all", EventPattern='{"source":["shop"]}')
        aws.call("events", "PutTargets", Rule="all", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:jobs"}])
        yield daemon


def put(aws, number):
    aws.call("events", "PutEvents", Entries=[{"Source": "shop", "DetailType": "Sold", "Detail": json.dumps({"number": number})}])


def received(daemon):
    """The numbers of all events in the queue; they stay there."""
    aws, numbers = RawAws(daemon.port), []
    while True:
        messages = aws.call("sqs", "ReceiveMessage", QueueUrl=QUEUE_URL, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages", [])
        if not messages:
            return sorted(numbers)
        numbers += [json.loads(message["Body"])["detail"]["number"] for message in messages]


def backup(daemon, cwd, *arguments):
    return eventbusctl.run("backup", *arguments, cwd=cwd, environment={"EVENTBUS_ENDPOINT": daemon.endpoint})


def test_a_copy_under_load_has_everything_acknowledged_before(durable, tmp_path):
    acknowledged, stop = [], threading.Event()

    def client():
        aws, number = RawAws(durable.port), 0
        while not stop.is_set():
            try:
                put(aws, number)
            except Gone:
                return
            acknowledged.append(number)
            number += 1

    thread = threading.Thread(target=client)
    thread.start()
    copies = []
    for name in ("one", "two"):
        wanted = len(acknowledged) + 50
        while len(acknowledged) < wanted:
            assert thread.is_alive()
        before = len(acknowledged)
        done = backup(durable, tmp_path, name)
        assert (done.status, done.out) == (0, f"{tmp_path / name}\n"), done.error
        copies.append((tmp_path / name, before))
    durable.kill()
    stop.set()
    thread.join()
    for directory, before in copies:
        assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
        with Daemon(data_dir=directory) as restored:
            numbers = received(restored)
            assert numbers == list(range(len(numbers))) and len(numbers) >= before
            put(RawAws(restored.port), 1_000_000)  # rules and targets are there, too
            assert received(restored) == [1_000_000]


def test_a_name_is_a_directory_below_the_data(durable, tmp_path):
    put(RawAws(durable.port), 7)
    done = backup(durable, tmp_path, "--name", "monday", "--json")
    assert done.status == 0 and json.loads(done.out) == {"directory": str(tmp_path / "data" / "backups" / "monday")}
    again = backup(durable, tmp_path, "--name", "monday")
    assert again.status == 2 and "monday is there already" in again.error
    with Daemon(data_dir=tmp_path / "data" / "backups" / "monday") as restored:
        assert received(restored) == [7]
    assert received(durable) == [7]


def test_what_is_there_is_never_written_to(durable, tmp_path):
    (tmp_path / "there").mkdir()
    done = backup(durable, tmp_path, "there")
    assert done.status == 2 and "is there already" in done.error and list((tmp_path / "there").iterdir()) == []
    (tmp_path / "file").write_text("x")
    assert backup(durable, tmp_path, "file/copy").status == 2
    assert backup(durable, tmp_path).status == 2


@pytest.mark.parametrize(("body", "host", "status"), [
    ({"name": "../x"}, None, 400), ({"name": ".hidden"}, None, 400), ({"name": ""}, None, 400), ({"name": "a/b"}, None, 400),
    ({"directory": "relative"}, None, 400), ({"directory": ""}, None, 400), ({}, None, 400), ([], None, 400),
    ({"name": "a", "directory": "/b"}, None, 400), ({"name": 1}, None, 400),
    ({"directory": "DIRECTORY"}, "evil.example:4566", 403),  # a page whose name stands for this machine
])
def test_requests_that_are_refused_write_nothing(durable, tmp_path, body, host, status):
    if isinstance(body, dict) and body.get("directory") == "DIRECTORY":
        body = {"directory": str(tmp_path / "copy")}
    headers = {"Content-Type": "application/json"} | ({"Host": host} if host else {})
    reply = durable.request("POST", "/_eventbus/backup", json.dumps(body), headers)
    assert reply.status == status and json.loads(reply.body)["error"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert not (tmp_path / "data" / "backups").exists()


def test_a_daemon_that_others_reach_writes_below_its_data_alone(tmp_path):
    widely = "import os, sys; a = [x.replace('127.0.0.1:', '0.0.0.0:') for x in sys.argv[1:]]; os.execv(a[0], a)"
    with Daemon(data_dir=tmp_path / "data", wrapper=[sys.executable, "-c", widely]) as daemon:
        done = backup(daemon, tmp_path, "copy")
        assert done.status == 2 and "give a name in place of a directory" in done.error and not (tmp_path / "copy").exists()
        assert backup(daemon, tmp_path, "--name", "copy").status == 0


def test_data_in_memory_cannot_be_copied(daemon, tmp_path):
    done = backup(daemon, tmp_path, "copy")
    assert done.status == 2 and "nothing to copy" in done.error and not (tmp_path / "copy").exists()
