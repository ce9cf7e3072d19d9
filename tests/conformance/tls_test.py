"""The daemon over TLS, as real clients and raw sockets see it (docs/operations.md, "TLS")."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError

from certificates import Authority
from daemon import Daemon, find_program

covers = pytest.mark.covers


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def files(authority):
    certificate, key = authority.directory / "server.pem", authority.directory / "server.key"
    authority.issue(certificate, key)
    return certificate, key


@pytest.fixture(scope="module")
def daemon(authority, files):
    arguments = ["--tls-certificate", files[0], "--tls-key", files[1], "--durability", "memory", "--header-timeout", "1s"]
    with Daemon(arguments, ca_file=authority.file) as running:
        yield running


def client(daemon, service, **settings):
    return boto3.client(service, endpoint_url=daemon.endpoint, region_name="us-east-1", aws_access_key_id="111122223333",
                        aws_secret_access_key="secret", verify=settings.pop("verify", str(daemon.ca_file)),
                        config=Config(retries={"max_attempts": 0}, **settings))


def raw(daemon, context=None):
    """A TLS connection of our own."""
    context = context or ssl.create_default_context(cafile=daemon.ca_file)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", daemon.port), timeout=20), server_hostname="localhost")


def served_certificate(daemon):
    with raw(daemon, ssl._create_unverified_context()) as connection:  # noqa: SLF001: the CA changes in this test
        return connection.getpeercert(binary_form=True)


@covers("events.PutEvents", "sqs.ReceiveMessage", "sqs.CreateQueue")
def test_boto3_works_over_tls_and_queue_urls_say_https(daemon):
    events, sqs = client(daemon, "events"), client(daemon, "sqs")
    url = sqs.create_queue(QueueName="over-tls")["QueueUrl"]
    assert url.startswith(f"https://127.0.0.1:{daemon.port}/")
    events.put_rule(Name="r", EventPattern='{"source":["tls"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:111122223333:over-tls"}])
    detail = json.dumps({"text": "x" * 200_000})
    answer = events.put_events(Entries=[{"Source": "tls", "DetailType": "d", "Detail": detail}])
    assert answer["FailedEntryCount"] == 0
    message, = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["detail"]["text"] == "x" * 200_000


def test_a_long_poll_over_tls_is_woken(daemon):
    events, sqs = client(daemon, "events"), client(daemon, "sqs")
    url = sqs.create_queue(QueueName="woken")["QueueUrl"]
    received = []
    waiter = threading.Thread(target=lambda: received.extend(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]))
    waiter.start()
    client(daemon, "sqs").send_message(QueueUrl=url, MessageBody="hello")
    waiter.join(15)
    assert [message["Body"] for message in received] == ["hello"]
    assert events.list_rules()["Rules"] is not None


def test_clients_that_do_not_trust_the_certificate_do_not_talk(daemon):
    with pytest.raises(SSLError):
        client(daemon, "events", verify=True).list_rules()


def test_the_cli_works_over_tls(daemon):
    program = shutil.which("aws")
    if program is None:
        pytest.skip("the AWS CLI is not installed")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "secret",
                   "AWS_CA_BUNDLE": str(daemon.ca_file), "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run([program, "--endpoint-url", daemon.endpoint, "events", "list-event-buses"], env=environment,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["EventBuses"][0]["Name"] == "default"


def test_old_versions_of_tls_are_refused(daemon):
    context = ssl._create_unverified_context()  # noqa: SLF001
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        raw(daemon, context)
    context = ssl.create_default_context(cafile=daemon.ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with raw(daemon, context) as connection:
        assert connection.version() == "TLSv1.2"


def test_alpn_is_http_1_1_or_nothing(daemon):
    context = ssl.create_default_context(cafile=daemon.ca_file)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with raw(daemon, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        raw(daemon, context)


def test_plain_http_is_answered_in_plain_http(daemon):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        said = b""
        while piece := connection.recv(4096):
            said += piece
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"https://" in said


def test_pipelined_requests_are_answered_in_order(daemon):
    with raw(daemon) as connection:
        connection.sendall(b"GET /_eventbus/health HTTP/1.1\r\nHost: a\r\n\r\n" * 2
                           + b"GET /_eventbus/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        said = b""
        while piece := connection.recv(4096):
            said += piece
    assert said.count(b"HTTP/1.1 200 ") == 3


def test_a_handshake_that_does_not_come_is_given_up(daemon):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as connection:
        connection.sendall(b"\x16\x03\x01")
        assert connection.recv(1) == b""


def test_the_certificate_is_replaced_without_dropping_connections(authority, files, daemon):
    old = served_certificate(daemon)
    with raw(daemon) as connection:
        authority.issue(*files)
        daemon.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while served_certificate(daemon) == old:
            assert time.monotonic() < deadline, daemon.log_tail()
        connection.sendall(b"GET /_eventbus/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 "), "a connection from before goes on"
    assert client(daemon, "events").list_rules()["Rules"] is not None


def test_a_bad_certificate_changes_nothing(files, daemon):
    good, before = files[0].read_bytes(), served_certificate(daemon)
    files[0].write_text("no certificate")
    try:
        daemon.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while "the old one stays in use" not in daemon.log_tail():
            assert time.monotonic() < deadline
        assert served_certificate(daemon) == before
    finally:
        files[0].write_bytes(good)


def test_the_healthcheck_speaks_tls(daemon):
    program = str(find_program("eventbusd"))
    done = subprocess.run([program, "healthcheck", "--endpoint", daemon.endpoint], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr
    # As in a container, where both programs read one environment.
    environment = {**os.environ, "EVENTBUS_LISTEN": f"127.0.0.1:{daemon.port}", "EVENTBUS_TLS_CERTIFICATE": "x",
                   "EVENTBUS_TLS_KEY": "x"}
    done = subprocess.run([program, "healthcheck"], env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_certificate_and_key_belong_together(files):
    program = str(find_program("eventbusd"))
    done = subprocess.run([program, "--tls-certificate", str(files[0])], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "belong together" in done.stderr
    done = subprocess.run([program, "--durability", "memory", "--listen", "127.0.0.1:0", "--tls-certificate", "/nowhere", "--tls-key",
                           str(files[1])], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "/nowhere" in done.stderr
