"""A daemon whose time a test moves: --virtual-clock and /_eventbus/clock. Time is frozen throughout, so whatever happens here
happens because it was moved; nothing in this file waits for time to pass."""

import datetime
import json
import threading
import time

import boto3
import pytest
from botocore.config import Config

from daemon import Daemon
from receiver import Receiver, TokenServer
from until import until

DAEMON_ARGUMENTS = ["--durability", "memory", "--virtual-clock", "--allow-http-targets"]
JSON = {"Content-Type": "application/json"}
HOUR, DAY = 3600, 86400


class Clock:
    def __init__(self, daemon):
        self.daemon = daemon

    def post(self, **body):
        return self.daemon.request("POST", "/_eventbus/clock", json.dumps(body), JSON, timeout=100)

    def move(self, settled=True, **body):
        reply = self.post(**body)
        answer = json.loads(reply.body)
        assert reply.status == 200, reply
        assert answer["settled"] == settled, answer
        return answer

    def advance(self, by, **more):
        return self.move(advance=by, **more)

    @property
    def state(self):
        return json.loads(self.daemon.request("GET", "/_eventbus/clock").body)

    @property
    def now(self):
        return seconds_of(self.state["now"])


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


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
    ('{"advance": 1, "advance ": 2}', 'there is no "advance "'), ('{"freeze": 1}', '"freeze" is true'),
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
    while batch := queue.bodies():
        events += map(json.loads, batch)
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
