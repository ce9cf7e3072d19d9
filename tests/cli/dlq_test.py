"""eventbusctl dlq: dead letters of rule targets, looked at, sent back to the failed target, deleted."""

import json
import subprocess

import pytest

import eventbusctl
from daemon import Daemon
from raw_aws import RawAws

REGION, OTHER_REGION = "us-east-1", "eu-west-1"


class World:
    """An account of its own with a queue, its dead-letter queue, and a rule that leads to the queue."""

    counter = 111100000000

    def __init__(self, daemon, cwd):
        World.counter += 1
        self.account, self.daemon, self.cwd = str(World.counter), daemon, cwd
        self.aws = RawAws(daemon.port, account=self.account)
        self.queue("dead")
        self.rule("orders", self.arn("work"))

    def arn(self, queue, region=REGION):
        return f"arn:aws:sqs:{region}:{self.account}:{queue}"

    def url(self, queue):
        return f"http://localhost/{self.account}/{queue}"

    def queue(self, name, **attributes):
        self.aws.call("sqs", "CreateQueue", QueueName=name, Attributes=attributes)

    def rule(self, name, target, **parameters):
        self.aws.call("events", "PutRule", Name=name, EventPattern=json.dumps({"source": [name]}))
        self.aws.call("events", "PutTargets", Rule=name, Targets=[{"Id": "t", "Arn": target, "DeadLetterConfig": {"Arn": self.arn("dead")},
                                                                   **parameters}])

    def put(self, source, *numbers):
        for start in range(0, len(numbers), 10):
            entries = [{"Source": source, "DetailType": "d", "Detail": json.dumps({"n": n})} for n in numbers[start:start + 10]]
            assert self.aws.call("events", "PutEvents", Entries=entries)["FailedEntryCount"] == 0

    def take(self, queue, delete=True):
        """The numbers of the events in the queue."""
        numbers = []
        while True:
            messages = self.aws.call("sqs", "ReceiveMessage", QueueUrl=self.url(queue), MaxNumberOfMessages=10).get("Messages", [])
            if not messages:
                return sorted(numbers)
            for message in messages:
                numbers.append(json.loads(message["Body"])["detail"]["n"])
                if delete:
                    self.aws.call("sqs", "DeleteMessage", QueueUrl=self.url(queue), ReceiptHandle=message["ReceiptHandle"])

    def depth(self, queue):
        attributes = self.aws.call("sqs", "GetQueueAttributes", QueueUrl=self.url(queue), AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"]), int(attributes["ApproximateNumberOfMessagesNotVisible"])

    def ctl(self, *arguments):
        return eventbusctl.run("dlq", *arguments, cwd=self.cwd, environment={
            "EVENTBUS_ENDPOINT": self.daemon.endpoint, "AWS_ACCESS_KEY_ID": self.account, "AWS_REGION": REGION})

    def listed(self, *arguments):
        return [json.loads(line) for line in self.ctl("list", "dead", "--json", *arguments).lines]


@pytest.fixture
def world(daemon, tmp_path):
    return World(daemon, tmp_path)


def test_list_shows_every_dead_letter_and_changes_nothing(world):
    world.put("orders", *range(250))  # the queue `work` does not exist yet
    letters = world.listed()
    assert [json.loads(letter["body"])["detail"]["n"] for letter in letters] == list(range(250))
    assert {letter["errorCode"] for letter in letters} == {"NO_RESOURCE"}
    assert letters[0]["targetArn"] == world.arn("work") and letters[0]["ruleArn"].endswith(":rule/orders")
    assert {letter["receives"] for letter in letters} == {0} and world.depth("dead") == (250, 0)
    first = world.ctl("list", "dead").lines[0].split("\t")
    assert first[0] == letters[0]["messageId"] and first[2:] == ["NO_RESOURCE", letters[0]["ruleArn"], letters[0]["targetArn"]]


def test_show_prints_one_whole(world):
    world.put("orders", 1, 2)
    letter = world.listed()[1]
    done = world.ctl("show", "dead", letter["messageId"])
    assert done.status == 0 and f"message   {letter['messageId']}\n" in done.out and done.out.endswith("\n\n" + letter["body"] + "\n")
    assert "error     NO_RESOURCE: The specified queue does not exist" in done.out
    assert world.ctl("show", "dead", "nope").status == 1


def test_redrive_gives_the_failed_target_what_it_should_have_got(world):
    world.put("orders", *range(120))
    world.queue("work")
    world.queue("other")
    # Another target that the rule has now, and another pattern: neither counts for what failed before.
    world.aws.call("events", "PutTargets", Rule="orders", Targets=[{"Id": "o", "Arn": world.arn("other")}])
    world.aws.call("events", "PutRule", Name="orders", EventPattern='{"source":["nothing"]}')
    done = world.ctl("redrive", "dead")
    assert (done.status, done.out, done.error) == (0, "120 redriven\n", "")
    assert world.take("work") == list(range(120))
    assert world.depth("dead") == (0, 0) and world.depth("other") == (0, 0)
    assert world.ctl("redrive", "dead").status == 1


def test_the_input_is_kept_and_not_made_again(world):
    world.rule("shaped", world.arn("work"), InputTransformer={"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"detail":{"n":<n>}}'})
    world.put("shaped", 5)
    body = world.listed()[0]["body"]
    world.aws.call("events", "PutTargets", Rule="shaped", Targets=[{"Id": "t", "Arn": world.arn("work"), "Input": '"changed"'}])
    world.queue("work")
    assert world.ctl("redrive", "dead").status == 0
    [message] = world.aws.call("sqs", "ReceiveMessage", QueueUrl=world.url("work"))["Messages"]
    assert message["Body"] == body == '{"detail":{"n":5}}'


def test_a_filter_redrives_some(world):
    world.rule("elsewhere", world.arn("far", OTHER_REGION))
    world.put("orders", 1, 2, 3)
    world.put("elsewhere", 4)
    world.queue("work")
    second = world.listed("--rule", "orders")[1]["messageId"]
    assert world.ctl("redrive", "dead", "--message", second).out == "1 redriven\n"
    assert world.take("work") == [2]
    assert world.ctl("redrive", "dead", "--error", "NOTHING").status == 1
    assert world.ctl("redrive", "dead", "--target", world.arn("work"), "--rule", "orders", "--error", "NO_RESOURCE").out == "2 redriven\n"
    assert world.take("work") == [1, 3] and world.depth("dead") == (1, 0)


def test_a_dry_run_does_nothing(world):
    world.put("orders", 1, 2)
    world.queue("work")
    assert world.ctl("redrive", "dead", "--dry-run").out == "2 would be redriven\n"
    assert world.ctl("purge", "dead", "--dry-run").out == "2 would be deleted\n"
    assert world.depth("dead") == (2, 0) and world.depth("work") == (0, 0)


def test_what_cannot_be_redriven_stays_and_is_named(world):
    world.put("orders", 1)
    world.aws.call("sqs", "SendMessage", QueueUrl=world.url("dead"), MessageBody="not EventBridge's")
    done = world.ctl("redrive", "dead")
    assert done.status == 2 and done.out == "0 redriven, 2 could not be\n"
    assert f"the queue {world.arn('work')} does not exist" in done.error and "no dead letter of a rule's target" in done.error
    world.queue("work")
    world.aws.call("events", "RemoveTargets", Rule="orders", Ids=["t"])
    assert f"rule orders has no target {world.arn('work')} any more" in world.ctl("redrive", "dead").error
    world.aws.call("events", "DeleteRule", Name="orders")
    assert "Rule orders does not exist" in world.ctl("redrive", "dead").error
    assert world.depth("dead") == (2, 0)


def test_a_message_that_a_consumer_has_is_left_alone(world):
    world.put("orders", 1, 2)
    world.queue("work")
    held = world.aws.call("sqs", "ReceiveMessage", QueueUrl=world.url("dead"), VisibilityTimeout=600)["Messages"][0]
    done = world.ctl("redrive", "dead")
    assert done.out == "1 redriven, 1 left alone: a consumer has them\n"
    assert world.ctl("purge", "dead", "--all").out == "0 deleted, 1 left alone: a consumer has them\n"
    world.aws.call("sqs", "ChangeMessageVisibility", QueueUrl=world.url("dead"), ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0)
    assert world.ctl("redrive", "dead", "--json").out == '{"done":1,"inFlight":0,"failures":0}\n'
    assert world.take("work") == [1, 2]


def test_purge_deletes_what_is_asked_for(world):
    world.rule("elsewhere", world.arn("far", OTHER_REGION))
    world.put("orders", 1, 2)
    world.put("elsewhere", 3)
    refused = world.ctl("purge", "dead")
    assert refused.status == 2 and "say --all, or which" in refused.error and world.depth("dead") == (3, 0)
    assert world.ctl("purge", "dead", "--rule", "orders").out == "2 deleted\n"
    assert world.take("dead", delete=False) == [3]


def test_a_rate_is_kept(world):
    world.put("orders", *range(30))
    world.queue("work")
    done = world.ctl("redrive", "dead", "--rate", "100")  # three pages of ten
    assert done.out == "30 redriven\n" and world.take("work") == list(range(30))


@pytest.mark.parametrize(("body", "status"), [("[]", 400), ("{}", 400), ('{"queue":"dead","count":0}', 400), ('{"queue":"dead","x":1}', 400),
                                              ('{"queue":1}', 400), ('{"queue":"nowhere"}', 404)])
def test_requests_that_are_refused(daemon, body, status):
    reply = daemon.request("POST", "/_eventbus/dlq/redrive", body, {"Content-Type": "application/json"})
    assert reply.status == status and json.loads(reply.body)["error"]


def test_a_target_that_is_no_local_queue_gets_it_by_its_lane(world):
    function = f"arn:aws:lambda:{REGION}:{world.account}:function:f"
    world.rule("calls", function)
    rule = f"arn:aws:events:{REGION}:{world.account}:rule/calls"
    texts = {"RULE_ARN": rule, "TARGET_ARN": function, "ERROR_CODE": "SDK_CLIENT_ERROR", "ERROR_MESSAGE": "m"}
    world.aws.call("sqs", "SendMessage", QueueUrl=world.url("dead"), MessageBody='{"id":"1","detail":{"n":1}}', MessageAttributes={
        name: {"DataType": "String", "StringValue": text} for name, text in texts.items()})
    before = world.daemon.metrics()["eventbus_outbox_messages"]
    assert world.ctl("redrive", "dead").out == "1 redriven\n"
    assert world.depth("dead") == (0, 0)
    assert world.daemon.metrics()["eventbus_outbox_messages"] == before + 1


def test_after_a_crash_each_is_in_one_of_the_two_queues(tmp_path):
    with Daemon(data_dir=tmp_path / "data") as daemon:
        world = World(daemon, tmp_path)
        world.put("orders", *range(200))
        world.queue("work")
        environment = {"EVENTBUS_ENDPOINT": daemon.endpoint, "AWS_ACCESS_KEY_ID": world.account, "AWS_REGION": REGION}
        redrive = subprocess.Popen([eventbusctl.PROGRAM, "dlq", "redrive", "dead", "--rate", "100"], env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while world.depth("work")[0] < 20:
            assert redrive.poll() is None
        daemon.kill()
        assert redrive.wait(timeout=30) == 2 and b"no answer" in redrive.stderr.read()
        redrive.stderr.close()
        daemon.start()
        world.aws = RawAws(daemon.port, account=world.account)
        work, dead = world.take("work", delete=False), world.take("dead", delete=False)
        assert work and dead and sorted(work + dead) == list(range(200))
