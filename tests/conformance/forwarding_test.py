"""Forwarding to another account (`forward`): a second eventbusd that verifies signatures is the other side."""

import contextlib
import json
import pathlib
import tempfile

import pytest

from aws_clients import Aws, Queue, new_account
from daemon import Daemon
from forwarding import ROLE, forwarding_daemon, rule_to
from until import until

FAR = "444455556666"  # what the far account is called there
MAPPED = "555566667777"  # what the near side calls it, in the entry with map_account
KEYS = f"""
AKIDNEAR: {{secret: near-secret, account: "{FAR}", name: near}}
AKIDTEST: {{secret: test-secret, account: "{FAR}", name: test}}
"""


class FarAws(Aws):
    """The far daemon as its own tests see it."""

    def client(self, service, checked=True, **config):
        import boto3
        from botocore.config import Config
        if service not in self._clients:
            self._clients[service] = boto3.session.Session().client(
                service, endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id="AKIDTEST",
                aws_secret_access_key="test-secret", config=Config(retries={"max_attempts": 0}))
        return self._clients[service]


@contextlib.contextmanager
def far_daemon(home, durability="memory"):
    keys = pathlib.Path(home) / "keys.yaml"
    keys.write_text(KEYS)
    with Daemon(["--durability", durability, "--auth", "sigv4", "--keys-file", keys]) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def far():
    with tempfile.TemporaryDirectory(prefix="eventbusd-far-") as home, far_daemon(home) as daemon:
        yield FarAws(daemon.endpoint, FAR)


@pytest.fixture(scope="module")
def near(far):
    section = f"""
  - accounts: ["{FAR}"]
    endpoint: {far.endpoint}
  - accounts: ["{MAPPED}"]
    endpoint: {far.endpoint}/
    map_account: "{FAR}"
"""
    with forwarding_daemon(section) as daemon:
        yield daemon


@pytest.fixture
def aws(near):
    return Aws(near.endpoint, new_account())


def far_queue(far, name, **attributes):
    return far.create_queue(name, **attributes)


def test_an_event_goes_from_bus_to_bus(aws, far):
    queue = far_queue(far, "from-bus")
    far.rule_to_queue("from-bus", {"source": ["to-bus"]}, queue)
    rule_to(aws, "to-bus", f"arn:aws:events:us-east-1:{FAR}:event-bus/default", RoleArn=ROLE)
    detail = '{"number": 1.00, "text": "ä \\" \U0001F600", "deep": [{"a": null}]}'
    aws.put("to-bus", "Ö type", detail, Time="2026-01-02T03:04:05Z", Resources=["one", "two"])
    event = json.loads(queue.body(wait=10))
    assert event["source"] == "to-bus" and event["detail-type"] == "Ö type" and event["resources"] == ["one", "two"]
    assert event["time"] == "2026-01-02T03:04:05Z" and event["account"] == FAR
    assert event["detail"] == json.loads(detail)


def test_a_queue_of_a_forwarded_account_is_there_and_not_here(aws, far):
    queue = far_queue(far, "from-near")
    rule_to(aws, "to-queue", queue.arn)
    event_id = aws.put("to-queue", detail={"n": 1})
    assert json.loads(queue.body(wait=10))["id"] == event_id
    # Input shapers work before it leaves, as everywhere.
    rule_to(aws, "to-queue-shaped", queue.arn, InputPath="$.detail")
    aws.put("to-queue-shaped", detail={"n": 2})
    assert json.loads(queue.body(wait=10)) == {"n": 2}


def test_groups_of_a_fifo_queue_are_kept(aws, far):
    queue = far_queue(far, "groups.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    rule_to(aws, "to-fifo", queue.arn, SqsParameters={"MessageGroupId": "$.detail.group"})
    aws.put("to-fifo", detail={"group": "g1"})
    [message] = until(lambda: queue.receive(wait=1))
    assert message["Attributes"]["MessageGroupId"] == "g1"


def test_the_trace_header_goes_along(aws, far):
    queue = far_queue(far, "traced")
    rule_to(aws, "to-traced", queue.arn)
    trace = "Root=1-67891233-abcdef012345678912345678;Sampled=1"
    aws.put("to-traced", TraceHeader=trace)
    [message] = until(lambda: queue.receive(wait=1))
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-67891233-abcdef012345678912345678")


def test_an_account_may_have_another_name_there(aws, far):
    queue = far_queue(far, "mapped")
    rule_to(aws, "to-mapped", f"arn:aws:sqs:us-east-1:{MAPPED}:mapped")
    event_id = aws.put("to-mapped")
    assert json.loads(queue.body(wait=10))["id"] == event_id


def test_a_backlog_goes_out_in_batches_and_nothing_is_lost(aws, far):
    queue = far_queue(far, "backlog")
    rule_to(aws, "to-backlog", queue.arn)
    ids = set()
    for _ in range(20):
        answer = aws.events.put_events(Entries=[{"Source": "to-backlog", "DetailType": "t", "Detail": "{}"}] * 10)
        ids |= {entry["EventId"] for entry in answer["Entries"]}
    got = set()
    until(lambda: got.update(json.loads(body)["id"] for body in queue.bodies(wait=1)) or got == ids, seconds=30)


def test_what_can_never_arrive_is_dead_lettered(aws, near, far):
    letters = aws.create_queue("letters")
    missing = f"arn:aws:sqs:us-east-1:{FAR}:missing"
    rule_to(aws, "to-missing", missing, DeadLetterConfig={"Arn": letters.arn})
    event_id = aws.put("to-missing")
    [message] = until(lambda: letters.receive(wait=1))
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "NO_RESOURCE" and attributes["TARGET_ARN"] == missing
    assert "Error Code: AWS.SimpleQueueService.NonExistentQueue" in attributes["ERROR_MESSAGE"]
    assert json.loads(message["Body"])["id"] == event_id
    metrics = near.metrics()
    failed = f'eventbus_forward_deliveries_total{{endpoint="{far.endpoint}",outcome="failed",service="sqs"}}'
    assert metrics[failed] >= 1, sorted(name for name in metrics if "forward" in name)
    assert metrics[f'eventbus_forward_breaker_state{{endpoint="{far.endpoint}"}}'] == 0
    assert metrics[f'eventbus_forward_lag_seconds{{endpoint="{far.endpoint}",service="sqs"}}'] < 20


def test_nothing_is_lost_while_the_link_is_down_and_both_sides_are_killed():
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="eventbusd-link-"))
        far = stack.enter_context(far_daemon(home, durability="sync"))
        there = FarAws(far.endpoint, FAR)
        queue = there.create_queue("link")
        section = f'  - accounts: ["{FAR}"]\n    endpoint: {far.endpoint}\n'
        near = stack.enter_context(forwarding_daemon(section, arguments=("--durability", "sync")))
        here = Aws(near.endpoint, new_account())
        rule_to(here, "link", queue.arn)
        ids = {here.put("link", detail={"n": n}) for n in range(20)}
        far.kill()
        ids |= {here.put("link", detail={"n": n}) for n in range(20, 60)}
        breaker = f'eventbus_forward_breaker_state{{endpoint="{far.endpoint}"}}'
        lag = f'eventbus_forward_lag_seconds{{endpoint="{far.endpoint}",service="sqs"}}'
        until(lambda: near.metrics().get(breaker, 0) == 2)
        until(lambda: near.metrics()[lag] > 0.2)
        near.kill()
        near.start()
        here = Aws(near.endpoint, here.account)
        ids |= {here.put("link", detail={"n": n}) for n in range(60, 70)}
        far.start()
        got = set()
        there = FarAws(far.endpoint, FAR)
        queue = Queue(there, "link", there.sqs.get_queue_url(QueueName="link")["QueueUrl"])
        until(lambda: got.update(json.loads(body)["id"] for body in queue.bodies(wait=1)) or got >= ids, seconds=60)
        assert got == ids
        until(lambda: near.metrics().get(breaker, 2) == 0)


def test_deliveries_wait_for_credentials_that_are_right(far):
    """What is wrong here is not the delivery: it goes out when it has been mended."""
    with tempfile.TemporaryDirectory(prefix="eventbusd-late-") as home, far_daemon(home) as other:
        section = f'  - accounts: ["{FAR}"]\n    endpoint: {other.endpoint}\n'
        with forwarding_daemon(section, key="AKIDLATE", secret="late") as near:
            there, here = FarAws(other.endpoint, FAR), Aws(near.endpoint, new_account())
            queue = there.create_queue("late")
            rule_to(here, "late", queue.arn)
            event_id = here.put("late")
            retried = f'eventbus_forward_deliveries_total{{endpoint="{other.endpoint}",outcome="retry",service="sqs"}}'
            until(lambda: near.metrics().get(retried, 0) > 0)
            assert queue.receive() == []
            (pathlib.Path(home) / "keys.yaml").write_text(KEYS + f'AKIDLATE: {{secret: late, account: "{FAR}", name: late}}\n')
            assert json.loads(queue.body(wait=15))["id"] == event_id


def test_a_section_with_a_mistake_is_refused(tmp_path):
    import subprocess
    for section, problem in (('- account: ["1"]', 'forward[0]: unknown key "account"; did you mean accounts?'),
                             ("- regions: [eu-west-1]", "forward[0]: accounts is missing"),
                             ('- accounts: ["12"]', "forward[0].accounts: must be 12 digits"),
                             (f'- {{accounts: ["{FAR}"], services: [s3]}}', "forward[0].services: must be one of events"),
                             (f'- {{accounts: ["{FAR}"], endpoint: "bus.example"}}', "forward[0].endpoint: must be a URL"),
                             (f'- {{accounts: ["{FAR}"], external_id: x}}', "external_id need role_arn"),
                             ("accounts: x", "forward must be a list")):
        config = tmp_path / "eventbusd.yaml"
        config.write_text("forward:\n  " + section + "\n")
        done = subprocess.run([Daemon().binary, "--config", config], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and problem in done.stderr, done.stderr
