"""Functions behind a configured Invoke API: what it is sent, retries, refusals (docs/targets.md, "Functions")."""

import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from aws_clients import Aws
from daemon import Daemon
from scripted_receiver import Answer, ScriptedReceiver

covers = pytest.mark.covers


@pytest.fixture(scope="module")
def api():
    with ScriptedReceiver() as running:
        yield running


@pytest.fixture(scope="module")
def daemon(api):
    arguments = ["--durability", "memory", "--lambda-endpoint", api.url, "--retry-delay-base", "20ms", "--retry-delay-max", "50ms"]
    with Daemon(arguments) as running:
        yield running


@pytest.fixture
def aws(daemon, api):
    api.answers.clear()
    api.received.clear()
    return Aws(daemon.endpoint)


def function_arn(aws, name="resize"):
    return f"arn:aws:lambda:{aws.region}:{aws.account}:function:{name}"


def target(aws, arn, **options):
    aws.events.put_rule(Name="r", EventPattern='{"source":["test"]}')
    answer = aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **options}])
    assert answer["FailedEntryCount"] == 0


@covers("events.PutTargets", "events.PutEvents")
def test_a_function_is_invoked_asynchronously_with_its_input(aws, api):
    api.answers.append(Answer(202))
    target(aws, function_arn(aws, "resize:live"), InputTransformer={"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>}'})
    aws.put(detail={"n": 7}, TraceHeader="Root=1-5759e988-bd862e3fe1be46a994272793")
    got = api.next()
    assert (got.method, got.path) == ("POST", "/2015-03-31/functions/resize/invocations?Qualifier=live")
    assert got.headers["X-Amz-Invocation-Type"] == "Event"
    assert got.headers["X-Amzn-Trace-Id"].startswith("Root=1-5759e988-bd862e3fe1be46a994272793")
    assert json.loads(got.body) == {"n": 7}
    assert api.quiet()


@covers("events.PutEvents")
def test_failures_of_the_api_are_retried(aws, api):
    api.answers.extend([Answer(500), Answer(429), Answer(202)])
    target(aws, function_arn(aws))
    event_id = aws.put()
    assert {json.loads(api.next().body)["id"] for _ in range(3)} == {event_id}
    assert api.quiet()


@covers("events.PutEvents", "sqs.ReceiveMessage")
def test_a_function_that_does_not_exist_is_no_resource(aws, api):
    queue = aws.create_queue("dlq")
    body = json.dumps({"Type": "User", "Message": f"Function not found: {function_arn(aws)}"}).encode()
    api.answers.append(Answer(404, {"x-amzn-ErrorType": "ResourceNotFoundException", "x-amzn-RequestId": "r-1"}, body))
    target(aws, function_arn(aws), DeadLetterConfig={"Arn": queue.arn})
    aws.put()
    api.next()
    message, = queue.receive(wait=20)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {
        "RULE_ARN": aws.rule_arn("r"), "TARGET_ARN": function_arn(aws), "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"Function not found: {function_arn(aws)} (Service: AWSLambda; Status Code: 404; "
                         "Error Code: ResourceNotFoundException; Request ID: r-1; Proxy: null)"}
    assert api.quiet()


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
        # The signature that botocore makes for the same request, at the same second.
        named = got.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        request = botocore.awsrequest.AWSRequest(got.method, api.url + got.path, data=got.body,
                                                 headers={name: got.headers[name] for name in named if name != "host"})
        request.context["timestamp"] = got.headers["X-Amz-Date"]
        signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials("AKIDENV", "env-secret", "env-token"), "lambda", aws.region)
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        assert got.headers["Authorization"].endswith(f", Signature={signature}")
        assert {"content-type", "host", "x-amz-date", "x-amz-invocation-type", "x-amz-security-token"} == set(named)
