"""Inbound identity (`auth: sigv4`): what boto3 signs with a right key is answered, and everything else is refused with AWS's error."""

import datetime
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from aws_clients import SPEAKS_QUERY, refused
from daemon import Daemon
from until import until

ACCOUNT = "111122223333"
KEYS = f"""
AKIDAPP: {{secret: app-secret, account: "{ACCOUNT}", name: app}}
AKIDOTHER: {{secret: other-secret, account: "444455556666", name: other}}
ASIATEMP: {{secret: temp-secret, session_token: the-token, account: "{ACCOUNT}", name: temp, expires: 2999-01-01T00:00:00Z}}
ASIAOVER: {{secret: temp-secret, session_token: the-token, account: "{ACCOUNT}", name: temp, expires: 2001-01-01T00:00:00Z}}
"""
INVALID_TOKEN = "The security token included in the request is invalid."
MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
            "signing method. Consult the service documentation for details.…")


class World:
    def __init__(self, home):
        self.keys = pathlib.Path(home) / "keys.yaml"
        self.keys.write_text(KEYS)
        self.daemon = Daemon(["--durability", "memory", "--auth", "sigv4", "--keys-file", self.keys])

    def client(self, service, key="AKIDAPP", secret="app-secret", token=None, region="eu-central-1", **config):
        return boto3.session.Session().client(
            service, endpoint_url=self.daemon.endpoint, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret,
            aws_session_token=token, config=Config(retries={"max_attempts": 0}, **config))


@pytest.fixture(scope="module")
def world():
    with tempfile.TemporaryDirectory(prefix="eventbusd-keys-") as home:
        running = World(home)
        with running.daemon:
            yield running


@pytest.fixture
def clock(monkeypatch):
    """botocore's clock, moved."""
    def move(**by):
        real = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**by)
        if not hasattr(botocore.auth, "get_current_datetime"):
            pytest.skip("this botocore's clock cannot be moved")
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: real.replace(tzinfo=None))
        if botocore.auth.HAS_CRT:  # Debian's awscrt signs in its stead
            monkeypatch.setattr(botocore.crt.auth, "get_current_datetime", lambda remove_tzinfo=False: real)
    return move


def test_the_key_says_who_calls_and_whose_account_it_is(world):
    identity = world.client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/app")
    arn = world.client("events").describe_event_bus()["Arn"]
    assert arn == f"arn:aws:events:eu-central-1:{ACCOUNT}:event-bus/default"
    assert world.client("sts", "AKIDOTHER", "other-secret").get_caller_identity()["Account"] == "444455556666"


def test_events_and_queues_work_as_ever(world):
    sqs, events = world.client("sqs"), world.client("events")
    url = sqs.create_queue(QueueName="signed")["QueueUrl"]
    events.put_rule(Name="signed", EventPattern='{"source": ["signed"]}')
    events.put_targets(Rule="signed", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:signed"}])
    # Whatever JSON can hold goes through the payload's hash.
    put = events.put_events(Entries=[{"Source": "signed", "DetailType": "t", "Detail": '{"text": "ä \U0001F600 %2F +&="}'}])
    assert put["FailedEntryCount"] == 0
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]
    assert "\U0001F600" in message["Body"]


@pytest.mark.parametrize("service, call, json_code, query_code", [
    ("events", "list_event_buses", "UnrecognizedClientException", None),
    ("sqs", "list_queues", "InvalidClientTokenId", "InvalidClientTokenId"),
    ("sts", "get_caller_identity", None, "InvalidClientTokenId")])
def test_an_unknown_key_is_refused(world, service, call, json_code, query_code):
    query = service == "sts" or (service == "sqs" and SPEAKS_QUERY)
    with refused(query_code if query else json_code, INVALID_TOKEN, status=403 if query else 400):
        getattr(world.client(service, "AKIDNOBODY", "x"), call)()


@pytest.mark.parametrize("service, call, json_code", [
    ("events", "list_event_buses", "InvalidSignatureException"), ("sqs", "list_queues", "SignatureDoesNotMatch"),
    ("sts", "get_caller_identity", None)])
def test_a_wrong_secret_is_refused(world, service, call, json_code):
    query = service == "sts" or (service == "sqs" and SPEAKS_QUERY)
    with refused("SignatureDoesNotMatch" if query else json_code, MISMATCH, status=403 if query else 400):
        getattr(world.client(service, secret="wrong"), call)()


@pytest.mark.parametrize("service, call", [("schemas", "list_registries"), ("scheduler", "list_schedules")])
def test_rest_services_refuse_with_403(world, service, call):
    if service == "scheduler" and SPEAKS_QUERY:
        pytest.skip("this client is too old")
    with refused("UnrecognizedClientException", INVALID_TOKEN, status=403) as refusal:
        getattr(world.client(service, "AKIDNOBODY", "x"), call)()
    assert refusal.headers["x-amzn-requestid"]
    with refused("InvalidSignatureException", MISMATCH, status=403):
        getattr(world.client(service, secret="wrong"), call)()
    with refused("ExpiredTokenException", status=403):
        getattr(world.client(service, "ASIAOVER", "temp-secret", "the-token"), call)()
    getattr(world.client(service), call)()


def test_an_unsigned_request_is_refused(world):
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.ListRules"}
    reply = world.daemon.request("POST", "/", "{}", headers)
    assert reply.status == 400 and b'"MissingAuthenticationTokenException"' in reply.body
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = world.daemon.request("POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", form)
    assert reply.status == 403 and b"<Code>MissingAuthenticationToken</Code>" in reply.body


def test_a_clock_that_is_more_than_five_minutes_off_is_refused(world, clock):
    for minutes in (-4, 4):
        clock(minutes=minutes)
        world.client("events").list_event_buses()
    clock(minutes=-6)
    with refused("InvalidSignatureException", "Signature expired: …"):
        world.client("events").list_event_buses()
    with refused("SignatureDoesNotMatch", "Signature expired: …", status=403):
        world.client("sts").get_caller_identity()
    clock(minutes=6)
    with refused("InvalidSignatureException", "Signature not yet current: …"):
        world.client("events").list_event_buses()


def test_what_is_changed_on_the_way_is_refused(world):
    def change(what):
        def changed(request, **_):
            what(request)
        client = world.client("events")
        client.meta.events.register("before-send.events.*", changed)
        return client

    def body(request):
        request.body = request.body.replace(b"{", b"{ ", 1)
        request.headers["Content-Length"] = str(len(request.body))

    def target(request):
        request.headers["X-Amz-Target"] = "AWSEvents.ListEventBuses"

    def region(request):
        text = request.headers["Authorization"]
        text = text.decode() if isinstance(text, bytes) else text
        request.headers["Authorization"] = text.replace("eu-central-1", "us-east-1")

    for what in (body, target, region):
        with refused("InvalidSignatureException", MISMATCH):
            change(what).list_rules()


def test_a_signature_for_one_service_is_none_for_another(world):
    client = world.client("events")
    client.meta.events.register("choose-signer.events.*", lambda **_: None)
    client._request_signer._signing_name = "sqs"
    with refused("InvalidSignatureException", "Credential should be scoped to correct service: 'events'. "):
        client.list_rules()


def test_temporary_credentials_need_their_token(world):
    assert world.client("sts", "ASIATEMP", "temp-secret", "the-token").get_caller_identity()["Account"] == ACCOUNT
    for token in (None, "another"):
        with refused("UnrecognizedClientException", INVALID_TOKEN):
            world.client("events", "ASIATEMP", "temp-secret", token).list_rules()
    with refused("ExpiredTokenException", "The security token included in the request is expired"):
        world.client("events", "ASIAOVER", "temp-secret", "the-token").list_rules()


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_presigned_urls_work_until_they_expire(world, clock):
    # STS speaks Query, whose calls are URLs; as `aws eks get-token` makes one.
    sts = world.client("sts")
    url = sts.generate_presigned_url("get_caller_identity", Params={}, ExpiresIn=120, HttpMethod="GET")
    status, text = fetch(url)
    assert status == 200 and f"<Account>{ACCOUNT}</Account>" in text
    status, text = fetch(url.replace("GetCallerIdentity", "GetSessionToken"))
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in text
    clock(minutes=-3)
    url = sts.generate_presigned_url("get_caller_identity", Params={}, ExpiresIn=120, HttpMethod="GET")
    status, text = fetch(url)
    assert status == 400 and "<Code>RequestExpired</Code>" in text


def test_a_presigned_url_of_a_queue_works(world):
    sqs = world.client("sqs")
    url = sqs.create_queue(QueueName="presigned")["QueueUrl"]
    if not SPEAKS_QUERY:  # its protocol is JSON, whose calls are no URLs: made as SQS's Query API wants them
        request = botocore.awsrequest.AWSRequest(
            "GET", url, params={"Action": "SendMessage", "MessageBody": "by URL", "Version": "2012-11-05"})
        credentials = botocore.credentials.Credentials("AKIDAPP", "app-secret")
        botocore.auth.SigV4QueryAuth(credentials, "sqs", "eu-central-1", expires=60).add_auth(request)
        presigned = request.url
    else:
        presigned = sqs.generate_presigned_url("send_message", Params={"QueueUrl": url, "MessageBody": "by URL"}, HttpMethod="GET")
    status, text = fetch(presigned)
    assert status == 200, text
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]["Body"] == "by URL"


def test_a_changed_keys_file_counts_without_a_restart(world):
    def accepted():
        try:
            world.client("sts", "AKIDNEW", "new-secret").get_caller_identity()
            return True
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidClientTokenId"
            return False

    assert not accepted()
    new = world.keys.with_name("new.yaml")
    new.write_text(KEYS + f'AKIDNEW: {{secret: new-secret, account: "{ACCOUNT}", name: new}}\n')
    new.replace(world.keys)
    until(accepted)
    # One that cannot be read keeps the keys; SIGHUP reads it at once, whether it looks changed or not.
    world.keys.write_text("no: keys")
    os.kill(world.daemon.process.pid, signal.SIGHUP)
    until(lambda: "The keys that were there stay in force" in world.daemon.log_tail())
    assert accepted()
    world.keys.write_text(KEYS)
    os.kill(world.daemon.process.pid, signal.SIGHUP)
    until(lambda: not accepted())


def test_health_is_for_everybody_and_the_rest_of_our_paths_for_this_machine(world):
    for path in ("/_eventbus/health", "/_eventbus/ready", "/_eventbus/metrics", "/_eventbus/info", "/_localstack/health"):
        assert world.daemon.request("GET", path).status == 200, path
    assert b"app-secret" not in world.daemon.request("GET", "/_eventbus/info").body


def test_from_another_machine_our_paths_need_a_signature(world, tmp_path):
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    address = next((each for each in addresses if ":" not in each), None)
    if not address:
        pytest.skip("SKIPPED: this machine has no address but loopback's, from which nobody else could call")
    process = subprocess.Popen(
        [world.daemon.binary, "--durability", "memory", "--auth", "sigv4", "--keys-file", world.keys, "--listen", f"{address}:0",
         "--log-format", "json"], stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}, cwd=tmp_path)
    try:
        listening = next(line for line in process.stdout if "Listening on" in line)
        endpoint = re.search(r"http://[0-9.]+:[0-9]+", listening).group(0)
        assert fetch(f"{endpoint}/_eventbus/health")[0] == 200
        assert fetch(f"{endpoint}/_eventbus/ready")[0] == 200
        for path in ("/_eventbus/metrics", "/_eventbus/info"):
            assert fetch(endpoint + path)[0] == 403
            request = botocore.awsrequest.AWSRequest("GET", endpoint + path)
            botocore.auth.SigV4Auth(botocore.credentials.Credentials("AKIDAPP", "app-secret"), "eventbus", "us-east-1").add_auth(request)
            signed = urllib.request.Request(endpoint + path, headers=dict(request.headers.items()))
            with urllib.request.urlopen(signed, timeout=10) as response:
                assert response.status == 200
    finally:
        process.terminate()
        process.wait(20)


def test_a_daemon_without_keys_does_not_start(tmp_path):
    for text, problem in (("", "must be a mapping of access keys"), ("AKID: {secret: s, name: n}", "AKID: account is missing"),
                          ("AKID: {secrte: s}", 'unknown key "secrte"; did you mean secret?'),
                          ('AKID: {secret: s, account: "1", name: n}', "account must be 12 digits")):
        keys = tmp_path / "keys.yaml"
        keys.write_text(text)
        done = subprocess.run([Daemon().binary, "--durability", "memory", "--auth", "sigv4", "--keys-file", keys], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 1 and problem in done.stderr, done.stderr
