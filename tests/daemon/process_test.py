"""eventbusd as a process: start, stop, restart, flags and files. Plain HTTP, no AWS client."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from support.daemon import PROJECT, Daemon, DaemonFailed, find_program
from support.until import until


def call(daemon, target, body, **more):
    """One AWS JSON call: (status, document)."""
    version = "1.0" if target.startswith("AmazonSQS") else "1.1"
    reply = daemon.request("POST", "/", json.dumps(body), {"X-Amz-Target": target,
                                                          "Content-Type": f"application/x-amz-json-{version}"}, **more)
    return reply.status, json.loads(reply.body or b"{}")


def ok(daemon, target, **body):
    status, document = call(daemon, target, body)
    assert status == 200, document
    return document


def route_to_queue(daemon, bus="app", queue="jobs"):
    """A bus whose events of source "test" go to a queue; returns the queue's URL."""
    ok(daemon, "AWSEvents.CreateEventBus", Name=bus)
    url = ok(daemon, "AmazonSQS.CreateQueue", QueueName=queue)["QueueUrl"]
    ok(daemon, "AWSEvents.PutRule", Name="all", EventBusName=bus, EventPattern='{"source": ["test"]}')
    failed = ok(daemon, "AWSEvents.PutTargets", Rule="all", EventBusName=bus,
                Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:000000000000:{queue}"}])
    assert failed["FailedEntryCount"] == 0, failed
    return url


def put(daemon, number, bus="app"):
    answer = ok(daemon, "AWSEvents.PutEvents", Entries=[
        {"EventBusName": bus, "Source": "test", "DetailType": "t", "Detail": json.dumps({"number": number})}])
    assert answer["FailedEntryCount"] == 0, answer


def receive(daemon, url, wait=0):
    messages = ok(daemon, "AmazonSQS.ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
    return [json.loads(message["Body"])["detail"]["number"] for message in messages.get("Messages", [])]


def test_what_was_accepted_is_there_after_a_restart():
    with Daemon() as daemon:
        url = route_to_queue(daemon)
        for number in range(3):
            put(daemon, number)
        assert daemon.stop() == 0
        assert "Stopped." in daemon.log_tail()
        daemon.start()
        assert sorted(receive(daemon, url)) == [0, 1, 2]
        assert ok(daemon, "AWSEvents.DescribeRule", Name="all", EventBusName="app")["State"] == "ENABLED"
        put(daemon, 3)
        assert receive(daemon, url) == [3]


def test_what_was_accepted_is_there_after_kill_9():
    with Daemon() as daemon:
        url = route_to_queue(daemon)
        put(daemon, 1)
        daemon.kill()
        daemon.start()
        assert receive(daemon, url) == [1]


def wait_until_served(daemon, connections):
    """Until so many connections are open, and stay so over twenty answers: what they sent has been read by then, and none of them is
    one that is just closing."""
    seen = 0

    def stay():
        nonlocal seen
        seen = seen + 1 if daemon.metrics()["eventbus_connections"] >= connections else 0
        return seen == 20

    until(stay, what=f"connection {connections}")


def test_memory_keeps_nothing_and_says_so():
    with Daemon(["--durability", "memory"]) as daemon:
        route_to_queue(daemon)
        assert "NOTHING IS KEPT" in daemon.log_tail()
        assert daemon.stop() == 0
        daemon.start()
        assert call(daemon, "AmazonSQS.GetQueueUrl", {"QueueName": "jobs"})[0] == 400
        assert not daemon.data_dir.exists()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_long_polls_and_answers_them(signal_number):
    with Daemon() as daemon:
        url = route_to_queue(daemon)
        answer = []
        poll = threading.Thread(target=lambda: answer.append(
            call(daemon, "AmazonSQS.ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20})))
        poll.start()
        wait_until_served(daemon, 2)  # the poll, and the connection that asks
        began = time.monotonic()
        daemon.process.send_signal(signal_number)
        assert daemon.process.wait(20) == 0
        assert time.monotonic() - began < 8, "it waited for the long poll or for the deadline"
        poll.join()
        assert answer[0][0] == 200 and not answer[0][1].get("Messages")


def test_a_stop_lets_a_request_that_is_under_way_finish():
    with Daemon() as daemon:
        route_to_queue(daemon)
        body = json.dumps({"Entries": [{"EventBusName": "app", "Source": "test", "DetailType": "t", "Detail": '{"number": 7}'}]})
        with socket.create_connection(("127.0.0.1", daemon.port)) as client:
            head = (f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSEvents.PutEvents\r\n"
                    f"Content-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n")
            client.sendall((head + body[:20]).encode())
            wait_until_served(daemon, 2)
            daemon.process.send_signal(signal.SIGTERM)
            until(lambda: "Stopping" in daemon.log_tail(), what="the stop")
            client.sendall(body[20:].encode())
            answer = client.makefile("rb").read().decode()
        assert answer.startswith("HTTP/1.1 200"), answer
        assert '"FailedEntryCount":0' in answer
        assert daemon.process.wait(20) == 0
        daemon.start()
        url = ok(daemon, "AmazonSQS.GetQueueUrl", QueueName="jobs")["QueueUrl"]
        assert receive(daemon, url) == [7]


def test_a_client_that_never_finishes_does_not_outlive_the_stop_deadline():
    with Daemon(["--stop-timeout", "200ms"]) as daemon:
        with socket.create_connection(("127.0.0.1", daemon.port)) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
            wait_until_served(daemon, 2)
            assert daemon.stop() == 0
        assert "deadline has passed" in daemon.log_tail()


def test_a_second_signal_ends_it_at_once():
    with Daemon(["--stop-timeout", "1h"]) as daemon:
        with socket.create_connection(("127.0.0.1", daemon.port)) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
            wait_until_served(daemon, 2)
            daemon.process.send_signal(signal.SIGTERM)
            until(lambda: "Stopping" in daemon.log_tail(), what="the stop")
            daemon.process.send_signal(signal.SIGTERM)
            assert daemon.process.wait(20) == 128 + signal.SIGTERM


def test_port_0_takes_a_free_port_and_logs_it():
    daemon = Daemon()
    command = [str(daemon.binary), "--listen", "127.0.0.1:0", "--durability", "memory"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = None
        for line in process.stdout:
            found = re.search(r"Listening on http://127\.0\.0\.1:(\d+)", line)
            port = int(found.group(1)) if found else port
            if line == "Ready.\n":
                break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/_eventbus/ready")
        assert connection.getresponse().status == 200
    finally:
        process.terminate()
        assert process.wait(20) == 0
        daemon.close()


def test_a_taken_port_is_a_clear_error(tmp_path):
    with Daemon() as first:
        second = subprocess.run([first.binary, "--listen", f"127.0.0.1:{first.port}", "--data-dir", tmp_path / "data"],
                                capture_output=True, text=True, timeout=30)
        assert second.returncode == 1
        assert f"cannot listen on 127.0.0.1:{first.port}: Address already in use" in second.stderr


def test_a_data_directory_has_one_daemon():
    with Daemon() as first:
        second = Daemon(data_dir=first.data_dir)
        with pytest.raises(DaemonFailed) as failure:
            second.start()
        assert str(first.data_dir) in str(failure.value)
        second.close()
        assert first.request("GET", "/_eventbus/ready").status == 200


def test_healthcheck_tells_by_its_exit_code():
    with Daemon() as daemon:
        def healthcheck(*arguments, **environment):
            return subprocess.run([daemon.binary, "healthcheck", *arguments], env={**os.environ, **environment},
                                  capture_output=True, text=True)
        assert healthcheck("--endpoint", daemon.endpoint).returncode == 0
        assert healthcheck(EVENTBUS_ENDPOINT=daemon.endpoint).returncode == 0
        assert healthcheck(EVENTBUS_LISTEN=f"0.0.0.0:{daemon.port}").returncode == 0
        daemon.stop()
        gone = healthcheck("--endpoint", daemon.endpoint)
        assert gone.returncode == 1 and daemon.endpoint in gone.stderr


def test_json_lines_are_json():
    with Daemon(["--log-format", "json", "--log-level", "debug"]) as daemon:
        route_to_queue(daemon)
        daemon.stop()
        lines = [json.loads(line) for line in daemon.log_path.read_text().splitlines()]
        assert any(line["message"] == "Ready." for line in lines)
        answered = [line for line in lines if line["message"] == "Request answered."]
        assert {"events", "sqs"} <= {line["service"] for line in answered}
        for line in answered:
            assert re.fullmatch(r"[0-9a-f-]{36}", line["request_id"]), line


def test_metrics_tell_what_happened():
    with Daemon() as daemon:
        url = route_to_queue(daemon)
        for number in range(3):
            put(daemon, number)
        call(daemon, "AWSEvents.NoSuchOperation", {})
        metrics = daemon.metrics()
        assert metrics['eventbus_requests_total{operation="PutEvents",service="events",status="200"}'] == 3
        assert metrics['eventbus_request_seconds_count{operation="PutEvents",service="events"}'] == 3
        assert metrics['eventbus_requests_total{operation="unknown",service="unknown",status="400"}'] == 1
        labels = 'account="000000000000",region="us-east-1",queue="jobs"'
        assert metrics[f'eventbus_queue_messages{{{labels},state="visible"}}'] == 3
        assert metrics["eventbus_storage_writable"] == 1
        assert metrics["eventbus_storage_commits_total"] > 0
        assert metrics["process_resident_memory_bytes"] > 1_000_000
        assert metrics["eventbridge_matched_events_total"] >= 3
        receive(daemon, url)
        assert daemon.metrics()[f'eventbus_queue_messages{{{labels},state="in_flight"}}'] == 3


def test_declared_resources_are_in_place_before_ready_and_after_a_restart():
    example = PROJECT / "examples" / "eventbusd.yaml"
    with Daemon(["--config", example]) as daemon:
        for _ in range(2):
            names = {url.rsplit("/", 1)[1] for url in ok(daemon, "AmazonSQS.ListQueues")["QueueUrls"]}
            assert names == {"transcription-jobs", "transcription-jobs-dead", "transcripts.fifo", "audit"}
            rules = ok(daemon, "AWSEvents.ListRules", EventBusName="app")["Rules"]
            assert [rule["Name"] for rule in rules if "ManagedBy" not in rule] == ["audio-uploaded", "transcription-completed"]
            targets = ok(daemon, "AWSEvents.ListTargetsByRule", EventBusName="app", Rule="audio-uploaded")["Targets"]
            assert {target["Id"] for target in targets} == {"audit", "jobs"}
            assert "Declared resources are in place. queues=4 event_buses=1 rules=2 targets=3" in daemon.log_tail()
            daemon.stop()
            daemon.start()


def test_an_error_in_declared_resources_names_the_place(tmp_path):
    file = tmp_path / "eventbusd.yaml"
    file.write_text("resources:\n  rules:\n  - {Name: r, EventPattern: {source: [{no-such-operator: x}]}}\n")
    daemon = Daemon(["--config", file])
    with pytest.raises(DaemonFailed) as failure:
        daemon.start()
    assert "eventbusd.yaml: resources.rules[0]: InvalidEventPatternException" in str(failure.value)
    daemon.close()


def test_refuses_the_network_until_the_file_says_auth_none(tmp_path):
    file = tmp_path / "eventbusd.yaml"
    file.write_text("listen: 0.0.0.0:0\n")
    binary = find_program("eventbusd")
    refused = subprocess.run([binary, "--config", file], capture_output=True, text=True)
    assert refused.returncode == 2 and "auth: none" in refused.stderr
