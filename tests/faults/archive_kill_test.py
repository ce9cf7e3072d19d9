"""kill -9 under load: an archive holds every acknowledged event, and exactly those that the rule's queue got of the same commits.

EVENTBUS_LONG_TESTS=1 (./test --long) makes it 300 rounds, EVENTBUS_FAULT_ROUNDS=N any number; EVENTBUS_FAULT_SEED=N repeats the choices of a
run (not its races).
"""

import json
import os
import random
import threading
import time

from daemon import Daemon
from raw_aws import Gone, RawAws

ROUNDS = int(os.environ.get("EVENTBUS_FAULT_ROUNDS", "300" if os.environ.get("EVENTBUS_LONG_TESTS") else "12"))
SEED = int(os.environ.get("EVENTBUS_FAULT_SEED", random.SystemRandom().getrandbits(32)))
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"


class Book:
    def __init__(self):
        self.attempted = self.acknowledged = 0
        self.lock = threading.Lock()


def put_until_gone(port, book, seed):
    aws, chance = RawAws(port), random.Random(seed)
    while True:
        count = chance.choice((1, 3, 10))
        with book.lock:
            book.attempted += count
        entries = [{"Source": "kill", "DetailType": "t", "Detail": json.dumps({"padding": "x" * chance.choice((10, 200, 2000))})}] * count
        try:
            answer = aws.call("events", "PutEvents", Entries=entries)
        except Gone:
            return
        assert answer["FailedEntryCount"] == 0, answer
        with book.lock:
            book.acknowledged += count


def test_archive_and_queue_agree_after_every_kill():
    chance, book = random.Random(SEED), Book()
    with Daemon(["--durability", "sync"]) as daemon:
        aws = RawAws(daemon.port)
        queue = aws.create_queue("all")
        aws.rule_to_queue("all", {"source": ["kill"]}, "all")
        aws.call("events", "CreateArchive", ArchiveName="all", EventSourceArn=BUS)
        aws.call("events", "CreateArchive", ArchiveName="none", EventSourceArn=BUS, EventPattern='{"source":["never"]}')
        aws.close()
        bytes_before = 0
        for _ in range(ROUNDS):
            putters = [threading.Thread(target=put_until_gone, args=(daemon.port, book, chance.getrandbits(64))) for _ in range(3)]
            for putter in putters:
                putter.start()
            time.sleep(chance.uniform(0.05, 0.4))
            daemon.kill()
            for putter in putters:
                putter.join(60)
            daemon.start()
            aws = RawAws(daemon.port)
            archive = aws.call("events", "DescribeArchive", ArchiveName="all")
            depth = aws.depth(queue)
            assert aws.call("events", "DescribeArchive", ArchiveName="none")["EventCount"] == 0
            aws.close()
            assert archive["EventCount"] == depth, f"seed {SEED}: one commit, two numbers"
            assert book.acknowledged <= archive["EventCount"] <= book.attempted, f"seed {SEED}"
            assert archive["SizeBytes"] >= bytes_before
            bytes_before = archive["SizeBytes"]
    print(f"seed {SEED}: {book.acknowledged} events acknowledged of {book.attempted}, {archive['EventCount']} archived")
    assert book.acknowledged > 10 * ROUNDS
