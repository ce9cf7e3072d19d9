"""eventbusctl replay: archived events again, what that would do, out to a file and in from one."""

import json
import os
import pty
import subprocess
import threading
import time

import pytest

import eventbusctl
from daemon import Daemon
from raw_aws import RawAws

REGION = "us-east-1"
BEGIN = 1_767_323_045  # 2026-01-02T03:04:05Z


class World:
    """An account of its own with an archive `all`, a rule that takes replayed events, and the rule's queue."""

    counter = 222200000000

    def __init__(self, daemon, cwd):
        World.counter += 1
        self.account, self.daemon, self.cwd = str(World.counter), daemon, cwd
        self.aws = RawAws(daemon.port, account=self.account)
        self.archive("all")
        self.rule("replayed", {"replay-name": [{"exists": True}]})

    def bus_arn(self, name="default"):
        return f"arn:aws:events:{REGION}:{self.account}:event-bus/{name}"

    def rule_arn(self, name):
        return f"arn:aws:events:{REGION}:{self.account}:rule/{name}"

    def archive(self, name, bus="default", **more):
        self.aws.call("events", "CreateArchive", ArchiveName=name, EventSourceArn=self.bus_arn(bus), **more)

    def rule(self, name, pattern, bus="default", queue=None):
        queue = queue or name
        self.aws.call("sqs", "CreateQueue", QueueName=queue)
        self.aws.call("events", "PutRule", Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        self.aws.call("events", "PutTargets", Rule=name, EventBusName=bus, Targets=[
            {"Id": "t", "Arn": f"arn:aws:sqs:{REGION}:{self.account}:{queue}"}])

    def put(self, *numbers, source="shop"):
        """Event n happened n seconds after BEGIN."""
        for first in range(0, len(numbers), 10):
            entries = [{"Source": source, "DetailType": "d", "Detail": json.dumps({"n": n}), "Time": BEGIN + n} for n in numbers[first:first + 10]]
            assert self.aws.call("events", "PutEvents", Entries=entries)["FailedEntryCount"] == 0

    def take(self, queue="replayed"):
        url, events = f"http://localhost/{self.account}/{queue}", []
        while messages := self.aws.receive(url):
            events += [json.loads(message["Body"]) for message in messages]
            self.aws.delete(url, messages)
        return events

    def numbers(self, queue="replayed"):
        return [event["detail"]["n"] for event in self.take(queue)]

    @property
    def environment(self):
        return {"EVENTBUS_ENDPOINT": self.daemon.endpoint, "AWS_ACCESS_KEY_ID": self.account, "AWS_REGION": REGION}

    def ctl(self, *arguments, stdin=b""):
        return eventbusctl.run("replay", *arguments, cwd=self.cwd, stdin=stdin, environment=self.environment)


@pytest.fixture
def world(daemon, tmp_path):
    return World(daemon, tmp_path)


def test_start_waits_for_the_end_and_says_what_came_of_it(world):
    world.put(*range(30))
    done = world.ctl("start", "all", "--name", "r")
    assert (done.status, done.out) == (0, "r COMPLETED: 30 replayed\n")
    events = world.take()
    assert [event["detail"]["n"] for event in events] == list(range(30)) and {event["replay-name"] for event in events} == {"r"}
    assert world.ctl("start", "all", "--name", "r").error == "eventbusctl: Replay r already exists.\n"
    assert world.ctl("start", "nope").error == "eventbusctl: Archive nope does not exist.\n"


def test_times_choose_the_window(world):
    world.put(*range(0, 300, 10))
    assert world.ctl("start", "all", "--from", "2026-01-02T03:04:35Z", "--to", str(BEGIN + 60)).status == 0
    assert world.numbers() == [30, 40, 50]
    assert world.ctl("start", "all", "--from", "-10m", "--to", "now").status == 1, "they are long past"
    assert world.numbers() == []
    assert world.ctl("start", "all", "--from", "-999999d").status == 0
    assert len(world.numbers()) == 30
    done = world.ctl("start", "all", "--from", "yesterday")
    assert done.status == 2 and '"from" has the wrong type' in done.error
    assert '"from" must be before "to"' in world.ctl("start", "all", "--from", "now", "--to", "-1h").error


def test_a_pattern_and_rules_choose_among_events_and_receivers(world):
    world.rule("second", {"source": ["shop"], "replay-name": [{"prefix": ""}]})
    world.put(*range(10))
    done = world.ctl("start", "all", "--pattern", '{"detail": {"n": [{"numeric": ["<", 3]}]}}', "--rule", "second")
    assert done.status == 0 and done.out.endswith("COMPLETED: 3 replayed, 7 left out by the pattern\n")
    assert world.numbers("second") == [0, 1, 2] and world.numbers() == []
    assert "Event pattern is not valid" in world.ctl("start", "all", "--pattern", '{"detail": 1}').error


def test_a_dry_run_counts_by_rule_and_does_nothing(world):
    world.put(*range(6))
    world.put(*range(4), source="store")
    world.rule("shops", {"source": ["shop"], "replay-name": [{"exists": True}]})
    world.aws.call("events", "PutRule", Name="live", EventPattern='{"source":["shop"],"replay-name":[{"exists":false}]}')
    done = world.ctl("start", "all", "--dry-run", "--from", "2026-01-02T03:04:06Z")
    assert done.status == 0
    assert done.lines == [f"8\t{world.rule_arn('replayed')}\t1 target", f"5\t{world.rule_arn('shops')}\t1 target", "8 events"]
    done = world.ctl("start", "all", "--dry-run", "--rule", "shops", "--pattern", '{"detail": {"n": [1, 2]}}', "--json")
    assert json.loads(done.out) == {"seen": 10, "leftOut": 6, "unmatched": 2,
                                    "rules": [{"ruleArn": world.rule_arn("shops"), "events": 2, "targets": 1}]}
    assert world.ctl("start", "all", "--dry-run", "--rule", "nobody").status == 1
    assert world.numbers() == [] and world.ctl("list").status == 1


def test_to_another_bus(world):
    world.aws.call("events", "CreateEventBus", Name="staging")
    world.rule("there", {"source": ["shop"]}, bus="staging")
    world.put(1, 2)
    assert world.ctl("start", "all", "--bus", "staging").status == 0
    assert world.numbers("there") == [1, 2] and world.numbers() == []
    assert "Event bus nope does not exist." in world.ctl("start", "all", "--bus", "nope").error


def test_a_paced_replay_is_looked_at_and_cancelled(world):
    world.put(0, 100, 200)
    assert world.ctl("start", "all", "--name", "slow", "--speed", "0.5", "--detach", "--description", "why").out == "slow\n"
    status = json.loads(world.ctl("status", "slow", "--json").out)
    assert status["state"] in ("STARTING", "RUNNING") and status["speed"] == 0.5 and status["description"] == "why"
    deadline = time.monotonic() + 20
    while json.loads(world.ctl("status", "slow", "--json").out)["seen"] == 0:
        assert time.monotonic() < deadline
    assert world.numbers() == [0]
    line, = world.ctl("list").lines
    assert line.split("\t") == ["slow", "RUNNING", "1", "2026-01-02T03:04:05Z", "2026-01-02T03:07:26Z",
                                f"arn:aws:events:{REGION}:{world.account}:archive/all"]
    assert "progress  [########" in world.ctl("status", "slow").out
    assert world.ctl("cancel", "slow").status == 0
    watched = world.ctl("watch", "slow")
    assert (watched.status, watched.out) == (2, "slow CANCELLED: 1 replayed\n")
    assert world.ctl("cancel", "slow").error == "eventbusctl: Replay slow is not in a valid state for this operation.\n"
    assert world.ctl("status", "nope").error == "eventbusctl: Replay nope does not exist.\n"


def test_where_there_is_no_terminal_progress_is_lines(world):
    world.put(0, 1)
    done = world.ctl("start", "all", "--name", "r", "--speed", "2")
    assert done.status == 0 and done.out == "r COMPLETED: 2 replayed\n"
    assert done.error.startswith("r  [") and " of 2" in done.error and "\r" not in done.error


def test_at_a_terminal_it_is_a_bar(world):
    world.put(0, 1)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([eventbusctl.PROGRAM, "replay", "start", "all", "--speed", "2"], stdout=subprocess.PIPE, stderr=theirs,
                               env=world.environment, cwd=world.cwd)
    os.close(theirs)
    seen = []

    def read():
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:  # the other end is closed
                return
            if not block:
                return
            seen.append(block)

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = process.communicate(timeout=60)
    reader.join(60)
    os.close(ours)
    text = b"".join(seen).decode()
    assert process.returncode == 0 and b"COMPLETED: 2 replayed" in out
    assert text.startswith("\r") and "] " in text and "\x1b[K" in text and text.endswith("\r\x1b[K"), repr(text)


def test_export_and_import_are_the_same_events(world):
    world.put(*range(50, -1, -1))
    world.put(60, source="store")
    exported = world.ctl("export", "all", "--pattern", '{"source": ["shop"]}')
    assert exported.status == 0
    events = [json.loads(line) for line in exported.lines]
    assert [event["detail"]["n"] for event in events] == list(range(51)), "in the order of their time"
    assert "replay-name" not in events[0]
    done = world.ctl("export", "all", "all.jsonl", "--from", str(BEGIN + 50))
    assert (done.status, done.out) == (0, "") and "2 events" in done.error
    assert len((world.cwd / "all.jsonl").read_text().splitlines()) == 2

    world.aws.call("events", "CreateEventBus", Name="copy")
    world.archive("copy", "copy")
    done = world.ctl("import", "copy", "-", stdin=exported.out)
    assert (done.status, done.out) == (0, "51 imported\n")
    assert world.ctl("export", "copy").out == exported.out, "to the byte"
    assert world.ctl("start", "copy", "--bus", "default").status == 0
    assert world.numbers() == list(range(51))


def test_an_import_keeps_to_what_the_archive_is_for(world):
    world.put(1, 2)
    lines = world.ctl("export", "all").lines
    world.archive("stores", EventPattern='{"source":["store"]}')
    assert world.ctl("import", "stores", stdin="\n".join(lines)).out == "0 imported, 2 left out: not for this archive\n"
    replayed = lines[0].replace('"resources"', '"replay-name":"x","resources"')
    world.archive("copy")
    done = world.ctl("import", "copy", "--json", stdin=replayed + "\n\n" + lines[1])
    assert json.loads(done.out) == {"imported": 1, "leftOut": 1}
    done = world.ctl("import", "copy", stdin=lines[0] + '\n{"source":"shop"}\n')
    assert done.status == 2 and "lines 1–2: event 2 is no event: it needs" in done.error and done.out == "0 imported\n"
    assert "line 1 is no JSON" in world.ctl("import", "copy", stdin="x\n").error
    assert world.ctl("import", "copy", "no-such-file").status == 2


def test_many_events_go_in_pages(world):
    world.put(*range(60))
    line = world.ctl("export", "all").lines[0]
    world.archive("big")
    lines = "".join(line.replace('"n":0', f'"n":{n}') + "\n" for n in range(12_000))
    assert world.ctl("import", "big", stdin=lines).out == "12,000 imported\n"
    assert world.ctl("export", "big").out == lines
    done = world.ctl("start", "big", "--dry-run")
    assert done.lines[-1] == "12,000 events" and done.lines[0].startswith("12000\t")


def test_without_a_daemon(tmp_path):
    done = eventbusctl.run("replay", "list", cwd=tmp_path, environment={"EVENTBUS_ENDPOINT": "http://127.0.0.1:1"})
    assert done.status == 2 and "no answer from" in done.error
    assert eventbusctl.run("replay", cwd=tmp_path).status == 2


def test_help_describes_every_command(tmp_path):
    for command in ("start", "watch", "status", "cancel", "list", "export", "import"):
        done = eventbusctl.run("replay", command, "--help", cwd=tmp_path)
        assert done.status == 0 and f"eventbusctl replay {command}" in done.out
