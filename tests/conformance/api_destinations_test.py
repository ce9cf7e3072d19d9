"""Deliveries to API destinations: real receivers, real token servers (eventbridge-behaviour §13–15)."""

import base64
import json
import shutil
import subprocess
import time

import pytest

from aws_clients import Aws
from daemon import Daemon
from receiver import Receiver, TokenServer
from until import until

# Retries within milliseconds: what is tested is that they happen, not when.
DAEMON_ARGUMENTS = ["--durability", "memory", "--retry-delay-base", "50ms", "--retry-delay-max", "200ms"]

BASIC = {"BasicAuthParameters": {"Username": "Aladdin", "Password": "open sesame"}}


def oauth(server):
    return {"OAuthParameters": {"ClientParameters": {"ClientID": server.client_id, "ClientSecret": server.client_secret},
                                "AuthorizationEndpoint": server.url + "/token", "HttpMethod": "POST"}}


def connection(aws, kind="BASIC", auth=None, **invocation):
    parameters = {**(auth or BASIC), **({"InvocationHttpParameters": invocation} if invocation else {})}
    arn = aws.events.create_connection(Name="crm", AuthorizationType=kind, AuthParameters=parameters)["ConnectionArn"]
    until(lambda: aws.events.describe_connection(Name="crm")["ConnectionState"] != "AUTHORIZING", what="the end of its authorization")
    return arn


def api_destination(aws, endpoint, kind="BASIC", auth=None, method="POST", rate=None, **invocation):
    arn = connection(aws, kind, auth, **invocation)
    more = {"InvocationRateLimitPerSecond": rate} if rate else {}
    return aws.events.create_api_destination(Name="hook", ConnectionArn=arn, InvocationEndpoint=endpoint, HttpMethod=method,
                                             **more)["ApiDestinationArn"]


def rule_to(aws, arn, dead=None, retries=None, **target):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    if dead:
        target["DeadLetterConfig"] = {"Arn": dead.arn}
    if retries is not None:
        target["RetryPolicy"] = {"MaximumRetryAttempts": retries}
    answer = aws.events.put_targets(Rule="r", Targets=[
        {"Id": "hook", "Arn": arn, "RoleArn": f"arn:aws:iam::{aws.account}:role/hook", **target}])
    assert answer["FailedEntryCount"] == 0, answer


def dead_letter(queue):
    """The one message that comes to the dead-letter queue: its body and its attributes."""
    messages = []
    deadline = time.monotonic() + 30
    while not messages and time.monotonic() < deadline:
        messages = queue.receive(wait=5)
    [message] = messages
    return message["Body"], {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


# --- what is sent -----------------------------------------------------------------------------------------------------------


def test_the_event_arrives_with_the_headers_aws_sends(aws):
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url + "/hook?a=1"))
        event_id = aws.put(detail={"n": 1.50})
        [request] = receiver.wait_for(1)
    assert (request.method, request.path, request.query) == ("POST", "/hook", {"a": "1"})
    assert request.json["id"] == event_id
    assert b'"n":1.5' in request.body
    assert request.headers["User-Agent"] == "Amazon/EventBridge/ApiDestinations"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.headers["Range"] == "bytes=0-1048575"
    assert request.headers["Accept-Encoding"] == "gzip,deflate"
    assert request.headers["Connection"] == "close"
    assert request.headers["Content-Length"] == str(len(request.body))
    assert request.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"Aladdin:open sesame").decode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
def test_every_method_is_used(aws, method):
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url, method=method))
        aws.put()
        assert receiver.wait_for(1)[0].method == method


def test_an_api_key_goes_into_its_header(aws):
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url, "API_KEY", {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "k3y"}}))
        aws.put()
        [request] = receiver.wait_for(1)
    assert request.headers["X-Api-Key"] == "k3y"
    assert "Authorization" not in request.headers


def test_parameters_are_merged_and_those_of_the_connection_win(aws):
    invocation = {"HeaderParameters": [{"Key": "X-Both", "Value": "connection"}, {"Key": "User-Agent", "Value": "mine"}],
                  "QueryStringParameters": [{"Key": "both", "Value": "a&b"}],
                  "BodyParameters": [{"Key": "stamp", "Value": "s", "IsValueSecret": True}, {"Key": "id", "Value": "replaced"}]}
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url + "/*/x/*", **invocation), HttpParameters={
            "PathParameterValues": ["$.detail.name", "b"],
            "HeaderParameters": {"X-Both": "target", "X-Own": "$.source", "Content-Type": "application/x-event"},
            "QueryStringParameters": {"both": "target", "own": "$.detail.list"}})
        aws.put(detail={"name": "a/b c", "list": [1, 2]})
        [request] = receiver.wait_for(1)
    assert request.path == "/a%2Fb%20c/x/b"
    assert request.query == {"both": "a&b", "own": "[1,2]"}
    assert (request.headers["X-Both"], request.headers["X-Own"]) == ("connection", "test")
    assert request.headers["User-Agent"] == "Amazon/EventBridge/ApiDestinations"
    assert request.headers["Content-Type"] == "application/x-event"
    assert (request.json["stamp"], request.json["id"], request.json["detail"]) == ("s", "replaced", {"name": "a/b c", "list": [1, 2]})


def test_an_input_that_is_no_object_takes_no_body_parameters(aws):
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url, BodyParameters=[{"Key": "stamp", "Value": "s"}]), Input='["a", 1]')
        aws.put()
        assert receiver.wait_for(1)[0].body == b'["a", 1]'


# --- OAuth ------------------------------------------------------------------------------------------------------------------


def test_one_token_serves_many_deliveries(aws):
    with TokenServer() as tokens, Receiver(lambda request: (200 if tokens.admits(request) else 401, {}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url, "OAUTH_CLIENT_CREDENTIALS", oauth(tokens)))
        for _ in range(20):
            aws.put()
        assert len(receiver.wait_for(20)) == 20
        assert {request.headers["Authorization"] for request in receiver.requests} == {"Bearer token-1"}
        assert tokens.granted == 1


def test_a_token_that_the_endpoint_refuses_is_replaced(aws):
    """The token server takes its tokens back; each delivery gets through all the same, with one new token each time."""
    with TokenServer() as tokens, Receiver(lambda request: (200 if tokens.admits(request) else 401, {}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url, "OAUTH_CLIENT_CREDENTIALS", oauth(tokens)))
        for number in range(1, 4):
            aws.put()
            receiver.wait_for(2 * number - 1)
            assert receiver.requests[-1].headers["Authorization"] == f"Bearer token-{number}"
            tokens.valid.clear()
        assert tokens.granted == 3


def test_a_token_is_fetched_anew_before_it_expires(aws):
    with TokenServer(lifetime=0) as tokens, Receiver(lambda request: (200 if tokens.admits(request) else 401, {}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url, "OAUTH_CLIENT_CREDENTIALS", oauth(tokens)))
        for number in range(1, 4):
            aws.put()
            receiver.wait_for(number)
        # None was used twice: what has no life left is never sent again.
        assert len({request.headers["Authorization"] for request in receiver.requests}) == 3
        assert len(receiver.requests) == 3


def test_a_client_that_is_thrown_out_is_deauthorized_and_its_deliveries_wait(aws):
    with TokenServer() as tokens, Receiver(lambda request: (200 if tokens.admits(request) else 401, {}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url, "OAUTH_CLIENT_CREDENTIALS", oauth(tokens)))
        tokens.valid.clear()
        tokens.client_secret, known = "changed", tokens.client_secret
        aws.put()
        until(lambda: aws.events.describe_connection(Name="crm")["ConnectionState"] == "DEAUTHORIZED", what="DEAUTHORIZED")
        assert aws.events.describe_api_destination(Name="hook")["ApiDestinationState"] == "INACTIVE"
        before = len(receiver.requests)
        tokens.client_secret = known
        aws.events.update_connection(Name="crm", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters=oauth(tokens))
        assert tokens.admits(receiver.wait_for(before + 1)[-1])


# --- what comes of it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 407, 409, 429, 500, 503])
def test_some_answers_are_tried_again(aws, status):
    answers = iter([status, status])
    with Receiver(lambda request: (next(answers, 200), {}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url))
        event_id = aws.put()
        requests = receiver.wait_for(3)
    assert [request.json["id"] for request in requests] == [event_id] * 3


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410])
def test_other_answers_are_final(aws, status):
    dead = aws.create_queue("dead")
    with Receiver(lambda request: (status, {"Location": "/elsewhere"}, b"no")) as receiver:
        arn = api_destination(aws, receiver.url)
        rule_to(aws, arn, dead)
        event_id = aws.put()
        body, attributes = dead_letter(dead)
        assert len(receiver.requests) == 1
    assert json.loads(body)["id"] == event_id
    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET"
    assert (attributes["TARGET_ARN"], attributes["RULE_ARN"]) == (arn, aws.rule_arn("r"))
    assert "RETRY_ATTEMPTS" not in attributes


def test_retries_end_in_the_dead_letter_queue(aws):
    dead = aws.create_queue("dead")
    with Receiver(lambda request: (503, {}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url), dead, retries=2)
        aws.put()
        _, attributes = dead_letter(dead)
        assert len(receiver.requests) == 3
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "2"


def test_a_negative_retry_after_ends_it(aws):
    dead = aws.create_queue("dead")
    with Receiver(lambda request: (503, {"Retry-After": "-1"}, b"")) as receiver:
        rule_to(aws, api_destination(aws, receiver.url), dead)
        aws.put()
        dead_letter(dead)
        assert len(receiver.requests) == 1


def test_a_deleted_destination_is_no_resource(aws):
    dead = aws.create_queue("dead")
    arn = api_destination(aws, "http://127.0.0.1:1/")
    rule_to(aws, arn, dead)
    aws.events.delete_api_destination(Name="hook")
    aws.put()
    _, attributes = dead_letter(dead)
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"
    assert attributes["ERROR_MESSAGE"] == f"The API destination {arn} does not exist."


def test_what_waits_for_a_deauthorized_connection_goes_on_when_it_is_back(aws):
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url))
        aws.events.deauthorize_connection(Name="crm")
        event_id = aws.put()
        aws.events.update_connection(Name="crm", AuthorizationType="BASIC", AuthParameters=BASIC)
        assert [request.json["id"] for request in receiver.wait_for(1)] == [event_id]


def test_http_is_not_called_unless_it_is_allowed():
    with Daemon(["--durability", "memory", "--allow-http-endpoints=false"]) as strict, Receiver() as receiver:
        aws = Aws(strict.endpoint)
        dead = aws.create_queue("dead")
        rule_to(aws, api_destination(aws, receiver.url), dead)
        aws.put()
        _, attributes = dead_letter(dead)
        assert attributes["ERROR_CODE"] == "INVALID_PARAMETER"
        assert "https://" in attributes["ERROR_MESSAGE"]
        assert receiver.requests == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes the certificate, is not installed")
def test_https_needs_a_certificate_that_is_trusted(tmp_path):
    pem = tmp_path / "both.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem"],
                   check=True, capture_output=True)
    pem.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "ca.pem").read_text())
    arguments = ["--durability", "memory", "--allow-http-endpoints=false"]
    with Receiver(certificate=pem) as receiver:
        with Daemon([*arguments, "--extra-ca-file", tmp_path / "ca.pem"]) as trusting:
            aws = Aws(trusting.endpoint)
            rule_to(aws, api_destination(aws, receiver.url + "/hook"))
            event_id = aws.put()
            assert receiver.wait_for(1)[0].json["id"] == event_id
        with Daemon(arguments) as careful:
            aws = Aws(careful.endpoint)
            dead = aws.create_queue("dead")
            rule_to(aws, api_destination(aws, receiver.url + "/hook"), dead, retries=0)
            aws.put()
            _, attributes = dead_letter(dead)
            assert attributes["ERROR_CODE"] == "CONNECTION_FAILURE"
            assert len(receiver.requests) == 1


def test_the_rate_is_kept_and_nothing_is_lost(aws):
    """By counting: at 20 a second, 40 deliveries cannot all have come in the first half of a second, and all of them come."""
    with Receiver() as receiver:
        rule_to(aws, api_destination(aws, receiver.url, rate=20))
        begun = time.monotonic()
        for _ in range(4):
            aws.events.put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": "{}"}] * 10)
        receiver.wait_for(1)
        seen = []
        while len(receiver.requests) < 40:
            seen.append((time.monotonic() - begun, len(receiver.requests)))
            assert seen[-1][0] < 30, "the rest never came"
            time.sleep(0.05)
        took = time.monotonic() - begun
    # A second's worth may go at once, the other twenty need a second of their own.
    assert took > 0.5, seen
    assert all(count <= 20 + 20 * elapsed + 10 for elapsed, count in seen), seen
    assert len({request.json["id"] for request in receiver.requests}) == 40
