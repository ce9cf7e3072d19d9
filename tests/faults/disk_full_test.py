"""A disk that runs full under the daemon, and has space again later. Needs root (a small loop-mounted ext4)."""

import json
import random
import time

import pytest

import ledger as book
from daemon import Daemon
from loop_disk import LoopDisk
from raw_aws import RawAws, Refused

SEED = random.SystemRandom().getrandbits(32)


@pytest.fixture
def disk():
    with LoopDisk(megabytes=96) as small:
        yield small


def put(aws, ledger, size=2000):
    numbers = ledger.new_events(1)
    aws.call("events", "PutEvents", Entries=[{"Source": "ledger", "DetailType": "numbered",
                                              "Detail": json.dumps({"number": numbers[0], "padding": "x" * size})}])
    ledger.acknowledge(numbers, time.monotonic())


def put_until_refused(aws, ledger, requests_max=2_000):
    """The files that are open may still have some megabytes allocated: large events use them up."""
    for _ in range(requests_max):
        try:
            put(aws, ledger, size=100_000)
        except Refused as refusal:
            return refusal
    raise AssertionError(f"{requests_max} events were accepted by a full disk")


def until_accepted(call, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except Refused as refusal:
            assert refusal.status == 503, refusal
            assert time.monotonic() < deadline, f"still refused {seconds} s after there was space again: {refusal}"
            time.sleep(0.05)


def test_a_full_disk_refuses_writes_and_nothing_else(disk):
    ledger = book.Ledger(SEED)
    with Daemon(["--durability", "sync"], data_dir=disk.path / "data") as daemon:
        queue_url = book.set_up(daemon.port)
        aws = RawAws(daemon.port)
        for _ in range(50):
            put(aws, ledger)

        disk.fill()
        refusal = put_until_refused(aws, ledger)
        # AWS's shape, so that SDKs retry: 503 with a modelled name, a sentence, and a request id.
        assert refusal.status == 503, refusal
        assert refusal.code, refusal.body
        assert refusal.message, refusal.body
        assert refusal.headers["x-amzn-requestid"]
        with pytest.raises(Refused) as create:
            aws.create_queue("another")
        assert create.value.status == 503
        with pytest.raises(Refused) as send:
            aws.call("sqs", "SendMessage", QueueUrl=queue_url, MessageBody="x")
        assert send.value.status == 503

        # What needs no write goes on.
        assert aws.call("events", "ListRules")["Rules"]
        assert aws.depth(queue_url) == len(ledger.acknowledged)
        asked_at = time.monotonic()
        messages = aws.receive(queue_url)
        assert messages
        ledger.received([json.loads(message["Body"])["detail"]["number"] for message in messages], asked_at)
        assert daemon.request("GET", "/_eventbus/health").status == 200

        # Space again: all recovers without a restart.
        disk.free_space()
        until_accepted(lambda: put(aws, ledger))
        until_accepted(lambda: aws.create_queue("another"))
        for _ in range(50):
            put(aws, ledger)
        assert daemon.alive()

        # And what was acknowledged before, meanwhile and after is on the disk.
        daemon.kill()
        daemon.start()
        book.drain(daemon.port, queue_url, ledger)
        daemon.kill()
    ledger.check()


def test_a_disk_that_is_full_again_and_again_under_load_loses_nothing(disk):
    ledger = book.Ledger(SEED)
    with Daemon(["--durability", "sync"], data_dir=disk.path / "data") as daemon:
        queue_url = book.set_up(daemon.port)
        load = book.Load(daemon.port, queue_url, ledger, through_refusals=True, paddings=(50_000,))
        for _ in range(3):
            time.sleep(0.3)
            refusals = len(ledger.refusals)
            disk.fill()
            deadline = time.monotonic() + 20
            while len(ledger.refusals) == refusals:
                assert time.monotonic() < deadline, "the disk is full and nothing was refused"
                time.sleep(0.01)
            time.sleep(0.2)
            disk.free_space()
            probe = RawAws(daemon.port)
            until_accepted(lambda: put(probe, ledger))
        load.stop()
        assert daemon.alive()
        ledger.check_config(RawAws(daemon.port))
        daemon.kill()
        daemon.start()
        ledger.check_config(RawAws(daemon.port))
        book.drain(daemon.port, queue_url, ledger)
        daemon.kill()
    print(ledger.summary())
    assert not [refusal for refusal in ledger.refusals if refusal.status != 503]
    ledger.check()


def test_a_daemon_stops_in_order_on_a_full_disk(disk):
    ledger = book.Ledger(SEED)
    with Daemon(["--durability", "sync"], data_dir=disk.path / "data") as daemon:
        queue_url = book.set_up(daemon.port)
        aws = RawAws(daemon.port)
        disk.fill()
        put_until_refused(aws, ledger)
        assert daemon.stop() == 0, daemon.log_tail()
        disk.free_space()
        daemon.start()
        book.drain(daemon.port, queue_url, ledger)
        daemon.kill()
    ledger.check()


def test_a_daemon_cannot_start_on_a_full_disk_but_says_so(disk):
    disk.fill()
    with pytest.raises(Exception) as failure:
        Daemon(["--durability", "sync"], data_dir=disk.path / "data").start(ready_seconds=10)
    assert "No space left" in str(failure.value) or "full" in str(failure.value), failure.value
