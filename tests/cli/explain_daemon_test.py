"""eventbusctl explain with the rules of a running daemon, and the API behind it."""

import json

import pytest

from daemon import free_port
from raw_aws import RawAws

EVENT = '{"source":"shop","detail":{"total":5}}'


@pytest.fixture(scope="module")
def endpoint(daemon):
    """The daemon with rules: `big` and the disabled `off` on bus `app`, `nightly` without a pattern, `there` in another scope."""
    aws = RawAws(daemon.port)
    aws.call("events", "CreateEventBus", Name="app")
    aws.call("events", "PutRule", EventBusName="app", Name="big", EventPattern='{"detail":{"total":[{"numeric":[">",100]}]}}')
    aws.call("events", "PutRule", EventBusName="app", Name="off", State="DISABLED", EventPattern='{"source":["shop"]}')
    aws.call("events", "PutRule", Name="nightly", ScheduleExpression="rate(1 day)")
    elsewhere = RawAws(daemon.port, account="111122223333", region="eu-west-1")
    elsewhere.call("events", "PutRule", Name="there", EventPattern='{"source":["shop"]}')
    return daemon.endpoint


def ask(daemon, body, content_type="application/json"):
    text = body if isinstance(body, str) else json.dumps(body)
    reply = daemon.request("POST", "/_eventbus/explain", text, {"Content-Type": content_type})
    return reply.status, json.loads(reply.body)


def test_names_what_failed_of_a_rule(ctl, endpoint):
    done = ctl("explain", "--bus", "app", "--rule", "big", "--event", EVENT, environment={"EVENTBUS_ENDPOINT": endpoint})
    assert (done.status, done.error) == (1, "")
    assert done.lines[:2] == ["no match", "  detail.total: no value fits"] and "               5 is not > 100" in done.lines


def test_the_endpoint_option_wins_over_the_environment(ctl, endpoint):
    nowhere = {"EVENTBUS_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    event = EVENT.replace("5", "500")
    for arguments in (("--endpoint", endpoint, "explain"), ("explain", "--endpoint", endpoint + "/")):
        assert ctl(*arguments, "--bus", "app", "--rule", "big", "--event", event, environment=nowhere).status == 0
    done = ctl("explain", "--rule", "big", "--event", EVENT, environment=nowhere)
    assert done.status == 2 and nowhere["EVENTBUS_ENDPOINT"] in done.error


def test_says_that_a_rule_is_disabled(ctl, endpoint):
    done = ctl("explain", "--bus", "app", "--rule", "off", "--event", EVENT, environment={"EVENTBUS_ENDPOINT": endpoint})
    assert done.status == 0 and done.lines[0].startswith("the rule is disabled") and done.lines[1] == "match"
    done = ctl("explain", "--bus", "app", "--rule", "off", "--event", EVENT, "--json", environment={"EVENTBUS_ENDPOINT": endpoint})
    assert json.loads(done.out)["rule"] == {"bus": "app", "name": "off", "state": "DISABLED"}


def test_account_and_region_are_those_of_aws_clients(ctl, endpoint):
    environment = {"EVENTBUS_ENDPOINT": endpoint, "AWS_ACCESS_KEY_ID": "111122223333", "AWS_DEFAULT_REGION": "us-west-1"}
    missing = ctl("explain", "--rule", "there", "--event", EVENT, environment=environment)
    assert missing.status == 2 and missing.error == "eventbusctl: Rule there does not exist on EventBus default.\n"
    assert ctl("explain", "--rule", "there", "--event", EVENT, environment=environment | {"AWS_REGION": "eu-west-1"}).status == 0


def test_the_api_answers_as_eventbusctl_does(ctl, daemon, endpoint):
    pattern = '{"source":["shop"],"detail":{"total":[1,{"exists":false}]}}'
    status, answer = ask(daemon, {"event": json.loads(EVENT), "pattern": json.loads(pattern)})
    assert status == 200
    assert answer.pop("text") == ctl("explain", "--pattern", pattern, "--event", EVENT).out
    assert answer == json.loads(ctl("explain", "--pattern", pattern, "--event", EVENT, "--json").out)


def test_texts_are_taken_to_the_letter(daemon, endpoint):
    """A tree of JSON would lose the repeated key and the digits."""
    status, answer = ask(daemon, '{"pattern":{"a":[12345678901234567890]},"event":{"a":1,"a":12345678901234567890}}')
    assert status == 200 and answer["matches"] is True
    status, answer = ask(daemon, {"pattern": '{"a":[1e400]}', "event": '{"a":1e400}'})
    assert status == 200 and answer["matches"] is True


@pytest.mark.parametrize(("body", "status", "error"), [
    ("[]", 400, "the request is not a JSON object"),
    ('{"event":{}', 400, "the request is not a JSON object"),
    ({"pattern": {"a": [1]}}, 400, '"event" is missing'),
    ({"event": {}}, 400, 'either "pattern" or "rule" is needed'),
    ({"event": {}, "rule": "big", "pattern": {"a": [1]}}, 400, 'either "pattern" or "rule" is needed'),
    ({"event": {}, "rule": 1}, 400, '"rule" has the wrong type'),
    ({"event": {}, "pattern": {"a": [1]}, "evnt": {}}, 400, 'unknown member "evnt"'),
    ({"event": "[1]", "pattern": {"a": [1]}}, 400, "the event: The event is not a JSON object"),
    ({"event": {}, "rule": "nope"}, 404, "Rule nope does not exist on EventBus default."),
    ({"event": {}, "bus": "nope", "rule": "x"}, 404, "Event bus nope does not exist."),
    ({"event": {}, "rule": "nightly"}, 400, "Rule nightly has no event pattern."),
    ({"event": {"a": "x" * 600_000}, "pattern": {"a": ["y" * 600]}}, 413,
     "pattern and event are too large to be explained here; eventbusctl does it without the daemon"),
])
def test_refusals_say_why(daemon, endpoint, body, status, error):
    assert ask(daemon, body) == (status, {"error": error})


def test_a_faulty_pattern_is_refused_in_the_words_of_aws(daemon, endpoint):
    status, answer = ask(daemon, {"event": {}, "pattern": {"a": []}})
    assert status == 400 and answer["error"].startswith("Event pattern is not valid. Reason: Empty arrays are not allowed")


def test_only_json_posts_are_taken(daemon, endpoint):
    assert ask(daemon, {"event": {}, "pattern": {"a": [1]}}, "text/plain")[0] == 415
    assert daemon.request("GET", "/_eventbus/explain").status == 405
