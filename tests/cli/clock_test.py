"""eventbusctl clock, wait and reset."""

import json

import pytest

from daemon import Daemon

DAEMON_ARGUMENTS = ["--durability", "memory", "--virtual-clock"]


@pytest.fixture
def at(ctl, daemon):
    """at("clock", "status"): of this file's daemon."""
    return lambda *arguments: ctl(*arguments, "--endpoint", daemon.endpoint)


def call(daemon, target, **body):
    reply = daemon.request("POST", "/", json.dumps(body), {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})
    assert reply.status == 200, reply
    return json.loads(reply.body or "{}")


def put(daemon, source):
    return call(daemon, "AWSEvents.PutEvents", Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])["Entries"][0]["EventId"]


# --- clock ---------------------------------------------------------------------------------------------------------------------


def test_time_is_frozen_set_advanced_and_told(at):
    assert at("clock", "freeze").status == 0
    moved = at("clock", "set", "2030-05-01T12:00:00Z")
    assert moved.status == 0 and moved.out.startswith("2030-05-01T12:00:00.000Z  frozen, "), moved.out
    assert at("clock", "advance", "90").out.startswith("2030-05-01T12:01:30.000Z")
    assert at("clock", "advance", "P1D").out.startswith("2030-05-02T12:01:30.000Z")
    status = at("clock", "status")
    assert status.out.startswith("2030-05-02T12:01:30.000Z  frozen, ") and ", the next until 2030-" in status.out
    state = json.loads(at("clock", "status", "--json").out)
    assert state["virtual"] and state["now"] == "2030-05-02T12:01:30.000Z"
    assert "running" in at("clock", "run").out


def test_an_advance_that_is_not_finished_is_status_1(at):
    at("clock", "freeze")
    done = at("clock", "advance", "P3650D", "--limit", "0.05")
    assert done.status == 1 and "the limit came first" in done.error, (done.out, done.error)


def test_what_the_daemon_does_not_take_is_status_2(at, ctl):
    for arguments in (("set", "tomorrow"), ("advance", "1d"), ("advance",), ("advance", "1", "--limit", "9999"), ()):
        done = at("clock", *arguments)
        assert done.status == 2 and done.error.startswith("eventbusctl: "), (arguments, done.error)
    with Daemon(["--durability", "memory"]) as other:
        done = ctl("clock", "freeze", "--endpoint", other.endpoint)
        assert done.status == 2 and "--virtual-clock" in done.error
        status = ctl("clock", "status", "--endpoint", other.endpoint)
        assert status.status == 0 and status.out.endswith("the system's time\n")


# --- wait ----------------------------------------------------------------------------------------------------------------------


def test_wait_prints_what_became_of_events(at, daemon):
    at("reset", "--all")
    url = call(daemon, "AmazonSQS.CreateQueue", QueueName="jobs")["QueueUrl"]
    assert url
    call(daemon, "AWSEvents.PutRule", Name="r", EventPattern='{"source":["shop"]}')
    queue = "arn:aws:sqs:us-east-1:000000000000:jobs"
    call(daemon, "AWSEvents.PutTargets", Rule="r", Targets=[{"Id": "q", "Arn": queue}])
    event_id = put(daemon, "shop")
    done = at("wait", '{"source":["shop"]}', "--target", queue, "--timeout", "20")
    assert done.status == 0, done.error
    event, delivery = done.lines
    assert event.split("\t")[1:3] == [event_id, "default"] and json.loads(event.split("\t")[3])["id"] == event_id
    assert delivery.split("\t")[1:] == ["delivered", "arn:aws:events:us-east-1:000000000000:rule/r", queue, "attempts 1"]
    answer = json.loads(at("wait", "--json", "--rule", "r", "--timeout", "0").out)
    assert answer["matched"]
    assert at("wait", "--since", answer["cursor"], "--timeout", "0").status == 1


def test_what_does_not_come_is_status_1_and_a_bad_request_2(at, daemon):
    put(daemon, "nobody")
    done = at("wait", '{"source":["nobody"]}', "--timeout", "0")
    assert done.status == 1 and len(done.lines) == 1 and "in time" in done.error
    done = at("wait", '{"source":"nobody"}')
    assert done.status == 2 and "Event pattern is not valid" in done.error


# --- reset ---------------------------------------------------------------------------------------------------------------------


def test_reset_wants_to_be_told_whose(at, daemon):
    at("reset", "--all")
    call(daemon, "AmazonSQS.CreateQueue", QueueName="gone")
    assert at("reset").status == 2
    assert at("reset", "--all", "--account", "000000000000").status == 2
    done = at("reset", "--account", "000000000000")
    assert done.status == 0 and "1\tqueues" in done.lines, done.out
    assert json.loads(at("reset", "--all", "--json").out)["cleared"]["queues"] == 0


def test_with_a_configuration_file_reset_and_wait_are_off(ctl, tmp_path):
    (tmp_path / "eventbus.yaml").write_text("region: eu-west-1\n")
    with Daemon(["--durability", "memory", "--config", tmp_path / "eventbus.yaml"]) as production:
        done = ctl("reset", "--all", "--endpoint", production.endpoint)
        assert done.status == 2 and "allow_reset" in done.error
        done = ctl("wait", "--endpoint", production.endpoint)
        assert done.status == 2 and "event_timelines" in done.error
    with Daemon(["--durability", "memory", "--config", tmp_path / "eventbus.yaml", "--allow-reset", "--event-timelines"]) as allowed:
        assert ctl("reset", "--all", "--endpoint", allowed.endpoint).status == 0
        assert ctl("wait", "--timeout", "0", "--endpoint", allowed.endpoint).status == 1
    with Daemon(["--durability", "memory", "--allow-reset=false", "--event-timelines=false"]) as careful:
        assert ctl("reset", "--all", "--endpoint", careful.endpoint).status == 2
        assert ctl("wait", "--endpoint", careful.endpoint).status == 2
