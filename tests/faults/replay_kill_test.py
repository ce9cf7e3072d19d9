"""kill -9 while replays run: every event of the window is delivered, and as often as it should be.

What goes to queues is in the commit that says how far the replay is, so nothing comes twice; the test counts, and says so. EVENTBUS_LONG_TESTS=1
(./test --long) makes it 200 rounds, EVENTBUS_FAULT_ROUNDS=N any number; EVENTBUS_FAULT_SEED=N repeats the choices of a run (not its races).
"""

import collections
import json
import os
import random
import time

from daemon import Daemon
from raw_aws import Gone, RawAws
from until import until

ROUNDS = int(os.environ.get("EVENTBUS_FAULT_ROUNDS", "200" if os.environ.get("EVENTBUS_LONG_TESTS") else "10"))
SEED = int(os.environ.get("EVENTBUS_FAULT_SEED", random.SystemRandom().getrandbits(32)))
EVENTS = 4_000
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/all"
BEGIN = 1_767_323_045


def fill(aws, chance):
    """Events of a thousand different seconds, out of order, some outside of the window: the numbers of those inside."""
    inside = set()
    for first in range(0, EVENTS, 10):
        entries = []
        for number in range(first, first + 10):
            at = BEGIN + chance.randrange(-100, 1_000)
            if BEGIN <= at < BEGIN + 900:
                inside.add(number)
            entries.append({"Source": "kill", "DetailType": "t", "Time": at, "Detail": json.dumps({"n": number})})
        answer = aws.call("events", "PutEvents", Entries=entries)
        assert answer["FailedEntryCount"] == 0, answer
    return inside


def drain(aws, queue):
    seen = collections.Counter()
    while messages := aws.receive(queue):
        for message in messages:
            event = json.loads(message["Body"])
            seen[event["replay-name"], event["detail"]["n"]] += 1
        aws.delete(queue, messages)
    return seen


def is_completed(aws, name):
    replay = aws.call("events", "DescribeReplay", ReplayName=name)
    assert replay["State"] in ("STARTING", "RUNNING", "COMPLETED"), f"seed {SEED}: {replay}"
    return replay["State"] == "COMPLETED"


def test_replays_survive_kill_9():
    chance, seen = random.Random(SEED), collections.Counter()
    with Daemon(["--durability", "sync"]) as daemon:
        aws = RawAws(daemon.port)
        queue = aws.create_queue("all")
        aws.rule_to_queue("all", {"replay-name": [{"exists": True}]}, "all")
        aws.call("events", "CreateArchive", ArchiveName="all", EventSourceArn=BUS)
        inside = fill(aws, chance)
        names, kills = [], 0
        for round_number in range(ROUNDS):
            name = f"round-{round_number}"
            names.append(name)
            aws.call("events", "StartReplay", ReplayName=name, EventSourceArn=ARCHIVE, EventStartTime=BEGIN, EventEndTime=BEGIN + 900,
                     Destination={"Arn": BUS})
            # One kill or several, at any moment of it.
            for _ in range(chance.randrange(1, 4)):
                time.sleep(chance.uniform(0, 0.08))
                if aws.call("events", "DescribeReplay", ReplayName=name)["State"] in ("STARTING", "RUNNING"):
                    kills += 1
                daemon.kill()
                daemon.start()
                aws = RawAws(daemon.port)
            until(lambda: is_completed(aws, name), 60, f"seed {SEED}: the end of {name}")
            seen += drain(aws, queue)
        try:
            aws.close()
        except Gone:
            pass

    repeated = sum(count - 1 for count in seen.values())
    print(f"seed {SEED}, {ROUNDS} replays, {kills} of the kills while one ran: {len(seen)} deliveries, {repeated} repeated")
    for name in names:
        got = {number for replay, number in seen if replay == name}
        assert got == inside, f"seed {SEED}: {name} lost {sorted(inside - got)[:10]}, brought what is not in the window {sorted(got - inside)[:10]}"
    assert repeated == 0, f"seed {SEED}: the place and the messages are one commit"
    assert kills > 0, f"seed {SEED}: no kill met a replay that ran, which proves nothing"
