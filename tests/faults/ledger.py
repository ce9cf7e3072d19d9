"""Load for the fault tests, and the book it keeps of what the daemon has promised.

The promises, checked by Ledger:
  - an acknowledged event is received at least once;
  - nothing is received that was not put;
  - a message whose delete was acknowledged is never received by a request sent after that;
  - a rule's description is the one acknowledged last, or one attempted since.
"""

import contextlib
import itertools
import json
import random
import threading
import time

from raw_aws import Gone, RawAws, Refused

QUEUE = "ledger"
RULE = "ledger"
CONFIG_RULE = "config"
VISIBILITY_SECONDS = 2


class Ledger:
    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.attempted = set()
        self.acknowledged = set()
        self.seen = set()
        self.deleted = {}  # event: when its delete was acknowledged
        self.config_attempted = 0
        self.config_acknowledged = 0
        self.violations = []
        self.refusals = []
        self._cut_began = self._cut_ended = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def new_events(self, count):
        numbers = [next(self._numbers) for _ in range(count)]
        with self._lock:
            self.attempted.update(numbers)
        return numbers

    @contextlib.contextmanager
    def power_cut(self):
        """Around the cut. An answer to a request that was under way reaches nobody once the power is gone, so it says nothing: and
        the kernel does answer some fdatasync calls that are in flight with success when ext4 is shut down (a bare loop of write and
        fdatasync over a preallocated file loses its last "synced" record in 4 of 30 forced shutdowns, Linux 6.18). A success for a request that
        was sent after the cut is a lie."""
        self._cut_began = time.monotonic()
        yield
        self._cut_ended = time.monotonic()

    def power_is_back(self):
        self._cut_began = self._cut_ended = None

    def _counts(self, sent_at):
        if self._cut_began is None:
            return True
        if self._cut_ended is not None and sent_at > self._cut_ended:
            self.violations.append("success was answered to a request sent after the power was gone")
        return False

    def acknowledge(self, numbers, sent_at):
        with self._lock:
            if self._counts(sent_at):
                self.acknowledged.update(numbers)

    def received(self, numbers, asked_at):
        with self._lock:
            for number in numbers:
                if number not in self.attempted:
                    self.violations.append(f"event {number} was received but never put")
                if self.deleted.get(number, asked_at) < asked_at:
                    self.violations.append(f"event {number} came back after its acknowledged delete")
            self.seen.update(numbers)

    def delete_acknowledged(self, numbers, sent_at):
        now = time.monotonic()
        with self._lock:
            if self._counts(sent_at):
                for number in numbers:
                    self.deleted.setdefault(number, now)

    def config_acknowledge(self, value, sent_at):
        with self._lock:
            if self._counts(sent_at):
                self.config_acknowledged = value

    def check_config(self, aws):
        description = int(aws.call("events", "DescribeRule", Name=CONFIG_RULE)["Description"])
        if not self.config_acknowledged <= description <= self.config_attempted:
            self.violations.append(f"the rule says {description}; acknowledged is {self.config_acknowledged}, attempted "
                                   f"{self.config_attempted}")

    def check(self):
        """After the last drain: raises with everything that is wrong."""
        missing = sorted(self.acknowledged - self.seen)
        if missing:
            self.violations.append(f"{len(missing)} acknowledged events were never received: {missing[:20]} …")
        assert not self.violations, f"seed {self.seed}:\n" + "\n".join(self.violations[:20])

    def summary(self):
        return (f"seed {self.seed}: {len(self.acknowledged)} events acknowledged of {len(self.attempted)} put, {len(self.seen)} "
                f"received, {len(self.deleted)} deletes acknowledged, configuration {self.config_acknowledged} of "
                f"{self.config_attempted}, {len(self.refusals)} refusals")


def set_up(port):
    """The queue and the rules of the load; the queue's URL."""
    aws = RawAws(port)
    url = aws.create_queue(QUEUE, VisibilityTimeout=str(VISIBILITY_SECONDS))
    aws.rule_to_queue(RULE, {"source": ["ledger"]}, QUEUE)
    aws.call("events", "PutRule", Name=CONFIG_RULE, EventPattern='{"source":["never"]}', State="DISABLED", Description="0")
    aws.close()
    return url


class Load:
    """Threads that put, receive, delete and configure until stop(), or until their connection breaks.

    With `through_refusals` an error answer is noted and the thread goes on: a full disk. Otherwise it is noted and ends it.
    """

    def __init__(self, port, queue_url, ledger, putters=3, consumers=2, through_refusals=False, paddings=(10, 200, 2000)):
        self._port, self._url, self._ledger = port, queue_url, ledger
        self._through_refusals, self._paddings = through_refusals, paddings
        self._stop = threading.Event()
        work = [self._put] * putters + [self._consume] * consumers + [self._configure]
        self._threads = [threading.Thread(target=self._run, args=(step, ledger.random.getrandbits(64)), daemon=True)
                         for step in work]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client thread hangs: the daemon neither answers nor closes"

    def _run(self, step, seed):
        chance = random.Random(seed)
        aws = RawAws(self._port)
        while not self._stop.is_set():
            try:
                step(aws, chance)
            except Refused as refusal:
                self._ledger.refusals.append(refusal)
                if not self._through_refusals:
                    return
                self._stop.wait(0.02)
            except Gone:
                return

    def _put(self, aws, chance):
        numbers = self._ledger.new_events(chance.choice((1, 1, 3, 10)))
        padding = "x" * chance.choice(self._paddings)
        sent_at = time.monotonic()
        answer = aws.call("events", "PutEvents", Entries=[
            {"Source": "ledger", "DetailType": "numbered", "Detail": json.dumps({"number": number, "padding": padding})}
            for number in numbers])
        self._ledger.acknowledge((number for number, entry in zip(numbers, answer["Entries"]) if "EventId" in entry),
                                 sent_at)

    def _consume(self, aws, chance):
        take(aws, self._url, self._ledger, wait=1, keep_probability=0.1 if chance.random() < 0.5 else 0)

    def _configure(self, aws, chance):
        ledger = self._ledger
        ledger.config_attempted += 1
        sent_at = time.monotonic()
        aws.call("events", "PutRule", Name=CONFIG_RULE, EventPattern='{"source":["never"]}', State="DISABLED",
                 Description=str(ledger.config_attempted))
        ledger.config_acknowledge(ledger.config_attempted, sent_at)
        self._stop.wait(chance.uniform(0, 0.02))


def take(aws, queue_url, ledger, wait=0, keep_probability=0.0):
    """Receives up to ten and deletes them, keeping some for later; how many were received."""
    asked_at = time.monotonic()
    messages = aws.receive(queue_url, wait=wait)
    numbers = [json.loads(message["Body"])["detail"]["number"] for message in messages]
    ledger.received(numbers, asked_at)
    chosen = [i for i in range(len(messages)) if ledger.random.random() >= keep_probability]
    if chosen:
        sent_at = time.monotonic()
        done = aws.delete(queue_url, [messages[i] for i in chosen])
        ledger.delete_acknowledged([numbers[chosen[i]] for i in done], sent_at)
    return len(messages)


def drain(port, queue_url, ledger, seconds=120):
    """Receives and deletes until the queue says it is empty, what is in flight included."""
    aws = RawAws(port)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not take(aws, queue_url, ledger, wait=1) and aws.depth(queue_url) == 0:
            aws.close()
            return
    raise AssertionError(f"the queue is not empty after {seconds} s: {aws.depth(queue_url)} messages are left")
