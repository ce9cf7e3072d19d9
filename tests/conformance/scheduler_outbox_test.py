"""Deliveries of schedules that wait: they count for the bound of the outbox, can be thrown away, and come back from the dead-letter queue."""

import json

import pytest

import eventbusctl
from aws_clients import refused
from virtual_time import Clock

covers = pytest.mark.covers
DAEMON_ARGUMENTS = ["--durability", "memory", "--virtual-clock", "--outbox-messages-max", "20"]
ROLE = "arn:aws:iam::000000000000:role/scheduler"
OFF = {"Mode": "OFF"}


@pytest.fixture
def clock(daemon):
    clock = Clock(daemon)
    clock.move(freeze=True)
    clock.move(set="2030-05-01T12:00:30Z")
    yield clock
    assert daemon.request("POST", "/_eventbus/reset", "{}", {"Content-Type": "application/json"}).status == 200


def states(aws, name="m"):
    """No daemon runs state machines: what is for them waits."""
    return f"arn:aws:states:{aws.region}:{aws.account}:stateMachine:{name}"


def schedule(aws, name, expression, arn, **members):
    target = {"Arn": arn, "RoleArn": ROLE, "Input": members.pop("Input", '{"n":1}'), **members.pop("Target", {})}
    aws.client("scheduler").create_schedule(Name=name, ScheduleExpression=expression, FlexibleTimeWindow=OFF, Target=target, **members)


def lanes(daemon):
    """{lane number: waiting deliveries} of schedules."""
    found = {}
    for series, value in daemon.metrics().items():
        if series.startswith("eventbus_outbox_messages{") and 'rule=""' in series:
            found[int(series.split('lane="')[1].split('"')[0])] = int(value)
    return found


def attributes_of(message):
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


@covers("scheduler.CreateSchedule")
def test_a_target_that_is_down_for_long_does_not_fill_the_outbox_beyond_its_bound(aws, daemon, clock):
    dead, queue = aws.create_queue("dead", MessageRetentionPeriod=1_209_600), aws.create_queue("q", MessageRetentionPeriod=1_209_600)
    counted = lambda what: daemon.metrics()[f"eventbus_schedule_{what}_total"]
    before = {what: counted(what) for what in ("held_back", "dead_letters")}
    schedule(aws, "call", "rate(1 minute)", states(aws), Target={"DeadLetterConfig": {"Arn": dead.arn}})
    schedule(aws, "message", "rate(1 minute)", queue.arn)
    clock.advance("PT12H", limit=100)
    assert list(lanes(daemon).values()) == [20], "the bound, of deliveries that do not age as long as nobody can take them"
    assert queue.depth()[0] == 720 + 1, "what goes to a queue is not held up"
    # Each is somewhere: twenty wait, one may yet find room, one is due now, and the rest are dead letters.
    letters = 720 + 1 - 20 - 1 - 1
    assert dead.depth()[0] == letters
    letter = attributes_of(dead.receive()[0])
    assert (letter["ERROR_CODE"], letter["EXHAUSTED_RETRY_CONDITION"], letter["RETRY_ATTEMPTS"]) == ("THROTTLING", "MaximumEventAgeInSeconds", "0")
    assert counted("held_back") > before["held_back"] and counted("dead_letters") == before["dead_letters"] + letters

    # And they hold PutEvents back, as deliveries of rules do.
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": f"arn:aws:lambda:us-east-1:{aws.account}:function:f"}])
    with refused("ThrottlingException"):
        aws.put()

    [lane] = lanes(daemon)
    reply = daemon.request("POST", "/_eventbus/discard-lane", json.dumps({"lane": lane}), {"Content-Type": "application/json"})
    assert (reply.status, json.loads(reply.body)) == (200, {"lane": lane, "discarded": 20})
    aws.put()
    clock.advance("PT1M")
    assert sum(lanes(daemon).values()) >= 1, "there is room again"


@covers("scheduler.CreateSchedule")
def test_a_one_time_schedule_waits_for_room(aws, daemon, clock):
    for number in range(20):
        schedule(aws, f"s{number}", "at(2030-05-01T12:05:00)", states(aws))
    schedule(aws, "late", "at(2030-05-01T12:06:00)", states(aws, "other"), ActionAfterCompletion="DELETE")
    clock.advance("PT1H")
    assert list(lanes(daemon).values()) == [20]
    [lane] = lanes(daemon)
    daemon.request("POST", "/_eventbus/discard-lane", json.dumps({"lane": lane}), {"Content-Type": "application/json"})
    clock.advance("PT1M")
    assert sum(lanes(daemon).values()) == 1
    scheduler = aws.client("scheduler")
    assert "late" not in [each["Name"] for each in scheduler.list_schedules()["Schedules"]]


@covers("scheduler.CreateSchedule")
def test_a_message_group_is_text_whatever_it_begins_with(aws, clock):
    queue = aws.create_queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    schedule(aws, "s", "at(2030-05-01T12:05:00)", queue.arn, Input='{"id":"x"}', Target={"SqsParameters": {"MessageGroupId": "$.id"}})
    clock.advance("PT10M")
    [message] = queue.receive()
    assert message["Attributes"]["MessageGroupId"] == "$.id"


@covers("scheduler.CreateSchedule")
def test_dead_letters_are_redriven_to_the_target_of_their_schedule(aws, daemon, clock, tmp_path):
    dead = aws.create_queue("dead")
    queue_arn = dead.arn.replace(":dead", ":work")
    schedule(aws, "s", "at(2030-05-01T12:05:00)", queue_arn, Input='{"id":"<aws.scheduler.execution-id>"}',
             Target={"DeadLetterConfig": {"Arn": dead.arn}})
    clock.advance("PT10M")

    def ctl(*arguments):
        return eventbusctl.run("dlq", *arguments, cwd=tmp_path, environment={
            "EVENTBUS_ENDPOINT": daemon.endpoint, "AWS_ACCESS_KEY_ID": aws.account, "AWS_REGION": aws.region})

    [line] = ctl("list", "dead").lines
    arn = f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/s"
    assert line.split("\t")[2:] == ["AWS.SimpleQueueService.NonExistentQueue", arn, queue_arn]
    [letter] = [json.loads(line) for line in ctl("list", "dead", "--json").lines]
    assert (letter["scheduleArn"], letter["ruleArn"]) == (arn, "")
    assert f"schedule  {arn}" in ctl("show", "dead", letter["messageId"]).out
    assert ctl("redrive", "dead").status == 2, "there is no queue yet"
    queue = aws.create_queue("work")
    assert ctl("redrive", "dead", "--rule", "other").status == 1
    assert ctl("redrive", "dead", "--rule", "s", "--dry-run").out == "1 would be redriven\n"
    done = ctl("redrive", "dead", "--rule", "s")
    assert (done.status, done.out) == (0, "1 redriven\n")
    [message] = queue.receive()
    assert message["Body"] == letter["body"]
    assert dead.depth() == (0, 0, 0)

    # Without its schedule a letter stays, and is named.
    schedule(aws, "gone", "at(2030-05-01T12:15:00)", dead.arn.replace(":dead", ":nowhere"), ActionAfterCompletion="DELETE",
             Target={"DeadLetterConfig": {"Arn": dead.arn}})
    clock.advance("PT10M")
    done = ctl("redrive", "dead")
    assert done.status == 2 and "schedule gone does not exist any more" in done.error
    assert dead.depth()[0] == 1
