"""Methods of API Gateway REST APIs as targets: what a receiver in the API's place is sent, and that botocore would have signed it so."""

import json

import pytest
from aws_clients import Aws, new_account
from botocore_signature import botocores_signature
from daemon import Daemon
from forwarding import ROLE, forwarding_daemon, rule_to
from scripted_receiver import Answer, ScriptedReceiver
from until import until

FAR = "444455556666"
TRACE = "Root=1-67891233-abcdef012345678912345678"


@pytest.fixture(scope="module")
def api():
    with ScriptedReceiver() as running:
        yield running


@pytest.fixture(scope="module")
def daemon(api):
    with forwarding_daemon(f'  - accounts: ["{FAR}"]\n    endpoints: {{execute-api: "{api.url}"}}\n') as running:
        yield running


@pytest.fixture
def aws(daemon, api):
    api.answers.clear()
    return Aws(daemon.endpoint, new_account())


def method_arn(aws, method="POST", path="orders/*"):
    return f"arn:aws:execute-api:{aws.region}:{FAR}:abc123/prod/{method}/{path}"


@pytest.mark.covers("events.PutTargets", "events.PutEvents")
@pytest.mark.parametrize("method", ["POST", "GET", "PATCH"])
def test_a_method_is_called_with_the_parameters_of_its_target(aws, api, method):
    rule_to(aws, "api", method_arn(aws, method), RoleArn=ROLE, HttpParameters={
        "PathParameterValues": ["$.detail.id"], "QueryStringParameters": {"from": "$.source", "ä b": "&="},
        "HeaderParameters": {"X-Own": "$.detail.n", "X-Amz-Date": "mine", "Host": "mine"}})
    aws.put("api", detail={"id": "a/b c", "n": 7}, TraceHeader=TRACE)
    got = api.next()
    assert got.method == method
    assert got.path == "/prod/orders/a%2Fb%20c?from=api&%C3%A4%20b=%26%3D"
    assert json.loads(got.body)["detail"] == {"id": "a/b c", "n": 7}
    assert got.headers["X-Own"] == "7" and got.headers["Content-Type"] == "application/json"
    assert got.headers["X-Amz-Source-Arn"] == aws.rule_arn("api") and got.headers["X-Amz-Source-Account"] == aws.account
    assert got.headers["X-Amzn-Trace-Id"].startswith(TRACE)
    assert got.headers["Authorization"].endswith(", Signature=" + botocores_signature(
        api.url, got, "execute-api", aws.region, "AKIDNEAR", "near-secret"))


@pytest.mark.covers("events.PutEvents")
def test_429_and_5xx_are_tried_again(aws, api):
    api.answers.extend([Answer(500), Answer(429), Answer(200)])
    rule_to(aws, "api", method_arn(aws, path="retried"), RoleArn=ROLE)
    event_id = aws.put("api")
    assert {json.loads(api.next().body)["id"] for _ in range(3)} == {event_id}
    assert api.quiet()


@pytest.mark.covers("events.PutEvents", "sqs.ReceiveMessage")
def test_other_answers_and_arns_without_a_stage_are_dead_lettered(aws, api):
    letters = aws.create_queue("letters")
    api.answers.append(Answer(404, {}, b'{"message": "no such order"}'))
    rule_to(aws, "api", method_arn(aws, path="refused"), RoleArn=ROLE, DeadLetterConfig={"Arn": letters.arn})
    aws.put("api")
    [message] = letters.receive(wait=20)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET" and "no such order" in attributes["ERROR_MESSAGE"]
    api.next()
    rule_to(aws, "stageless", method_arn(aws).replace("/prod/", "/*/"), RoleArn=ROLE, DeadLetterConfig={"Arn": letters.arn})
    aws.put("stageless")
    [message] = letters.receive(wait=20)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "INVALID_PARAMETER"
    assert api.quiet()


@pytest.mark.covers("events.PutEvents")
def test_where_nothing_is_forwarded_the_daemon_says_that_deliveries_wait():
    with Daemon(["--durability", "memory"]) as daemon:
        aws = Aws(daemon.endpoint)
        rule_to(aws, "api", method_arn(aws), RoleArn=ROLE)
        aws.put("api")
        until(lambda: daemon.metrics()["eventbus_delivery_standby_lanes"] == 1)
        line = until(lambda: next((line for line in daemon.log_tail().splitlines() if "Deliveries wait" in line), None))
        assert method_arn(aws) in line and aws.rule_arn("api") in line
