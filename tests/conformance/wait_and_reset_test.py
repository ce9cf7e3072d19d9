"""POST /_eventbus/wait and /_eventbus/reset: what a test of an application asks its bus."""

import json
import shutil
import subprocess
import threading
import time

import pytest

from aws_clients import Aws, refused
from daemon import Daemon
from receiver import Receiver
from until import until

DAEMON_ARGUMENTS = ["--durability", "memory", "--allow-http-targets", "--event-timelines-max", "50"]
JSON = {"Content-Type": "application/json"}


class Api:
    def __init__(self, daemon, account):
        self.daemon, self.account = daemon, account

    def post(self, path, body):
        return self.daemon.request("POST", f"/_eventbus/{path}", body if isinstance(body, str) else json.dumps(body), JSON, timeout=100)

    def wait(self, **request):
        reply = self.post("wait", {"account": self.account, **request})
        assert reply.status == 200, reply
        return json.loads(reply.body)

    @property
    def cursor(self):
        return json.loads(self.daemon.request("GET", "/_eventbus/wait").body)["cursor"]

    def reset(self, **request):
        reply = self.post("reset", request)
        assert reply.status == 200, reply
        return json.loads(reply.body)


@pytest.fixture
def api(daemon, aws):
    return Api(daemon, aws.account)


# --- wait ----------------------------------------------------------------------------------------------------------------------


def test_an_event_that_was_put_before_is_found_with_its_timeline(aws, api):
    queue = aws.create_queue("jobs")
    rule = aws.rule_to_queue("to-jobs", {"source": ["shop"]}, queue)
    event_id = aws.put("shop", detail={"n": 1.50})
    answer = api.wait(pattern={"source": ["shop"]})
    assert answer["matched"] and not answer["missed"], answer
    [event] = answer["events"]
    assert (event["event_id"], event["bus"], event["account"], event["rules"]) == (event_id, "default", aws.account, [rule])
    assert event["event"]["id"] == event_id and event["event"]["detail"] == {"n": 1.5} and event["matched"]
    [delivery] = event["deliveries"]
    assert (delivery["rule"], delivery["target"], delivery["state"], delivery["attempts_made"]) == (rule, queue.arn, "delivered", 1)
    assert delivery["attempts"][0]["outcome"] == "delivered" and delivery["ended_at"] >= event["received_at"]


def test_it_waits_for_an_event_that_comes_later(aws, api):
    queue = aws.create_queue("jobs")
    aws.rule_to_queue("to-jobs", {"source": ["shop"]}, queue)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(api.wait(pattern={"source": ["shop"]}, count=3, timeout=60)))
    waiting.start()
    for source in ("shop", "warehouse", "shop", "shop"):
        aws.put(source)
    waiting.join(60)
    assert answers[0]["matched"] and len(answers[0]["events"]) == 3
    assert {event["event"]["source"] for event in answers[0]["events"]} == {"shop"}


def test_what_did_not_come_so_far_is_told_all_the_same(aws, api):
    aws.put("shop")
    answer = api.wait(pattern={"source": ["shop"]}, timeout=0)
    assert not answer["matched"] and answer["seen"] >= 1
    [event] = answer["events"]
    assert event["deliveries"] == [] and event["rules"] == [] and not event["matched"]
    assert api.wait(pattern={"source": ["shop"]}, until="received", timeout=0)["matched"]
    assert api.wait(pattern={"source": ["shop"]}, until="ended", timeout=0)["matched"], "nothing more will happen"
    assert api.wait(pattern={"source": ["other"]}, timeout=0)["events"] == []


def test_cursors_divide_what_was_from_what_comes(aws, api):
    queue = aws.create_queue("jobs")
    aws.rule_to_queue("to-jobs", {"source": ["shop"]}, queue)
    aws.put("shop")
    cursor = api.cursor
    assert not api.wait(since=cursor, timeout=0)["matched"]
    assert not api.wait(since="now", timeout=0)["matched"]
    later = aws.put("shop")
    answer = api.wait(since=cursor)
    assert [event["event_id"] for event in answer["events"]] == [later]
    assert not api.wait(since=answer["cursor"], timeout=0)["matched"]


def test_what_was_forgotten_is_said_to_be_missed(aws, api):
    cursor = api.cursor
    for _ in range(6):
        aws.events.put_events(Entries=[{"Source": "many", "DetailType": "t", "Detail": "{}"}] * 10)
    answer = api.wait(since=cursor, until="received", count=50)
    assert answer["matched"] and answer["missed"] and answer["seen"] == 50


def test_rules_targets_and_buses_narrow_it(aws, api):
    aws.events.create_event_bus(Name="audit")
    first, second = aws.create_queue("first"), aws.create_queue("second")
    aws.rule_to_queue("one", {"source": ["shop"]}, first)
    arn = aws.rule_to_queue("two", {"source": ["shop"]}, second)
    event_id = aws.put("shop")
    aws.put("shop", bus="audit")
    for narrowed in ({"rule": "one"}, {"rule": arn}, {"target": second.arn}, {"rule": "two", "target": second.arn},
                     {"bus": "default"}, {"bus": aws.bus_arn()}, {"region": "us-east-1"}):
        answer = api.wait(timeout=0, **narrowed)
        assert [event["event_id"] for event in answer["events"]] == [event_id] and answer["matched"], (narrowed, answer)
    for other in ({"rule": "three"}, {"rule": "one", "target": second.arn}, {"bus": "audit"}, {"region": "eu-west-1"}):
        assert not api.wait(timeout=0, **other)["matched"], other


def test_attempts_and_dead_letters_are_in_the_timeline(aws, api):
    dead = aws.create_queue("dead")
    with Receiver(lambda request: (404, {}, b"")) as target:
        aws.events.put_rule(Name="hook", EventPattern='{"source":["shop"]}')
        aws.events.put_targets(Rule="hook", Targets=[{"Id": "hook", "Arn": target.url, "DeadLetterConfig": {"Arn": dead.arn}}])
        aws.put("shop")
        answer = api.wait(until="failed", target=target.url, timeout=60)
    [delivery] = answer["events"][0]["deliveries"]
    assert delivery["state"] == "failed" and delivery["dead_letter"] == {"queue": dead.arn, "kept": True}, delivery
    assert delivery["attempts"][0]["http_status"] == 404 and delivery["attempts"][0]["outcome"] == "failed"
    assert delivery["code"] and delivery["attempts"][0]["code"] == delivery["code"]


def test_a_forwarded_event_has_a_timeline_on_each_bus(aws, api):
    aws.events.create_event_bus(Name="audit")
    queue = aws.create_queue("jobs")
    aws.rule_to_queue("keep", {"source": ["shop"]}, queue, bus="audit")
    aws.events.put_rule(Name="forward", EventPattern='{"source":["shop"]}')
    aws.events.put_targets(Rule="forward", Targets=[{"Id": "b", "Arn": aws.bus_arn("audit"), "RoleArn": f"arn:aws:iam::{aws.account}:role/r"}])
    aws.put("shop")
    answer = api.wait(count=2)
    assert answer["matched"] and {(event["bus"], event["forwarded"]) for event in answer["events"]} == {("default", False), ("audit", True)}
    assert api.wait(target=aws.bus_arn("audit"), timeout=0)["matched"]


@pytest.mark.parametrize("body", ["", "[]", '{"pattern": {"source": "x"}}', '{"until": "later"}', '{"since": "abc-1"}', '{"count": 0}'])
def test_other_requests_are_refused(api, body):
    reply = api.post("wait", body)
    assert reply.status == 400 and json.loads(reply.body)["error"], reply


# --- reset ---------------------------------------------------------------------------------------------------------------------


def furnish(aws, daemon):
    """Something of every kind, some of it at work."""
    queue = aws.create_queue("jobs")
    aws.create_queue("orders.fifo", FifoQueue="true").send("x", MessageGroupId="g", MessageDeduplicationId="d")
    aws.events.create_event_bus(Name="audit")
    aws.events.update_event_bus(Name="default", Description="mine")
    aws.rule_to_queue("to-jobs", {"source": ["shop"]}, queue)
    aws.rule_to_queue("audit", {"source": ["shop"]}, queue, bus="audit")
    connection = aws.events.create_connection(Name="crm", AuthorizationType="API_KEY", AuthParameters={
        "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})["ConnectionArn"]
    aws.events.create_api_destination(Name="crm", ConnectionArn=connection, InvocationEndpoint="http://127.0.0.1:9/", HttpMethod="POST")
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/app")
    logs.create_log_stream(logGroupName="/app", logStreamName="s")
    logs.put_resource_policy(policyName="p", policyDocument="{}")
    archive = aws.events.create_archive(ArchiveName="all", EventSourceArn=aws.bus_arn())["ArchiveArn"]
    schedules, schemas = aws.client("scheduler"), aws.client("schemas")
    schedules.create_schedule_group(Name="nightly")
    schedules.create_schedule(Name="sweep", GroupName="nightly", ScheduleExpression="at(2199-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"},
                              Target={"Arn": queue.arn, "RoleArn": f"arn:aws:iam::{aws.account}:role/r"})
    schemas.create_registry(RegistryName="orders")
    schemas.create_schema(RegistryName="orders", SchemaName="order", Type="JSONSchemaDraft4",
                          Content='{"$schema":"http://json-schema.org/draft-04/schema#","type":"object"}')
    schemas.create_discoverer(SourceArn=aws.bus_arn())
    # Due at once, for a target that nobody can reach here: it waits in a lane.
    machine = f"arn:aws:states:{aws.region}:{aws.account}:stateMachine:m"
    schedules.create_schedule(Name="due", ScheduleExpression="at(2020-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"},
                              Target={"Arn": machine, "RoleArn": f"arn:aws:iam::{aws.account}:role/r", "Input": "{}"})
    until(lambda: any(machine in series for series in state_of(aws, daemon)))
    aws.put("shop")
    aws.put("shop", Time=time.time() - 3600)
    # At the pace of its two events it takes an hour.
    reply = daemon.request("POST", "/_eventbus/replays/start", json.dumps(
        {"account": aws.account, "region": aws.region, "archive": "all", "name": "slow", "speed": 1,
         "pattern": {"source": ["nobody"]}}), JSON)
    assert reply.status == 200, reply
    aws.events.start_replay(ReplayName="nothing", EventSourceArn=archive, EventStartTime=0, EventEndTime=60,
                            Destination={"Arn": aws.bus_arn()})
    until(lambda: aws.events.describe_replay(ReplayName="nothing")["State"] == "COMPLETED")
    until(lambda: aws.events.describe_replay(ReplayName="slow")["State"] == "RUNNING")
    return queue


def state_of(aws, daemon):
    """The series of metrics that say what the account has now."""
    kinds = ("eventbus_outbox_", "eventbus_replay_events_", "eventbus_archive_", "eventbus_queue_")
    return [series for series in daemon.metrics() if series.startswith(kinds) and aws.account in series and aws.region in series]


def inventory(aws):
    logs, schedules, schemas = aws.client("logs"), aws.client("scheduler"), aws.client("schemas")
    return {
        "buses": sorted(bus["Name"] for bus in aws.events.list_event_buses()["EventBuses"]),
        "description": aws.events.describe_event_bus().get("Description"),
        "rules": [rule["Name"] for rule in aws.events.list_rules()["Rules"]],
        "connections": [each["Name"] for each in aws.events.list_connections()["Connections"]],
        "destinations": [each["Name"] for each in aws.events.list_api_destinations()["ApiDestinations"]],
        "queues": aws.sqs.list_queues().get("QueueUrls", []),
        "groups": [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]],
        "policies": [policy["policyName"] for policy in logs.describe_resource_policies()["resourcePolicies"]],
        "archives": [archive["ArchiveName"] for archive in aws.events.list_archives()["Archives"]],
        "replays": [replay["ReplayName"] for replay in aws.events.list_replays()["Replays"]],
        "schedules": [schedule["Name"] for schedule in schedules.list_schedules()["Schedules"]],
        "schedule groups": [group["Name"] for group in schedules.list_schedule_groups()["ScheduleGroups"]],
        "registries": [registry["RegistryName"] for registry in schemas.list_registries(Scope="LOCAL")["Registries"]],
        "discoverers": [discoverer["SourceArn"] for discoverer in schemas.list_discoverers()["Discoverers"]],
    }


NOTHING = {"buses": ["default"], "description": None, "rules": [], "connections": [], "destinations": [], "queues": [], "groups": [],
           "policies": [], "archives": [], "replays": [], "schedules": [], "schedule groups": ["default"], "registries": ["discovered-schemas"],
           "discoverers": []}


def test_a_reset_account_is_as_if_it_had_never_been_there_and_others_stay(aws, api, daemon):
    other = aws.elsewhere(account=str((int(aws.account) + 1) % 10**12).zfill(12))
    elsewhere = aws.elsewhere(region="eu-west-1")
    furnish(other, daemon)
    furnish(elsewhere, daemon)
    furnish(aws, daemon)
    theirs = inventory(other)
    answer = api.reset(account=aws.account)
    assert answer["account"] == aws.account
    cleared = answer["cleared"]
    assert (cleared["buses and rules"], cleared["connections"], cleared["queues"], cleared["log groups"]) == (8, 4, 4, 2), cleared
    assert (cleared["archives"], cleared["replays"], cleared["schedules"]) == (2, 4, 6), cleared
    assert cleared["schemas"] in (6, 7, 8), "with those that discovery has found by then"
    assert cleared["timelines"] >= 2
    assert inventory(aws) == inventory(elsewhere) == NOTHING
    assert inventory(other) == theirs
    assert "slow" in theirs["replays"] and state_of(other, daemon)
    assert state_of(aws, daemon) == state_of(elsewhere, daemon) == [], "what was on its way, too"
    assert not api.wait(until="received", timeout=0)["matched"], "what happened before is forgotten"
    assert set(api.reset(account=aws.account)["cleared"].values()) == {0}

    # And it can begin again, with nothing of the old in it.
    queue = furnish(aws, daemon)
    assert len(queue.bodies()) == 2
    assert api.wait(rule="to-jobs")["matched"]
    assert aws.sqs.get_queue_attributes(QueueUrl=aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"],
                                        AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "1"


def test_a_receiver_that_waits_sees_a_deleted_queue(aws, api):
    queue = aws.create_queue("quiet")
    codes = []

    def poll():
        with refused(("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")) as refusal:
            while True:
                queue.receive(wait=20)
        codes.append(refusal.error["Code"])

    waiting = threading.Thread(target=poll)
    waiting.start()
    api.reset(account=aws.account)
    waiting.join(60)
    assert len(codes) == 1


def test_a_delivery_that_is_under_way_has_no_consequence(aws, api):
    release, came = threading.Event(), threading.Event()

    def answer(request):
        came.set()
        release.wait(60)
        return 404, {}, b""

    def furnish_hook(url):
        dead = aws.create_queue("dead")
        aws.events.put_rule(Name="hook", EventPattern='{"source":["shop"]}')
        aws.events.put_targets(Rule="hook", Targets=[{"Id": "hook", "Arn": url, "DeadLetterConfig": {"Arn": dead.arn}}])
        return dead

    with Receiver(answer) as target:
        furnish_hook(target.url)
        aws.put("shop")
        assert came.wait(60)
        api.reset(account=aws.account)
        dead = furnish_hook(target.url)
        cursor = api.cursor
        release.set()
        aws.put("shop")
        answer = api.wait(since=cursor, until="failed", timeout=60)
        assert answer["matched"]
        assert len(dead.bodies()) == 1, "of the second event alone"


def test_all_accounts_at_once(daemon, aws, api):
    furnish(aws, daemon)
    assert api.reset()["account"] is None
    assert inventory(aws) == NOTHING
    metrics = daemon.metrics()
    assert metrics.get("eventbus_outbox_messages", 0) == 0


def test_nothing_of_an_account_is_left_on_the_disk(tmp_path):
    ldb = shutil.which("ldb")
    if not ldb:
        pytest.skip("ldb is not installed (Debian: rocksdb-tools)")
    with Daemon(["--durability", "sync"], data_dir=tmp_path / "data") as daemon:
        aws = Aws(daemon.endpoint, account="424242424242")
        furnish(aws, daemon)
        stored = lambda: subprocess.run([ldb, f"--db={tmp_path / 'data' / 'db'}", "--column_family=catalog", "scan"], capture_output=True,
                                        text=True, errors="replace", check=True).stdout
        daemon.stop()
        assert stored().count(aws.account) > 20, "of each thing a row"
        daemon.start()
        Api(daemon, aws.account).reset(account=aws.account)
        daemon.stop()
        left = [line for line in stored().splitlines() if aws.account in line]
        assert left == []
