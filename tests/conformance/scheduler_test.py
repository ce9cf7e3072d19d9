"""EventBridge Scheduler through boto3: schedules, groups, tags, every modelled error, and what targets are given (docs/scheduler.md)."""

import datetime
import json
import time

import pytest

from botocore.exceptions import ClientError
from functions import aws, daemon, functions  # noqa: F401
from scripted_receiver import Answer

covers = pytest.mark.covers
ROLE = "arn:aws:iam::000000000000:role/scheduler"
OFF = {"Mode": "OFF"}


@pytest.fixture
def scheduler(aws):
    return aws.client("scheduler")


def now(**offset):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**offset)


def at(moment):
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def target(arn, **members):
    return {"Arn": arn, "RoleArn": ROLE, **members}


def queue_target(aws, name="q", **members):
    return target(f"arn:aws:sqs:{aws.region}:{aws.account}:{name}", **members)


def refusal(call, **parameters):
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def arrivals(queue, count):
    """As many messages, as soon as they are there, deleted."""
    found, deadline = [], time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        for message in queue.receive(wait=5):
            queue.delete(message)
            found.append(message)
    assert len(found) == count, found
    return found


def plain(answer):
    answer = dict(answer)
    answer.pop("ResponseMetadata")
    return answer


# --- schedules ----------------------------------------------------------------------------------------------------------------------


@covers("scheduler.CreateSchedule", "scheduler.GetSchedule")
def test_a_schedule_is_shown_as_it_was_given_with_awss_defaults(aws, scheduler):
    arn = scheduler.create_schedule(Name="s", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF, State="DISABLED",
                                    Target=queue_target(aws))["ScheduleArn"]
    assert arn == f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/s"
    shown = plain(scheduler.get_schedule(Name="s"))
    assert abs(shown.pop("CreationDate") - now()) < datetime.timedelta(seconds=30)
    assert shown.pop("LastModificationDate")
    assert shown == {
        "Arn": arn, "Name": "s", "GroupName": "default", "ScheduleExpression": "rate(1 day)", "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": OFF, "State": "DISABLED", "ActionAfterCompletion": "NONE",
        "Target": queue_target(aws, RetryPolicy={"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185})}


@covers("scheduler.CreateSchedule", "scheduler.UpdateSchedule", "scheduler.GetSchedule")
def test_everything_that_can_be_said_comes_back_and_an_update_replaces_all(aws, scheduler):
    scheduler.create_schedule_group(Name="g")
    start, end = now(days=1).replace(microsecond=0), now(days=9).replace(microsecond=0)
    full = dict(
        GroupName="g", ScheduleExpression="cron(0 9 ? * MON-FRI *)", ScheduleExpressionTimezone="Europe/Berlin", Description="wörk",
        StartDate=start, EndDate=end, State="ENABLED", ActionAfterCompletion="DELETE", KmsKeyArn="arn:aws:kms:us-east-1:000000000000:key/k",
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        Target=queue_target(aws, "q.fifo", Input='{"a":  1}', SqsParameters={"MessageGroupId": "m"},
                            DeadLetterConfig={"Arn": f"arn:aws:sqs:{aws.region}:{aws.account}:dead"},
                            RetryPolicy={"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}))
    scheduler.create_schedule(Name="s", **full)
    shown = plain(scheduler.get_schedule(Name="s", GroupName="g"))
    assert {name: shown[name] for name in full} == full

    created = shown["CreationDate"]
    scheduler.update_schedule(Name="s", GroupName="g", ScheduleExpression="rate(2 hours)", FlexibleTimeWindow=OFF,
                              Target=queue_target(aws))
    shown = plain(scheduler.get_schedule(Name="s", GroupName="g"))
    assert "Description" not in shown and "StartDate" not in shown and "KmsKeyArn" not in shown
    assert (shown["ScheduleExpressionTimezone"], shown["ActionAfterCompletion"]) == ("UTC", "NONE")
    assert shown["CreationDate"] == created


@covers("scheduler.CreateSchedule")
def test_target_parameters_of_every_kind_come_back(aws, scheduler):
    blocks = {
        f"arn:aws:events:{aws.region}:{aws.account}:event-bus/b": {"EventBridgeParameters": {"DetailType": "d", "Source": "s"}},
        f"arn:aws:kinesis:{aws.region}:{aws.account}:stream/s": {"KinesisParameters": {"PartitionKey": "k"}},
        f"arn:aws:ecs:{aws.region}:{aws.account}:cluster/c": {"EcsParameters": {
            "TaskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/t", "TaskCount": 2, "LaunchType": "FARGATE",
            "CapacityProviderStrategy": [{"capacityProvider": "p", "weight": 1}], "Tags": [{"a": "b"}],
            "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["s"], "AssignPublicIp": "ENABLED"}}}},
        f"arn:aws:sagemaker:{aws.region}:{aws.account}:pipeline/p": {
            "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "n", "Value": "v"}]}},
    }
    for number, (arn, block) in enumerate(blocks.items()):
        scheduler.create_schedule(Name=f"s{number}", ScheduleExpression="rate(9 days)", State="DISABLED", FlexibleTimeWindow=OFF,
                                  Target=target(arn, **block))
        shown = scheduler.get_schedule(Name=f"s{number}")["Target"]
        name, = block
        assert shown[name] == block[name]


@covers("scheduler.DeleteSchedule", "scheduler.GetSchedule", "scheduler.UpdateSchedule")
def test_what_is_not_there_is_404(aws, scheduler):
    scheduler.create_schedule(Name="s", ScheduleExpression="rate(1 day)", State="DISABLED", FlexibleTimeWindow=OFF, Target=queue_target(aws))
    scheduler.delete_schedule(Name="s")
    gone = (404, "ResourceNotFoundException", "Schedule s does not exist.")
    assert refusal(scheduler.get_schedule, Name="s") == gone
    assert refusal(scheduler.delete_schedule, Name="s") == gone
    assert refusal(scheduler.update_schedule, Name="s", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF,
                   Target=queue_target(aws)) == gone
    group = (404, "ResourceNotFoundException", "Schedule group g does not exist.")
    assert refusal(scheduler.get_schedule, Name="s", GroupName="g") == group
    assert refusal(scheduler.list_schedules, GroupName="g") == group
    assert refusal(scheduler.create_schedule, Name="s", GroupName="g", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF,
                   Target=queue_target(aws)) == group


@covers("scheduler.CreateSchedule")
def test_a_second_schedule_of_a_name_is_409_unless_the_client_token_is_the_same(aws, scheduler):
    wanted = dict(Name="s", ScheduleExpression="rate(1 day)", State="DISABLED", FlexibleTimeWindow=OFF, Target=queue_target(aws))
    first = scheduler.create_schedule(**wanted, ClientToken="t")["ScheduleArn"]
    assert scheduler.create_schedule(**wanted, ClientToken="t")["ScheduleArn"] == first
    assert refusal(scheduler.create_schedule, **wanted, ClientToken="u") == (409, "ConflictException", "Schedule s already exists.")


@covers("scheduler.CreateSchedule", "scheduler.UpdateSchedule")
@pytest.mark.parametrize("change, message", [
    ({"ScheduleExpression": "rate(0 days)"}, "Invalid Schedule Expression rate(0 days)."),
    ({"ScheduleExpression": "at(2030-02-30T00:00:00)"}, "Invalid Schedule Expression at(2030-02-30T00:00:00)."),
    ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "Invalid ScheduleExpressionTimezone Mars/Olympus."),
    ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
     "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE."),
    ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
     "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF."),
    ({"StartDate": datetime.datetime(2020, 1, 1)}, "The StartDate you specify cannot be earlier than 5 minutes ago."),
    ({"StartDate": datetime.datetime(2099, 1, 2), "EndDate": datetime.datetime(2099, 1, 1)},
     "The StartDate you specify must come before the EndDate."),
    ({"Target": target("arn:aws:s3:::bucket")}, "s3 is not a supported service for a target."),
    ({"Target": target("arn:aws:lambda:eu-west-1:000000000000:function:f")},
     "The target ARN provided does not match the current region us-east-1."),
    ({"Target": target("arn:aws:lambda:us-east-1:000000000000:function:f", Input="no json")}, "JSON syntax error in input for the target."),
    ({"Target": target("arn:aws:scheduler:::aws-sdk:sqs:sendMessage")},
     "You must provide an input to set this target for your schedule."),
    ({"Target": target("arn:aws:scheduler:::aws-sdk:sqs:listQueues", Input="{}")}, "listQueues API is not supported."),
    ({"Name": "a b"}, "1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular "
                      "expression pattern: ^[0-9a-zA-Z-_.]+$"),
])
def test_what_is_wrong_with_a_schedule_is_said_in_awss_words(aws, change, message):
    scheduler = aws.client("scheduler", checked=False)
    wanted = dict(Name="s", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF, Target=queue_target(aws))
    assert refusal(scheduler.create_schedule, **{**wanted, **change}) == (400, "ValidationException", message)


@covers("scheduler.ListSchedules")
def test_schedules_are_listed_by_group_prefix_and_state_in_pages(aws, scheduler):
    scheduler.create_schedule_group(Name="g")
    for name in [f"a{number}" for number in range(5)] + ["b"]:
        scheduler.create_schedule(Name=name, GroupName="g" if name != "a0" else "default", ScheduleExpression="rate(1 day)",
                                  State="DISABLED" if name < "a2" else "ENABLED", FlexibleTimeWindow=OFF, Target=queue_target(aws))
    names = lambda **filters: [s["Name"] for page in scheduler.get_paginator("list_schedules").paginate(  # noqa: E731
        **filters, PaginationConfig={"PageSize": 2}) for s in page["Schedules"]]
    assert names() == ["a0", "a1", "a2", "a3", "a4", "b"]
    assert names(GroupName="g") == ["a1", "a2", "a3", "a4", "b"]
    assert names(NamePrefix="a", State="ENABLED") == ["a2", "a3", "a4"]
    summary = scheduler.list_schedules(MaxResults=1)["Schedules"][0]
    assert summary.keys() == {"Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State", "Target"}
    assert summary["Target"] == {"Arn": queue_target(aws)["Arn"]}
    assert refusal(scheduler.list_schedules, NextToken="nonsense")[:2] == (400, "ValidationException")
    unchecked = aws.client("scheduler", checked=False)
    assert refusal(unchecked.list_schedules, MaxResults=0)[:2] == (400, "ValidationException")


# --- groups and tags ------------------------------------------------------------------------------------------------------------------


@covers("scheduler.CreateScheduleGroup", "scheduler.GetScheduleGroup", "scheduler.ListScheduleGroups", "scheduler.DeleteScheduleGroup")
def test_groups(aws, scheduler):
    arn = scheduler.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"]
    assert arn == f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule-group/g"
    assert scheduler.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"] == arn
    assert refusal(scheduler.create_schedule_group, Name="g") == (409, "ConflictException", "Schedule group g already exists.")
    shown = scheduler.get_schedule_group(Name="g")
    assert (shown["Arn"], shown["State"]) == (arn, "ACTIVE")
    scheduler.create_schedule_group(Name="other")
    listed = [g["Name"] for page in scheduler.get_paginator("list_schedule_groups").paginate(PaginationConfig={"PageSize": 1})
              for g in page["ScheduleGroups"]]
    assert listed == ["default", "g", "other"]
    assert [g["Name"] for g in scheduler.list_schedule_groups(NamePrefix="o")["ScheduleGroups"]] == ["other"]
    scheduler.create_schedule(Name="s", GroupName="g", ScheduleExpression="rate(1 day)", State="DISABLED", FlexibleTimeWindow=OFF,
                              Target=queue_target(aws))
    scheduler.delete_schedule_group(Name="g")
    gone = (404, "ResourceNotFoundException", "Schedule group g does not exist.")
    assert refusal(scheduler.get_schedule_group, Name="g") == gone
    assert refusal(scheduler.delete_schedule_group, Name="g") == gone
    assert refusal(scheduler.get_schedule, Name="s", GroupName="g") == gone
    default = (400, "ValidationException", "This operation cannot be performed on schedule group default.")
    assert refusal(scheduler.create_schedule_group, Name="default") == default
    assert refusal(scheduler.delete_schedule_group, Name="default") == default


@covers("scheduler.CreateScheduleGroup")
def test_groups_are_limited(aws):
    scheduler = aws.client("scheduler")
    for number in range(500):
        scheduler.create_schedule_group(Name=f"g{number}")
    assert refusal(scheduler.create_schedule_group, Name="one-more")[:2] == (402, "ServiceQuotaExceededException")


@covers("scheduler.TagResource", "scheduler.UntagResource", "scheduler.ListTagsForResource")
def test_tags_are_of_groups(aws, scheduler):
    arn = scheduler.create_schedule_group(Name="g", Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b c", "Value": "ä+/"}])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b c", "Value": "ä+/"}]
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["b c", "none"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    gone = (404, "ResourceNotFoundException", "Schedule group x does not exist.")
    assert refusal(scheduler.tag_resource, ResourceArn=arn[:-1] + "x", Tags=[]) == gone
    assert refusal(scheduler.untag_resource, ResourceArn=arn[:-1] + "x", TagKeys=["a"]) == gone
    assert refusal(scheduler.list_tags_for_resource, ResourceArn=arn[:-1] + "x") == gone
    schedule = f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/s"
    assert refusal(scheduler.list_tags_for_resource, ResourceArn=schedule)[:2] == (400, "ValidationException")


def test_the_wire_is_rest_json(daemon, aws, scheduler):
    answer = daemon.request("GET", "/schedules/nothing")
    assert answer.status == 404
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert answer.headers["x-amzn-requestid"]
    assert json.loads(answer.body) == {"Message": "Schedule nothing does not exist."}
    assert daemon.request("PATCH", "/schedules/nothing").status == 400
    assert daemon.request("GET", "/tags/arn%3Aaws%3Ascheduler%3Aus-east-1%3A000000000000%3Aschedule-group%2Fdefault").status == 200
    scheduler.list_schedule_groups()
    metrics = daemon.metrics()
    assert metrics['eventbus_requests_total{operation="ListScheduleGroups",service="scheduler",status="200"}'] >= 1


# --- what targets are given -----------------------------------------------------------------------------------------------------------


@covers("scheduler.CreateSchedule")
def test_a_queue_gets_the_input_at_its_time_once(aws, scheduler):
    queue = aws.create_queue("q")
    due = now(seconds=2).replace(microsecond=0)
    scheduler.create_schedule(
        Name="s", ScheduleExpression=at(due), FlexibleTimeWindow=OFF, ActionAfterCompletion="DELETE",
        Target=target(queue.arn, Input='{"at":"<aws.scheduler.scheduled-time>","arn":"<aws.scheduler.schedule-arn>",'
                                       '"id":"<aws.scheduler.execution-id>","n":<aws.scheduler.attempt-number>}'))
    message, = arrivals(queue, 1)
    arrived = now()
    body = json.loads(message["Body"])
    assert due <= arrived < due + datetime.timedelta(seconds=1)
    assert body == {"at": f"{due:%Y-%m-%dT%H:%M:%SZ}", "arn": f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/s",
                    "id": body["id"], "n": 1}
    assert refusal(scheduler.get_schedule, Name="s")[1] == "ResourceNotFoundException"
    assert queue.bodies() == []


@covers("scheduler.CreateSchedule")
def test_an_event_bus_gets_an_event_that_its_rules_match(aws, scheduler):
    queue = aws.create_queue("q")
    aws.events.create_event_bus(Name="orders")
    aws.events.put_rule(Name="r", EventBusName="orders", EventPattern='{"source":["shop"],"detail":{"kind":["tick"]}}')
    aws.events.put_targets(Rule="r", EventBusName="orders", Targets=[{"Id": "q", "Arn": queue.arn}])
    scheduler.create_schedule(
        Name="s", ScheduleExpression=at(now()), FlexibleTimeWindow=OFF,
        Target=target(f"arn:aws:events:{aws.region}:{aws.account}:event-bus/orders", Input='{"kind": "tick"}',
                      EventBridgeParameters={"Source": "shop", "DetailType": "Tick"}))
    message, = arrivals(queue, 1)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"], event["account"]) == ("shop", "Tick", {"kind": "tick"}, aws.account)


@covers("scheduler.CreateSchedule")
def test_a_function_is_invoked_again_with_the_number_of_the_attempt(aws, scheduler, functions):
    functions.answers.extend([Answer(500), Answer(429), Answer(202)])
    scheduler.create_schedule(
        Name="s", ScheduleExpression=at(now()), FlexibleTimeWindow=OFF,
        Target=target(f"arn:aws:lambda:{aws.region}:{aws.account}:function:resize", Input='{"n":"<aws.scheduler.attempt-number>"}'))
    calls = [functions.next() for _ in range(3)]
    assert {call.path for call in calls} == {"/2015-03-31/functions/resize/invocations"}
    assert [json.loads(call.body)["n"] for call in calls] == ["1", "2", "3"]
    assert functions.quiet()


@covers("scheduler.CreateSchedule")
def test_retries_end_in_the_dead_letter_queue_with_schedulers_attributes(aws, scheduler, functions):
    dead = aws.create_queue("dead")
    functions.answers.extend([Answer(500)] * 3)
    arn = f"arn:aws:lambda:{aws.region}:{aws.account}:function:resize"
    due = now().replace(microsecond=0)
    scheduler.create_schedule(
        Name="s", ScheduleExpression=at(due), FlexibleTimeWindow=OFF,
        Target=target(arn, Input='{"a":1}', DeadLetterConfig={"Arn": dead.arn}, RetryPolicy={"MaximumRetryAttempts": 2}))
    letter, = arrivals(dead, 1)
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert letter["Body"] == '{"a":1}'
    assert attributes.pop("ERROR_CODE") and attributes.pop("ERROR_MESSAGE") and len(attributes.pop("EXECUTION_ID")) == 16
    assert attributes == {
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "IS_PAYLOAD_TRUNCATED": "false", "RETRY_ATTEMPTS": "2",
        "SCHEDULED_TIME": f"{due:%Y-%m-%dT%H:%M:%SZ}", "SCHEDULE_ARN": f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/s",
        "TARGET_ARN": arn}


@covers("scheduler.CreateSchedule")
def test_universal_targets_call_the_operations_that_are_here(aws, scheduler):
    queue = aws.create_queue("q")
    aws.client("logs").create_log_group(logGroupName="g")
    aws.client("logs").create_log_stream(logGroupName="g", logStreamName="s")
    aws.events.put_rule(Name="r", EventPattern='{"source":["universal"]}')
    aws.events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": queue.arn, "Input": '"from the bus"'}])
    calls = {
        "sqs:sendMessage": {"QueueUrl": queue.url, "MessageBody": "sent"},
        "eventbridge:putEvents": {"Entries": [{"Source": "universal", "DetailType": "d", "Detail": "{}"}]},
        "cloudwatchlogs:putLogEvents": {"LogGroupName": "g", "LogStreamName": "s", "LogEvents": [
            {"Timestamp": int(time.time() * 1000), "Message": "logged"}]},
    }
    for number, (operation, request) in enumerate(calls.items()):
        scheduler.create_schedule(Name=f"s{number}", ScheduleExpression=at(now()), FlexibleTimeWindow=OFF,
                                  Target=target(f"arn:aws:scheduler:::aws-sdk:{operation}", Input=json.dumps(request)))
    assert sorted(message["Body"] for message in arrivals(queue, 2)) == ['"from the bus"', "sent"]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        logged = aws.client("logs").get_log_events(logGroupName="g", logStreamName="s")["events"]
        if logged:
            break
    assert [event["message"] for event in logged] == ["logged"]


@covers("scheduler.CreateSchedule")
def test_what_a_universal_target_refuses_is_a_dead_letter_under_its_own_code(aws, scheduler):
    dead = aws.create_queue("dead")
    scheduler.create_schedule(
        Name="s", ScheduleExpression=at(now()), FlexibleTimeWindow=OFF,
        Target=target("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", DeadLetterConfig={"Arn": dead.arn},
                      Input=json.dumps({"QueueUrl": dead.url.replace("/dead", "/nothing"), "MessageBody": "x"})))
    letter, = arrivals(dead, 1)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert letter["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"] == "0"


@covers("scheduler.CreateSchedule")
def test_what_cannot_be_delivered_here_waits_and_is_seen(aws, scheduler, daemon):
    arn = f"arn:aws:states:{aws.region}:{aws.account}:stateMachine:m"
    for name in ("s", "t"):
        scheduler.create_schedule(Name=name, ScheduleExpression=at(now()), FlexibleTimeWindow=OFF, Target=target(arn, Input="{}"))
    deadline, waiting = time.monotonic() + 10, {}
    while time.monotonic() < deadline and sum(waiting.values()) < 2:
        waiting = {series: value for series, value in daemon.metrics().items()
                   if series.startswith("eventbus_outbox_messages{") and f'target="{arn}"' in series}
    assert list(waiting.values()) == [2], "two schedules of one target share a lane"


@covers("scheduler.UpdateSchedule")
def test_a_disabled_schedule_does_not_fire(aws, scheduler, daemon):
    queue = aws.create_queue("q")
    wanted = dict(Name="s", ScheduleExpression="rate(1 minute)", FlexibleTimeWindow=OFF, Target=target(queue.arn, Input="x"))
    scheduler.create_schedule(**wanted, State="DISABLED")
    scheduler.create_schedule(**{**wanted, "Name": "t"})
    assert [m["Body"] for m in arrivals(queue, 1)] == ["x"]
    assert queue.bodies() == []
    assert daemon.metrics()["eventbus_schedules"] >= 2
