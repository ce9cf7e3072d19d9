"""From an accepted event to queues: which queue, in which commit, and where failures go (eventbridge-behaviour §11, §14, §15)."""

import json
import re
import time

import pytest

covers = pytest.mark.covers
FIRST_FOUR = {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE"}


def rule(aws, name="r", **parameters):
    return aws.events.put_rule(Name=name, EventPattern='{"source":["test"]}', **parameters)["RuleArn"]


def target(aws, arn, rule_name="r", **options):
    answer = aws.events.put_targets(Rule=rule_name, Targets=[{"Id": "t", "Arn": arn, **options}])
    assert answer["FailedEntryCount"] == 0


def dead_letter(queue):
    """The one message of a dead-letter queue: (body, {attribute: text})."""
    message, = queue.receive(wait=5)
    assert all(value["DataType"] == "String" for value in message["MessageAttributes"].values())
    return message["Body"], {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


# --- delivered --------------------------------------------------------------------------------------------------------------


@covers("events.PutEvents", "sqs.ReceiveMessage")
def test_when_put_events_returns_the_message_is_receivable(aws):
    """No waiting: delivery to a local queue is part of the PutEvents commit."""
    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["test"]}, queue)
    for _ in range(50):
        event_id = aws.put()
        assert [json.loads(body)["id"] for body in queue.bodies(wait=0)] == [event_id]


@covers("events.PutEvents", "sqs.ReceiveMessage")
def test_a_message_from_a_rule_has_no_user_attributes(aws):
    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["test"]}, queue)
    aws.put()
    message, = queue.receive()
    assert "MessageAttributes" not in message
    assert abs(int(message["Attributes"]["SentTimestamp"]) / 1000 - time.time()) < 60


@covers("events.PutEvents")
def test_every_matching_rule_delivers_and_five_targets_of_one_rule_do(aws):
    queues = [aws.create_queue(f"q{number}") for number in range(5)]
    rule(aws)
    aws.events.put_targets(Rule="r", Targets=[{"Id": f"t{number}", "Arn": queue.arn} for number, queue in enumerate(queues)])
    for number in range(3):
        aws.rule_to_queue(f"also-{number}", {"source": [{"prefix": "te"}]}, queues[0])
    aws.put()
    assert [len(queue.bodies()) for queue in queues] == [4, 1, 1, 1, 1]


@covers("events.PutEvents")
def test_a_queue_of_another_account_is_reached(aws):
    other = aws.elsewhere(account=str(int(aws.account) + 50_000))
    queue = other.create_queue("q")
    rule(aws)
    target(aws, queue.arn)
    event_id = aws.put()
    event = json.loads(queue.body())
    assert event["id"] == event_id and event["account"] == aws.account


@covers("events.PutEvents")
def test_a_queue_delay_counts_for_events_too(aws):
    queue = aws.create_queue("q", DelaySeconds=1)
    aws.rule_to_queue("r", {"source": ["test"]}, queue)
    aws.put()
    assert queue.receive() == [] and queue.depth() == (0, 0, 1)
    assert len(queue.receive(wait=5)) == 1


@covers("events.PutEvents")
def test_a_waiting_consumer_is_woken_by_an_event(aws):
    from concurrent.futures import ThreadPoolExecutor

    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["test"]}, queue)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive, 1, 20)
        time.sleep(0.3)
        assert not waiting.done()
        event_id = aws.put()
        message, = waiting.result(timeout=10)
        assert json.loads(message["Body"])["id"] == event_id


# --- FIFO -------------------------------------------------------------------------------------------------------------------


@covers("events.PutTargets", "events.PutEvents", "sqs.ReceiveMessage")
def test_a_fifo_queue_gets_events_in_order_of_its_static_group(aws):
    queue = aws.create_queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    rule(aws)
    target(aws, queue.arn, SqsParameters={"MessageGroupId": "all"})
    ids = [aws.put(detail={"n": number}) for number in range(10)]
    messages = queue.receive(10)
    assert [json.loads(message["Body"])["id"] for message in messages] == ids
    assert {message["Attributes"]["MessageGroupId"] for message in messages} == {"all"}


@covers("events.PutTargets", "events.PutEvents")
def test_a_group_is_read_from_the_event_when_it_is_a_path(aws):
    queue = aws.create_queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    rule(aws)
    target(aws, queue.arn, SqsParameters={"MessageGroupId": "$.detail.customer"}, InputPath="$.detail.n")
    for number, customer in enumerate(["anna", "bert", "anna"]):
        aws.put(detail={"n": number, "customer": customer})
    messages = queue.receive(10)
    assert [(message["Body"], message["Attributes"]["MessageGroupId"]) for message in messages
            if message["Attributes"]["MessageGroupId"] == "anna"] == [("0", "anna"), ("2", "anna")]
    assert sorted(message["Body"] for message in messages) == ["0", "1", "2"]


@covers("events.PutEvents")
def test_equal_bodies_within_five_minutes_are_one_message(aws):
    queue = aws.create_queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    rule(aws)
    target(aws, queue.arn, SqsParameters={"MessageGroupId": "g"}, InputPath="$.detail.n")
    for number in (1, 1, 2, 1):
        aws.put(detail={"n": number})
    assert queue.bodies() == ["1", "2"]


@covers("events.PutEvents")
def test_a_fifo_queue_without_content_deduplication_refuses_for_good(aws):
    queue, dead = aws.create_queue("q.fifo", FifoQueue="true"), aws.create_queue("dead")
    rule(aws)
    target(aws, queue.arn, SqsParameters={"MessageGroupId": "g"}, DeadLetterConfig={"Arn": dead.arn})
    event_id = aws.put()
    assert queue.receive() == []
    body, attributes = dead_letter(dead)
    assert json.loads(body)["id"] == event_id and attributes.keys() == FIRST_FOUR


# --- failures ---------------------------------------------------------------------------------------------------------------


@covers("events.PutEvents")
def test_a_missing_queue_is_a_failed_delivery_with_awss_attributes(aws, daemon):
    dead = aws.create_queue("dead")
    arn = rule(aws)
    missing = aws.queue_arn("missing")
    target(aws, missing, DeadLetterConfig={"Arn": dead.arn}, RetryPolicy={"MaximumRetryAttempts": 5})
    failed = daemon.metrics().get("eventbridge_failed_invocations_total", 0)
    event_id = aws.put(detail={"n": 1}, TraceHeader="Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    message, = dead.receive(wait=5)
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-5759e988-bd862e3fe1be46a994272793")
    assert json.loads(message["Body"])["id"] == event_id
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes.keys() == FIRST_FOUR
    assert attributes["RULE_ARN"] == arn and attributes["TARGET_ARN"] == missing and attributes["ERROR_CODE"] == "NO_RESOURCE"
    assert re.fullmatch(r"The specified queue does not exist or you do not have access to it\. \(Service: AmazonSQS; Status Code: 400; "
                        r"Error Code: AWS\.SimpleQueueService\.NonExistentQueue; Request ID: [-0-9a-f]+; Proxy: null\)",
                        attributes["ERROR_MESSAGE"])
    assert daemon.metrics()["eventbridge_failed_invocations_total"] == failed + 1
    assert event_id in daemon.log_tail(20_000)


@pytest.mark.parametrize("options, body", [
    ({"Input": '{"constant" : 1}'}, '{"constant" : 1}'),
    ({"InputPath": "$.detail.n"}, "1"),
    ({"InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '"n is <n>"'}}, '"n is 1"'),
])
@covers("events.PutEvents")
def test_a_dead_letter_is_the_input_that_was_attempted(aws, options, body):
    dead = aws.create_queue("dead")
    rule(aws)
    target(aws, aws.queue_arn("missing"), DeadLetterConfig={"Arn": dead.arn}, **options)
    aws.put(detail={"n": 1})
    assert dead_letter(dead)[0] == body


@covers("events.PutEvents")
def test_a_queue_of_another_region_is_a_failed_delivery(aws):
    elsewhere = aws.elsewhere(region="eu-west-1")
    queue, dead = elsewhere.create_queue("q"), aws.create_queue("dead")
    rule(aws)
    target(aws, queue.arn, DeadLetterConfig={"Arn": dead.arn})
    event_id = aws.put()
    body, attributes = dead_letter(dead)
    assert json.loads(body)["id"] == event_id and attributes["TARGET_ARN"] == queue.arn and attributes.keys() == FIRST_FOUR
    assert queue.receive() == []


@covers("events.PutEvents")
def test_a_message_too_large_for_its_queue_is_a_failed_delivery(aws):
    queue, dead = aws.create_queue("q", MaximumMessageSize=1024), aws.create_queue("dead")
    rule(aws)
    target(aws, queue.arn, DeadLetterConfig={"Arn": dead.arn})
    aws.put(detail={"x": "y" * 2000})
    assert dead_letter(dead)[1].keys() == FIRST_FOUR
    assert queue.receive() == []


@covers("events.PutEvents")
def test_one_failing_target_does_not_touch_the_others_or_the_answer(aws):
    good = aws.create_queue("good")
    rule(aws)
    aws.events.put_targets(Rule="r", Targets=[{"Id": "bad", "Arn": aws.queue_arn("missing")}, {"Id": "good", "Arn": good.arn}])
    event_id = aws.put()
    assert json.loads(good.body())["id"] == event_id


@covers("events.PutEvents", "sqs.DeleteQueue", "sqs.CreateQueue")
def test_a_queue_deleted_and_made_anew_is_found_again(aws):
    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["test"]}, queue)
    aws.sqs.delete_queue(QueueUrl=queue.url)
    aws.put()
    queue = aws.create_queue("q")
    event_id = aws.put()
    assert [json.loads(body)["id"] for body in queue.bodies()] == [event_id]


@covers("events.PutEvents")
def test_targets_without_delivery_yet_wait_and_disturb_nobody(aws, daemon):
    """Accepted as AWS accepts them; nothing is dropped: the backlog is a gauge."""
    queue = aws.create_queue("q")
    rule(aws)
    aws.events.put_targets(Rule="r", Targets=[
        {"Id": "lambda", "Arn": f"arn:aws:lambda:us-east-1:{aws.account}:function:f"}, {"Id": "q", "Arn": queue.arn}])
    backlog = daemon.metrics().get("eventbus_outbox_messages", 0)
    for _ in range(3):
        aws.put()
    assert len(queue.bodies()) == 3
    assert daemon.metrics()["eventbus_outbox_messages"] == backlog + 3
