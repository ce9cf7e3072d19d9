"""kill -9 under load with a real HTTP receiver: no accepted event is missing, and only what was not settled comes twice.

EVENTBUS_LONG_TESTS=1 (./test --long) makes it 500 rounds, EVENTBUS_FAULT_ROUNDS=N any number; EVENTBUS_FAULT_SEED=N repeats the choices of a
run (not its races).
"""

import itertools
import json
import os
import random
import threading
import time

from daemon import Daemon
from raw_aws import Gone, RawAws, Refused
from delivery_receiver import Receiver, create_connection, create_destination, wait_until_empty

ROUNDS = int(os.environ.get("EVENTBUS_FAULT_ROUNDS", "500" if os.environ.get("EVENTBUS_LONG_TESTS") else "15"))
SEED = int(os.environ.get("EVENTBUS_FAULT_SEED", random.SystemRandom().getrandbits(32)))
ROLE = "arn:aws:iam::000000000000:role/r"
# From a receiver's answer to the durable acknowledgement of a delivery: one commit, on a disk that others use too.
SETTLED_WITHIN_SECONDS = 3


class Book:
    def __init__(self):
        self.attempted, self.acknowledged, self.refusals = set(), set(), []
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()


def put_until_gone(port, book, stop):
    aws = RawAws(port)
    while not stop.is_set():
        with book.lock:
            numbers = [next(book.numbers) for _ in range(5)]
            book.attempted.update(numbers)
        try:
            answer = aws.call("events", "PutEvents", Entries=[
                {"Source": "kill", "DetailType": "numbered", "Detail": json.dumps({"number": number})} for number in numbers])
        except Gone:
            return
        except Refused as refusal:
            book.refusals.append(refusal)
            return
        with book.lock:
            book.acknowledged.update(n for n, entry in zip(numbers, answer["Entries"]) if "EventId" in entry)
        stop.wait(0.03)


def rule_to(aws, rule, targets):
    aws.call("events", "PutRule", Name=rule, EventPattern='{"source":["kill"]}')
    answer = aws.call("events", "PutTargets", Rule=rule, Targets=targets)
    assert answer["FailedEntryCount"] == 0, answer


def test_accepted_events_reach_their_http_targets_through_kill_9():
    chance = random.Random(SEED)
    flaky = lambda path, number: 503 if path == "/flaky" and random.random() < 0.3 else 200  # noqa: E731
    receiver, book, kills = Receiver(flaky), Book(), []
    # Retries come quickly, so that the end need not be waited for.
    arguments = ["--durability", "sync", "--retry-delay-max", "500ms"]
    try:
        with Daemon(arguments) as daemon:
            aws = RawAws(daemon.port)
            create_connection(aws)
            for name in ("steady", "flaky"):
                rule_to(aws, name, [{"Id": "t", "Arn": create_destination(aws, receiver, name), "RoleArn": ROLE}])
            aws.close()
            for _ in range(ROUNDS):
                stop = threading.Event()
                putters = [threading.Thread(target=put_until_gone, args=(daemon.port, book, stop)) for _ in range(3)]
                for putter in putters:
                    putter.start()
                time.sleep(chance.uniform(0.05, 0.4))
                kills.append(time.monotonic())
                daemon.kill()
                stop.set()
                for putter in putters:
                    putter.join(60)
                daemon.start()
            left = wait_until_empty(daemon, 120)
            assert left == 0, f"{left} deliveries still wait"
            # And without a kill nothing comes twice.
            quiet_from = next(book.numbers)
            putter = threading.Thread(target=put_until_gone, args=(daemon.port, book, stop := threading.Event()))
            putter.start()
            time.sleep(1)
            stop.set()
            putter.join(60)
            left = wait_until_empty(daemon, 60)
            assert left == 0, f"{left} deliveries still wait"
    finally:
        receiver.close()

    delivered = receiver.snapshot()
    repeats = {key: times for key, times in delivered.items() if len(times) > 1}
    print(f"seed {SEED}, {ROUNDS} rounds: {len(book.acknowledged)} events acknowledged of {len(book.attempted)} put, "
          f"{len(delivered)} deliveries, {sum(len(times) - 1 for times in repeats.values())} repeated, "
          f"{receiver.attempts} attempts")
    assert not receiver.unknown and not book.refusals, (receiver.unknown[:3], book.refusals[:3])
    for path in ("/steady", "/flaky"):
        seen = {number for target, number in delivered if target == path}
        assert book.acknowledged <= seen, f"seed {SEED}: lost on {path}: {sorted(book.acknowledged - seen)[:20]}"
        assert seen <= book.attempted, f"seed {SEED}: never put: {sorted(seen - book.attempted)[:20]}"
    quiet = {number for _, number in delivered if number > quiet_from}
    assert len(quiet) > 10 and not [key for key in repeats if key[1] > quiet_from], f"seed {SEED}: {repeats}"
    # An event is delivered again only if the daemon was killed before its first delivery was settled.
    for key, times in repeats.items():
        for first in times[:-1]:
            assert any(first - 0.5 <= kill <= first + SETTLED_WITHIN_SECONDS for kill in kills), \
                f"seed {SEED}: {key} was repeated although nothing was killed: {times}"
    # A run in which nothing happened would prove nothing.
    assert len(book.acknowledged) > 5 * ROUNDS
