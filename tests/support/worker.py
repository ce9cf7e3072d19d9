"""A real transcription-worker for a test: its own folder of buckets, its log kept for when the test fails. Standard library only."""

import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import urllib.request

from daemon import PROJECT, find_program

SECONDS_MAX = 60


def until(condition, seconds=SECONDS_MAX, what="it"):
    """What `condition` gives, once that is something."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} never came to be"
        time.sleep(0.02)
    return value


class WorkerFailed(Exception):
    """The worker ended, or did not begin to work; the text ends with the tail of its log."""


class Worker:
    """One transcription-worker process. `arguments` are added to its command line."""

    def __init__(self, endpoint, arguments=(), buckets=None, account="000000000000", environment=None, path=None):
        self.endpoint = endpoint
        self.arguments = [str(argument) for argument in arguments]
        self.account = account
        self.environment = dict(environment or {})
        self.path = path
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="eventbusd-worker-"))
        self.buckets = pathlib.Path(buckets) if buckets else None
        self.log_path = self.home / "log"
        self.work_dir = self.home / "work"
        self.process = None

    def start(self, wait=True):
        program = find_program("transcription-worker")
        command = [str(program), "--endpoint", self.endpoint, "--work-dir", str(self.work_dir), *self.arguments]
        if self.buckets:
            command += ["--bucket-directory", str(self.buckets)]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("AWS_", "EVENTBUS_", "TRANSCRIPTION_"))}
        environment.update(AWS_ACCESS_KEY_ID=self.account, AWS_SECRET_ACCESS_KEY="secret", **self.environment)
        if self.path is not None:
            environment["PATH"] = self.path
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            env=environment, cwd=self.home)
        if wait:
            self.wait_for_log(r"Working\.")
        return self

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_for_log(self, pattern, seconds=SECONDS_MAX, count=1):
        """The matches of a regular expression in the log, once there are `count`."""
        deadline = time.monotonic() + seconds
        while True:
            found = list(re.finditer(pattern, self.log()))
            if len(found) >= count:
                return found
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise WorkerFailed(f"{pattern!r} never came (exit {self.process.poll()})\n{self.log()[-6000:]}")
            time.sleep(0.01)

    def stop(self, seconds=30):
        """SIGTERM and wait: the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def metrics(self):
        url = self.wait_for_log(r"http://[^\s\"]+/metrics")[-1].group(0)
        with urllib.request.urlopen(url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line and not line.startswith("#")}

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, kind, value, traceback):
        self.kill()
        if kind is not None:
            print(f"--- tail of the log of transcription-worker ---\n{self.log()[-6000:]}")
        shutil.rmtree(self.home, ignore_errors=True)


def wav(path, seconds=0.1, rate=16_000, channels=1):
    """A WAVE file of silence."""
    data = b"\0\0" * int(seconds * rate) * channels
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * channels * 2, channels * 2, 16, b"data", len(data))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + data)
    return path


def say(path, text, voice="rms"):
    """A WAVE file of speech, made by flite with pauses around it, as people leave them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = path.with_suffix(".flite.wav")
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(raw)], check=True)
    subprocess.run(["sox", str(raw), "-r", "16000", "-c", "1", "-b", "16", str(path), "pad", "0.3", "0.5"], check=True)
    raw.unlink()
    return path


def word_accuracy(expected, heard):
    """How much of what was said was heard: 1 - (words wrong, missing or added) / words said."""
    wanted, got = (re.sub(r"[^a-z' ]", " ", text.lower()).split() for text in (expected, heard))
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return 1 - row[-1] / len(wanted)


def upload(aws, bus, bucket, key, user="user-1", **detail):
    """Announces an uploaded file as our frontend does: the event's id."""
    from uuid import uuid4
    detail = {"userId": user, "fileId": str(uuid4()), "s3Location": {"bucket": bucket, "key": key},
              "metadata": {"format": "wav", "contentType": "audio/wav", "size": 1}, **detail}
    return aws.put("custom.upload-service", "Audio Uploaded", detail, bus)


def contracts():
    """The published contracts, as eventbusctl schemas bind sends them."""
    for path in sorted((PROJECT / "schemas").glob("*.v*.json")):
        name, _, version = path.stem.rpartition(".v")
        schema = json.loads(path.read_text())
        about = schema["x-eventbus"]
        yield {"name": name, "version": version, "source": about["source"], "detailType": about["detailType"], "schema": schema}


class Story:
    """The production set-up: a bus that holds every event against the published contracts, the jobs queue with its dead-letter queue,
    and who hears of the results. What does not fit its contract does not get onto the bus, ours included."""

    def __init__(self, aws, visibility=1800, receives=3, validation="reject"):
        self.aws, self.bus = aws, "test-application-events"
        aws.events.create_event_bus(Name=self.bus)
        for contract in contracts():
            self.admin("bind", **contract)
        self.admin("mode", mode=validation)
        self.dead = aws.create_queue("test-eventbridge-dlq", MessageRetentionPeriod=1_209_600)
        self.jobs = aws.create_queue("transcription-jobs", VisibilityTimeout=visibility, RedrivePolicy=json.dumps(
            {"deadLetterTargetArn": self.dead.arn, "maxReceiveCount": receives}))
        self.search, self.notifications = aws.create_queue("search"), aws.create_queue("notifications")
        aws.rule_to_queue("audio", {"source": ["custom.upload-service"], "detail-type": ["Audio Uploaded"]}, self.jobs, self.bus)
        done = {"source": ["custom.transcription-service"], "detail-type": ["Transcription Completed"]}
        aws.rule_to_queue("search", {**done, "detail": {"status": ["completed"]}}, self.search, self.bus)
        aws.rule_to_queue("notifications", done, self.notifications, self.bus)
        self.heard = []

    def admin(self, command, **request):
        body = json.dumps({"bus": self.aws.bus_arn(self.bus), **request}).encode()
        call = urllib.request.Request(f"{self.aws.endpoint}/_eventbus/schemas/{command}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(call, timeout=10) as answer:
            return json.load(answer)

    def contract(self, name, version="1"):
        """What the bus has counted of a contract: fits, violates, rejected."""
        [bus] = self.admin("list")["buses"]
        [found] = [each for each in bus["contracts"] if (each["name"], each["version"]) == (name, version)]
        return found

    def upload(self, bucket, key, **detail):
        return upload(self.aws, self.bus, bucket, key, **detail)

    def send_job(self, **members):
        return self.jobs.send(json.dumps(members))["MessageId"]

    def events(self, count, seconds=SECONDS_MAX):
        """The details of the first `count` Transcription Completed events, once so many have been published."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < count:
            assert time.monotonic() < deadline, f"{len(self.heard)} events of {count} came"
            self.heard += [json.loads(body) for body in self.notifications.bodies(wait=1)]
        return [event["detail"] for event in self.heard]

    def no_more_events(self):
        """Everything is settled: the jobs queue is empty, and no event came beside those already taken."""
        until(lambda: self.jobs.depth() == (0, 0, 0), what="an empty jobs queue")
        self.heard += [json.loads(body) for body in self.notifications.bodies()]
        return len(self.heard)
