"""Targets that are plain URLs: what their receivers get, retries, and where failures go (docs/targets.md, "URLs")."""

import json

import pytest
from botocore.exceptions import ClientError

from aws_clients import Aws
from certificates import Authority
from daemon import Daemon
from scripted_receiver import Answer, ScriptedReceiver

covers = pytest.mark.covers
FIRST_FOUR = {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("receivers"))


@pytest.fixture(scope="module")
def daemon(authority):
    arguments = ["--durability", "memory", "--allow-http-targets", "--retry-delay-base", "20ms", "--retry-delay-max", "50ms",
                 "--extra-ca-file", authority.file]
    with Daemon(arguments) as running:
        yield running


@pytest.fixture
def aws(daemon):
    return Aws(daemon.endpoint)


@pytest.fixture
def receiver():
    with ScriptedReceiver() as running:
        yield running


def target(aws, url, **options):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    answer = aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": url, **options}])
    assert answer["FailedEntryCount"] == 0


def dead_letter(queue):
    """The one message of a dead-letter queue, waited for: (body, {attribute: text})."""
    message, = queue.receive(wait=20)
    return message["Body"], {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


@covers("events.PutTargets", "events.PutEvents", "events.ListTargetsByRule")
def test_a_url_gets_the_event_and_what_identifies_it(aws, receiver):
    url = receiver.url + "/hook?fixed=1"
    target(aws, url)
    event_id = aws.put(detail={"n": 1}, TraceHeader="Root=1-5759e988-bd862e3fe1be46a994272793")
    got = receiver.next()
    assert (got.method, got.path) == ("POST", "/hook?fixed=1")
    assert json.loads(got.body)["id"] == event_id
    assert json.loads(got.body)["detail"] == {"n": 1}
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["X-Eventbus-Event-Id"] == event_id
    assert got.headers["X-Eventbus-Rule-Arn"] == aws.rule_arn("r")
    assert got.headers["X-Eventbus-Target-Id"] == "t"
    assert got.headers["X-Eventbus-Attempt"] == "1"
    assert got.headers["X-Amzn-Trace-Id"].startswith("Root=1-5759e988-bd862e3fe1be46a994272793")
    assert aws.events.list_targets_by_rule(Rule="r")["Targets"] == [{"Id": "t", "Arn": url}]
    assert receiver.quiet()


@covers("events.PutTargets", "events.PutEvents")
def test_the_input_is_shaped_and_parameters_are_filled(aws, receiver):
    target(aws, receiver.url + "/users/*/*",
           InputTransformer={"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"number": <n>}'},
           HttpParameters={"PathParameterValues": ["$.detail.user", "x"], "QueryStringParameters": {"q": "a&b"},
                           "HeaderParameters": {"X-Mine": "$.detail.n", "Content-Type": "text/plain"}})
    aws.put(detail={"n": 7, "user": "a b"})
    got = receiver.next()
    assert got.path == "/users/a%20b/x?q=a%26b"
    assert json.loads(got.body) == {"number": 7}
    assert (got.headers["X-Mine"], got.headers["Content-Type"]) == ("7", "text/plain")


@covers("events.PutTargets", "events.PutEvents")
def test_failures_of_the_receiver_are_retried_until_it_takes_the_event(aws, receiver):
    receiver.answers.extend([Answer(500), Answer(503), Answer(429), Answer(409)])
    target(aws, receiver.url)
    event_id = aws.put()
    attempts = [receiver.next() for _ in range(5)]
    assert {json.loads(got.body)["id"] for got in attempts} == {event_id}
    assert [got.headers["X-Eventbus-Attempt"] for got in attempts] == ["1", "2", "3", "4", "5"]
    assert receiver.quiet()


@covers("events.PutTargets", "events.PutEvents", "sqs.ReceiveMessage")
def test_a_refusal_goes_to_the_dead_letter_queue_at_once(aws, receiver):
    queue = aws.create_queue("dlq")
    receiver.answers.append(Answer(404, {}, b"no such thing"))
    target(aws, receiver.url, DeadLetterConfig={"Arn": queue.arn}, InputPath="$.detail")
    aws.put(detail={"n": 1})
    receiver.next()
    body, attributes = dead_letter(queue)
    assert json.loads(body) == {"n": 1}
    assert attributes == {"RULE_ARN": aws.rule_arn("r"), "TARGET_ARN": receiver.url, "ERROR_CODE": "ERROR_FROM_TARGET",
                          "ERROR_MESSAGE": "The target answered with HTTP status 404."}
    assert receiver.quiet()


@covers("events.PutTargets", "events.PutEvents", "sqs.ReceiveMessage")
def test_exhausted_retries_go_to_the_dead_letter_queue(aws, receiver):
    queue = aws.create_queue("dlq")
    receiver.answers.extend([Answer(500)] * 4)
    target(aws, receiver.url, DeadLetterConfig={"Arn": queue.arn}, RetryPolicy={"MaximumRetryAttempts": 2})
    aws.put()
    _, attributes = dead_letter(queue)
    assert attributes.pop("EXHAUSTED_RETRY_CONDITION") == "MaximumRetryAttempts"
    assert attributes.pop("RETRY_ATTEMPTS") == "2"
    assert set(attributes) == FIRST_FOUR
    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET"
    assert len(receiver.received) == 3


@covers("events.PutTargets", "events.PutEvents", "sqs.ReceiveMessage")
def test_a_receiver_that_is_not_there_is_a_connection_failure(aws):
    with ScriptedReceiver() as gone:
        url = gone.url
    queue = aws.create_queue("dlq")
    target(aws, url, DeadLetterConfig={"Arn": queue.arn}, RetryPolicy={"MaximumRetryAttempts": 1})
    aws.put()
    _, attributes = dead_letter(queue)
    assert attributes["ERROR_CODE"] == "CONNECTION_FAILURE"
    assert attributes["RETRY_ATTEMPTS"] == "1"


@covers("events.PutTargets", "events.PutEvents")
def test_a_negative_retry_after_ends_the_retries(aws, receiver):
    queue = aws.create_queue("dlq")
    receiver.answers.append(Answer(429, {"Retry-After": "-1"}))
    target(aws, receiver.url, DeadLetterConfig={"Arn": queue.arn})
    aws.put()
    _, attributes = dead_letter(queue)
    assert attributes["ERROR_CODE"] == "THROTTLING" and set(attributes) == FIRST_FOUR


@covers("events.PutTargets", "events.PutEvents", "sqs.ReceiveMessage")
def test_https_receivers_are_verified(aws, authority):
    good = authority.directory / "good.pem", authority.directory / "good.key"
    authority.issue(*good)
    wrong = authority.directory / "wrong.pem", authority.directory / "wrong.key"
    authority.issue(*wrong, names="DNS:elsewhere.example")
    with ScriptedReceiver(*good) as receiver:
        target(aws, receiver.url)
        event_id = aws.put()
        assert json.loads(receiver.next().body)["id"] == event_id
    queue = aws.create_queue("dlq")
    with ScriptedReceiver(*wrong) as receiver:
        target(aws, receiver.url, DeadLetterConfig={"Arn": queue.arn}, RetryPolicy={"MaximumRetryAttempts": 0})
        aws.put()
        _, attributes = dead_letter(queue)
        assert attributes["ERROR_CODE"] == "CONNECTION_FAILURE"
        assert "mismatch" in attributes["ERROR_MESSAGE"]
        assert receiver.received == []


@covers("events.PutTargets")
def test_urls_are_refused_unless_they_are_allowed(aws):
    with pytest.raises(ClientError) as refused:
        target(aws, "ftp://127.0.0.1/")
    assert "Provided Arn is not in correct format." in str(refused.value)
    with Daemon(["--durability", "memory"]) as strict:
        with pytest.raises(ClientError) as refused:
            target(Aws(strict.endpoint), "http://127.0.0.1/")
        assert "Provided Arn is not in correct format." in str(refused.value)


@covers("events.PutEvents")
def test_kill_9_loses_no_delivery(tmp_path):
    """What was accepted and not delivered yet is delivered by the next life of the daemon."""
    arguments = ["--allow-http-targets", "--retry-delay-base", "20ms", "--retry-delay-max", "50ms"]
    with ScriptedReceiver() as receiver, Daemon(arguments, data_dir=tmp_path / "data") as daemon:
        aws = Aws(daemon.endpoint)
        receiver.answers.extend([Answer(500)] * 10_000)
        target(aws, receiver.url)
        sent = {aws.put(detail={"n": number}) for number in range(20)}
        receiver.next()
        daemon.kill()
        receiver.answers.clear()
        daemon.start()
        delivered = set()
        while delivered != sent:
            got = receiver.next()
            if got.status == 200:
                delivered.add(json.loads(got.body)["id"])
