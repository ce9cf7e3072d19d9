"""A daemon whose time a test moves: --virtual-clock and /_eventbus/clock. Time is frozen throughout, so whatever happens here
happens because it was moved; nothing in this file waits for time to pass."""

import json
import threading
import time

import boto3
import pytest
from botocore.config import Config

from daemon import Daemon
from receiver import Receiver, TokenServer
from until import until
from virtual_time import JSON, Clock, seconds_of

DAEMON_ARGUMENTS = ["--durability", "memory", "--virtual-clock", "--allow-http-targets"]
HOUR, DAY = 3600, 86400




@pytest.fixture
def clock(daemon):
    clock = Clock(daemon)
    clock.move(freeze=True)
    return clock


def rule_to_url(aws, url, **target):
    aws.events.put_rule(Name="hook", EventPattern='{"source":["test"]}')
    answer = aws.events.put_targets(Rule="hook", Targets=[{"Id": "hook", "Arn": url, **target}])
    assert answer["FailedEntryCount"] == 0, answer


# --- the clock itself ----------------------------------------------------------------------------------------------------------


def test_time_stands_still_is_set_and_goes_on(clock):
    frozen = clock.state
    assert frozen["virtual"] and frozen["frozen"] and frozen["sleepers"] > 0 and frozen["next_wake"] > frozen["now"], frozen
    assert clock.state["now"] == frozen["now"]
    answer = clock.move(set="2031-03-30T00:59:50.250Z")
    assert answer["now"] == "2031-03-30T00:59:50.250Z" and answer["reached"], answer
    assert clock.advance("PT10.5S")["now"] == "2031-03-30T01:00:00.750Z"
    assert clock.advance(0.25)["now"] == "2031-03-30T01:00:01.000Z"
    assert clock.advance(0)["now"] == "2031-03-30T01:00:01.000Z"
    running = clock.move(run=True)
    assert not running["frozen"]
    until(lambda: clock.state["now"] > running["now"])
    assert clock.advance("P1D")["frozen"] is False, "a running clock runs on"
    clock.move(freeze=True)
    clock.move(set="2030-01-01T00:00:00+01:00")
    assert clock.state["now"] == "2029-12-31T23:00:00.000Z"


@pytest.mark.parametrize("body, sentence", [
    ("", "one of"), ("[]", "one of"), ("{}", "one of"), ('{"freeze": true, "run": true}', "one of"),
    ('{"advance": 1, "advance ": 2}', 'there is no "advance "'), ('{"advance": "P4000000D"}', 'beyond the year 9999'), ('{"freeze": 1}', '"freeze" is true'),
    ('{"freeze": false}', '"freeze" is true'), ('{"set": "yesterday"}', '"set" is a time'), ('{"set": 1700000000}', '"set" is a time'),
    ('{"set": "1969-12-31T23:59:59Z"}', '"set" is a time'), ('{"advance": -1}', '"advance" is'), ('{"advance": "1 day"}', '"advance" is'),
    ('{"advance": "P1M"}', '"advance" is'), ('{"advance": true}', '"advance" is'), ('{"advance": 1, "limit": 0}', '"limit" is'),
    ('{"advance": 1, "patience": 61}', '"patience" is'), ('{"advance": 1, "patience": "1"}', '"patience" is')])
def test_anything_else_is_refused_and_changes_nothing(daemon, clock, body, sentence):
    before = clock.state["now"]
    reply = daemon.request("POST", "/_eventbus/clock", body, JSON)
    assert reply.status == 400 and sentence in json.loads(reply.body)["error"], reply
    assert clock.state["now"] == before


def test_a_limit_ends_an_advance_where_it_is_and_it_can_go_on(clock):
    began = clock.now
    answer = clock.advance("P3650D", limit=0.05, settled=False)
    assert not answer["reached"] and began <= seconds_of(answer["now"]) < began + 3650 * DAY, answer


def test_signatures_are_judged_by_real_time(tmp_path):
    keys = tmp_path / "keys.yaml"
    keys.write_text('AKIDTEST: {secret: a-secret, account: "123456789012", name: tests}\n')
    with Daemon(["--durability", "memory", "--virtual-clock", "--auth", "sigv4", "--keys-file", keys]) as guarded:
        Clock(guarded).move(set="2040-01-01T00:00:00Z")
        sqs = boto3.client("sqs", endpoint_url=guarded.endpoint, region_name="us-east-1", aws_access_key_id="AKIDTEST",
                           aws_secret_access_key="a-secret", config=Config(retries={"max_attempts": 0}))
        assert sqs.create_queue(QueueName="later")["QueueUrl"]


# --- queues --------------------------------------------------------------------------------------------------------------------


def test_visibility_timeouts_delays_and_retention(aws, clock):
    queue = aws.create_queue("jobs", VisibilityTimeout=30, MessageRetentionPeriod=3600)
    queue.send("one")
    assert [m["Body"] for m in queue.receive()] == ["one"]
    clock.advance(29)
    assert queue.receive() == []
    clock.advance(1)
    [again] = queue.receive()
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"

    queue.send("two", DelaySeconds=60)
    assert queue.depth() == (0, 1, 1)
    clock.advance("PT59S")
    assert [m["Body"] for m in queue.receive()] == ["one"]
    clock.advance(1)
    assert [m["Body"] for m in queue.receive()] == ["two"]
    clock.advance("PT2H")
    assert queue.depth() == (0, 0, 0) and queue.receive() == []


def test_a_long_poll_ends_when_its_time_is_over(aws, clock):
    queue = aws.create_queue("quiet")
    sleepers = clock.state["sleepers"]
    answers = []
    poll = threading.Thread(target=lambda: answers.append(queue.receive(wait=20)))
    poll.start()
    until(lambda: clock.state["sleepers"] > sleepers)
    clock.advance(19)
    assert poll.is_alive()
    clock.advance(1)
    poll.join(20)
    assert answers == [[]]


def test_a_long_poll_gets_what_becomes_visible_meanwhile(aws, clock):
    queue = aws.create_queue("soon")
    queue.send("late", DelaySeconds=5)
    sleepers = clock.state["sleepers"]
    answers = []
    poll = threading.Thread(target=lambda: answers.append(queue.receive(wait=20)))
    poll.start()
    until(lambda: clock.state["sleepers"] > sleepers)
    clock.advance(5)
    poll.join(20)
    assert [m["Body"] for m in answers[0]] == ["late"]


def test_a_deduplication_id_is_remembered_for_five_minutes(aws, clock):
    queue = aws.create_queue("orders.fifo", FifoQueue="true")
    send = lambda: queue.send("x", MessageGroupId="g", MessageDeduplicationId="once")["MessageId"]
    first = send()
    clock.advance(299)
    assert queue.depth() == (1, 0, 0) and send() and queue.depth() == (1, 0, 0)
    clock.advance(2)
    assert send() != first
    assert queue.depth() == (2, 0, 0)


# --- schedules -----------------------------------------------------------------------------------------------------------------


def test_scheduled_rules_fire_in_their_minutes(aws, clock):
    clock.move(set="2030-05-01T11:58:30Z")
    queue = aws.create_queue("ticks")
    for name, expression in (("often", "rate(10 minutes)"), ("noon", "cron(0 12 * * ? *)")):
        aws.events.put_rule(Name=name, ScheduleExpression=expression)
        aws.events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])
    clock.advance("PT59M")
    events = []
    while batch := queue.receive():
        for message in batch:
            events.append(json.loads(message["Body"]))
            assert int(message["Attributes"]["SentTimestamp"]) // 1000 == seconds_of(events[-1]["time"]), "at its time, not merely dated so"
            queue.delete(message)
    fired = sorted((event["resources"][0].rpartition("/")[2], event["time"]) for event in events)
    times = [f"2030-05-01T12:{minute:02}:30Z" for minute in (8, 18, 28, 38, 48)]
    assert fired == [("noon", "2030-05-01T12:00:00Z")] + [("often", time) for time in times]
    clock.advance("P2D")
    assert queue.depth()[0] == 2 + 288
    for name in ("often", "noon"):
        aws.events.disable_rule(Name=name)


def test_a_jump_skips_what_was_scheduled_between(aws, clock):
    clock.move(set="2030-06-01T00:00:00Z")
    queue = aws.create_queue("ticks")
    aws.events.put_rule(Name="often", ScheduleExpression="rate(1 hour)")
    aws.events.put_targets(Rule="often", Targets=[{"Id": "q", "Arn": queue.arn}])
    clock.move(set="2030-06-02T00:00:30Z")
    assert queue.depth()[0] == 0
    clock.advance("PT1H")
    assert queue.depth()[0] == 1
    aws.events.disable_rule(Name="often")


def test_schedules_of_scheduler_follow_their_time_zone_through_a_change_of_clocks(aws, clock):
    clock.move(set="2030-03-30T00:00:00Z")
    queue = aws.create_queue("ticks")
    expressions = {"night": "cron(30 2 * * ? *)", "noon": "cron(0 12 * * ? *)", "once": "at(2030-03-31T03:15:00)", "steps": "rate(12 hours)"}
    for name, expression in expressions.items():
        schedule(aws, queue, name, expression, ScheduleExpressionTimezone="Europe/Berlin")
    clock.advance("P2DT6H")
    fired = sorted(tuple(body.split()) for body in taken(queue))
    assert fired == [
        ("night", "2030-03-30T01:30:00Z"), ("night", "2030-04-01T00:30:00Z"),  # on the 31st there is no half past two
        ("noon", "2030-03-30T11:00:00Z"), ("noon", "2030-03-31T10:00:00Z"),
        ("once", "2030-03-31T01:15:00Z"),
        ("steps", "2030-03-30T00:00:00Z"), ("steps", "2030-03-30T12:00:00Z"), ("steps", "2030-03-31T00:00:00Z"),
        ("steps", "2030-03-31T12:00:00Z"), ("steps", "2030-04-01T00:00:00Z")]

    # In autumn there are two half past twos: the first counts.
    clock.move(set="2030-10-26T12:00:00Z")
    schedule(aws, queue, "autumn", "cron(30 2 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    clock.advance("P1DT20H")
    assert sorted(body for body in taken(queue) if body.startswith("autumn")) == ["autumn 2030-10-27T00:30:00Z", "autumn 2030-10-28T01:30:00Z"]


def schedule(aws, queue, name, expression, **members):
    aws.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"}, **members,
        Target={"Arn": queue.arn, "RoleArn": f"arn:aws:iam::{aws.account}:role/any", "Input": f"{name} <aws.scheduler.scheduled-time>"})


def taken(queue):
    bodies = []
    while batch := queue.bodies():
        bodies += batch
    return bodies


# --- archives and logs ---------------------------------------------------------------------------------------------------------


def test_retention_of_archives_and_log_groups(aws, daemon, clock):
    aws.events.create_archive(ArchiveName="days", EventSourceArn=aws.bus_arn(), RetentionDays=2)
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/days")
    logs.put_retention_policy(logGroupName="/days", retentionInDays=1)
    logs.create_log_stream(logGroupName="/days", logStreamName="s")
    logs.put_log_events(logGroupName="/days", logStreamName="s", logEvents=[{"timestamp": int(clock.now * 1000), "message": "m"}])
    logged = lambda: len(logs.get_log_events(logGroupName="/days", logStreamName="s")["events"])
    archived = lambda: aws.events.describe_archive(ArchiveName="days")["EventCount"]
    aws.put()
    clock.advance("PT23H59M59S")
    aws.put()
    assert (archived(), logged()) == (2, 1)
    clock.advance(2)
    assert (archived(), logged()) == (2, 0)
    clock.advance("P1D")
    assert archived() == 1
    clock.advance("P1D")
    assert archived() == 0
    clock.advance("PT1H")
    [stored] = [value for series, value in daemon.metrics().items() if series.startswith("eventbus_archive_events{") and aws.account in series]
    assert stored == 0, "its space, too"


def test_a_replay_keeps_the_pace_of_its_events(aws, daemon, clock):
    archive = aws.events.create_archive(ArchiveName="paced", EventSourceArn=aws.bus_arn(), EventPattern='{"source":["test"]}')["ArchiveArn"]
    for minutes in (0, 10, 20):
        aws.put()
        clock.advance(minutes * 60 or 600)
    queue = aws.create_queue("again")
    aws.events.put_rule(Name="again", EventPattern='{"replay-name":[{"exists":true}]}')
    aws.events.put_targets(Rule="again", Targets=[{"Id": "q", "Arn": queue.arn}])
    reply = daemon.request("POST", "/_eventbus/replays/start", json.dumps(
        {"account": aws.account, "archive": "paced", "name": "slow", "speed": 2}), JSON)
    assert reply.status == 200, reply
    state = lambda: aws.events.describe_replay(ReplayName="slow")["State"]
    clock.advance(0)
    assert (queue.depth()[0], state()) == (1, "RUNNING")
    clock.advance("PT4M59S")
    assert queue.depth()[0] == 1
    clock.advance(1)
    assert queue.depth()[0] == 2
    clock.advance("PT5M")
    assert (queue.depth()[0], state()) == (3, "COMPLETED")
    # One of AWS's, as fast as it goes, is through before the call returns, though time stands still.
    aws.events.start_replay(ReplayName="fast", EventSourceArn=archive, EventStartTime=0, EventEndTime=clock.now + 1,
                            Destination={"Arn": aws.bus_arn()})
    clock.advance(0)
    assert aws.events.describe_replay(ReplayName="fast")["State"] == "COMPLETED" and queue.depth()[0] == 6


# --- deliveries ----------------------------------------------------------------------------------------------------------------


def test_a_day_of_retries_of_a_failing_target_ends_in_the_dead_letter_queue(aws, clock):
    attempts = []

    def answer(request):
        attempts.append(clock.now)  # the daemon answers while it advances
        return 503, {}, b""

    dead = aws.create_queue("dead")
    with Receiver(answer) as target:
        rule_to_url(aws, target.url, DeadLetterConfig={"Arn": dead.arn})
        aws.put()
        target.wait_for(1)
        began = clock.now
        stopwatch = time.monotonic()
        clock.advance("P1DT20M")
        print(f"24 h and {len(attempts)} attempts in {time.monotonic() - stopwatch:.2f} s")
        [letter] = dead.receive()
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"], attributes
    assert int(attributes["RETRY_ATTEMPTS"]) == len(attempts) - 1
    assert len(attempts) == 186 or attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert len(attempts) > 100
    # The first retry within a second, the fifth within 30 s of the one before; in all a day.
    assert attempts[0] == began and attempts[1] - attempts[0] <= 1.001 and attempts[5] - attempts[4] <= 30
    assert max(later - earlier for earlier, later in zip(attempts, attempts[1:])) <= 16 * 60
    assert attempts[-1] <= int(letter["Attributes"]["SentTimestamp"]) / 1000 <= began + DAY + 16 * 60
    assert attempts == sorted(attempts)


def test_a_target_that_does_not_answer_holds_nothing_up(aws, clock):
    release = threading.Event()
    with Receiver(lambda request: (release.wait(60), (200, {}, b""))[1]) as target:
        rule_to_url(aws, target.url, RetryPolicy={"MaximumRetryAttempts": 0})
        aws.put()
        answer = clock.advance(1, patience=0.05, settled=False)
        assert answer["reached"] and answer["calls_under_way"] == 1, answer
        assert clock.move(freeze=True, patience=0, settled=False)["calls_under_way"] == 1
        # Its time is virtual: five seconds after the call began it is over.
        answer = clock.advance(5, patience=0.05)
        assert answer["calls_under_way"] == 0, answer
        release.set()


def test_the_rate_of_an_api_destination_is_kept(aws, clock):
    with Receiver() as target:
        connection = aws.events.create_connection(Name="slow", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})
        destination = aws.events.create_api_destination(Name="slow", ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=target.url,
                                                        HttpMethod="POST", InvocationRateLimitPerSecond=1)
        rule_to_url(aws, destination["ApiDestinationArn"], RoleArn=f"arn:aws:iam::{aws.account}:role/any")
        for _ in range(5):
            aws.put()
        clock.advance(0)
        assert len(target.requests) == 1
        for calls in (2, 3, 4, 5, 5):
            clock.advance(1)
            assert len(target.requests) == calls


def test_a_redrive_keeps_its_rate(aws, clock):
    source, dead = aws.create_queue("source"), aws.create_queue("dead")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    aws.sqs.set_queue_attributes(QueueUrl=source.url, Attributes={"RedrivePolicy": policy})
    for number in range(3):
        dead.send(str(number))
    aws.sqs.start_message_move_task(SourceArn=dead.arn, DestinationArn=source.arn, MaxNumberOfMessagesPerSecond=1)
    clock.advance(0)
    moved = source.depth()[0]
    assert moved < 3
    clock.advance(3)
    assert source.depth()[0] == 3


def test_a_month_passes_in_seconds(aws, clock):
    """With something of everything that has housekeeping; each minute of it must not be a stop of its own."""
    queue = aws.create_queue("daily", MessageRetentionPeriod=1_209_600)
    aws.events.create_archive(ArchiveName="month", EventSourceArn=aws.bus_arn(), RetentionDays=7)
    aws.client("logs").create_log_group(logGroupName="/month")
    aws.events.create_connection(Name="month", AuthorizationType="API_KEY", AuthParameters={
        "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})
    aws.events.put_rule(Name="daily", ScheduleExpression="cron(0 3 * * ? *)")
    aws.events.put_targets(Rule="daily", Targets=[{"Id": "q", "Arn": queue.arn}])
    schedule(aws, queue, "hourly", "cron(30 * * * ? *)")
    aws.events.put_rule(Name="nowhere", EventPattern='{"source":["test"]}')  # a lane that stands by
    aws.events.put_targets(Rule="nowhere", Targets=[{"Id": "t", "Arn": f"arn:aws:inspector:us-east-1:{aws.account}:target/x",
                                                     "RoleArn": "arn:aws:iam::000000000000:role/r"}])
    aws.put()
    before = clock.state["stops"]
    stopwatch = time.monotonic()
    clock.advance("P30D", limit=200)
    print(f"30 days in {time.monotonic() - stopwatch:.2f} s, {clock.state['stops'] - before} stops")
    assert clock.state["stops"] - before < 30 * 24 * 10, "ten an hour: of 750 occurrences, and housekeeping once in a while"
    aws.events.disable_rule(Name="daily")
    aws.client("scheduler").delete_schedule(Name="hourly")


def test_tokens_of_connections_expire(aws, clock):
    with TokenServer(lifetime=3600) as tokens, Receiver() as target:
        connection = aws.events.create_connection(
            Name="crm", AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
            AuthParameters={"OAuthParameters": {"ClientParameters": {"ClientID": tokens.client_id, "ClientSecret": tokens.client_secret},
                                                "AuthorizationEndpoint": tokens.url, "HttpMethod": "POST"}})
        clock.advance(1)
        destination = aws.events.create_api_destination(
            Name="crm", ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=target.url, HttpMethod="POST")
        rule_to_url(aws, destination["ApiDestinationArn"], RoleArn=f"arn:aws:iam::{aws.account}:role/any")
        for hours, granted in ((0, 1), (0.5, 1), (0.6, 2)):
            clock.advance(hours * HOUR)
            aws.put()
            clock.advance(1)
            assert tokens.granted == granted
        assert len(target.requests) == 3 and tokens.admits(target.requests[-1])
