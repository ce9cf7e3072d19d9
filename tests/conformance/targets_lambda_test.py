"""Functions behind a configured Invoke API: what it is sent, retries, refusals (docs/targets.md, "Functions")."""

import json

import pytest

from aws_clients import Aws
from botocore_signature import botocores_signature, signed_headers
from daemon import Daemon
from functions import aws, daemon, functions  # noqa: F401
from scripted_receiver import Answer, ScriptedReceiver

covers = pytest.mark.covers


def function_arn(aws, name="resize"):
    return f"arn:aws:lambda:{aws.region}:{aws.account}:function:{name}"


def target(aws, arn, **options):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    answer = aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **options}])
    assert answer["FailedEntryCount"] == 0


@covers("events.PutTargets", "events.PutEvents")
def test_a_function_is_invoked_asynchronously_with_its_input(aws, functions):
    functions.answers.append(Answer(202))
    target(aws, function_arn(aws, "resize:live"), InputTransformer={"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>}'})
    aws.put(detail={"n": 7}, TraceHeader="Root=1-5759e988-bd862e3fe1be46a994272793")
    got = functions.next()
    assert (got.method, got.path) == ("POST", "/2015-03-31/functions/resize/invocations?Qualifier=live")
    assert got.headers["X-Amz-Invocation-Type"] == "Event"
    assert got.headers["X-Amzn-Trace-Id"].startswith("Root=1-5759e988-bd862e3fe1be46a994272793")
    assert json.loads(got.body) == {"n": 7}
    assert functions.quiet()


@covers("events.PutEvents")
def test_failures_of_the_api_are_retried(aws, functions):
    functions.answers.extend([Answer(500), Answer(429), Answer(202)])
    target(aws, function_arn(aws))
    event_id = aws.put()
    assert {json.loads(functions.next().body)["id"] for _ in range(3)} == {event_id}
    assert functions.quiet()


@covers("events.PutEvents", "sqs.ReceiveMessage")
def test_a_function_that_does_not_exist_is_no_resource(aws, functions):
    queue = aws.create_queue("dlq")
    body = json.dumps({"Type": "User", "Message": f"Function not found: {function_arn(aws)}"}).encode()
    functions.answers.append(Answer(404, {"x-amzn-ErrorType": "ResourceNotFoundException", "x-amzn-RequestId": "r-1"}, body))
    target(aws, function_arn(aws), DeadLetterConfig={"Arn": queue.arn})
    aws.put()
    functions.next()
    message, = queue.receive(wait=20)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {
        "RULE_ARN": aws.rule_arn("r"), "TARGET_ARN": function_arn(aws), "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"Function not found: {function_arn(aws)} (Service: AWSLambda; Status Code: 404; "
                         "Error Code: ResourceNotFoundException; Request ID: r-1; Proxy: null)"}
    assert functions.quiet()


@covers("events.PutEvents")
def test_the_path_of_the_runtime_interface_emulator_is_called_as_it_stands():
    with ScriptedReceiver() as emulator:
        path = "/2015-03-31/functions/function/invocations"
        with Daemon(["--durability", "memory", "--lambda-endpoint", emulator.url + path]) as daemon:
            aws = Aws(daemon.endpoint)
            target(aws, function_arn(aws, "anything"))
            event_id = aws.put()
            got = emulator.next()
            assert got.path == path
            assert json.loads(got.body)["id"] == event_id


@covers("events.PutEvents")
def test_without_an_endpoint_deliveries_wait_for_one(tmp_path):
    with ScriptedReceiver() as api, Daemon(data_dir=tmp_path / "data") as daemon:
        aws = Aws(daemon.endpoint)
        target(aws, function_arn(aws))
        event_id = aws.put()
        assert daemon.metrics()["eventbus_outbox_messages"] == 1
        daemon.stop()
        daemon.arguments = ["--lambda-endpoint", api.url]
        daemon.start()
        assert json.loads(api.next().body)["id"] == event_id


@covers("events.PutEvents")
def test_invocations_are_signed_with_the_keys_of_the_environment():
    keys = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_SESSION_TOKEN": "env-token"}
    with ScriptedReceiver() as api, Daemon(["--durability", "memory", "--lambda-endpoint", api.url], environment=keys) as daemon:
        aws = Aws(daemon.endpoint)
        target(aws, function_arn(aws, "resize:live"))
        aws.put()
        got = api.next()
        assert got.headers["X-Amz-Security-Token"] == "env-token"
        signature = botocores_signature(api.url, got, "lambda", aws.region, "AKIDENV", "env-secret", "env-token")
        assert got.headers["Authorization"].endswith(f", Signature={signature}")
        assert {"content-type", "host", "x-amz-date", "x-amz-invocation-type", "x-amz-security-token"} == set(signed_headers(got))
