"""Targets of rules: what PutTargets admits and refuses, and how it is given back (eventbridge-behaviour §9)."""

import pytest

from aws_clients import refused

covers = pytest.mark.covers


@pytest.fixture
def rule(aws):
    aws.events.put_rule(Name="r", EventPattern='{"source":["a"]}')
    return "r"


def put(aws, *targets, **parameters):
    return aws.unchecked_events.put_targets(Rule="r", Targets=list(targets), **parameters)


def stored(aws, rule="r", **parameters):
    return {target["Id"]: target for target in aws.events.list_targets_by_rule(Rule=rule, **parameters)["Targets"]}


def arn(aws, service, resource, region=None):
    return f"arn:aws:{service}:{region or aws.region}:{aws.account}:{resource}"


# --- what is put comes back -------------------------------------------------------------------------------------------------


@covers("events.PutTargets", "events.ListTargetsByRule")
def test_a_target_comes_back_as_it_was_put_and_nothing_is_added(aws, rule):
    target = {"Id": "t", "Arn": aws.queue_arn("q")}
    answer = put(aws, target)
    assert answer["FailedEntryCount"] == 0 and answer["FailedEntries"] == []
    assert aws.events.list_targets_by_rule(Rule=rule)["Targets"] == [target]


@pytest.mark.parametrize("target", [
    {"Arn": "sqs:q", "Input": ' {"a" : 1} '},
    {"Arn": "sqs:q", "Input": '"text"'},
    {"Arn": "sqs:q", "Input": ""},
    {"Arn": "sqs:q", "InputPath": "$.detail.a-b_c/d[0][*].e"},
    {"Arn": "sqs:q", "InputPath": ""},
    {"Arn": "sqs:q", "InputTransformer": {"InputPathsMap": {"a": "$.detail.a", "b-1_": "$"}, "InputTemplate": '{"x":<a>,"y":"<b-1_>"}'}},
    {"Arn": "sqs:q", "InputTransformer": {"InputTemplate": '"<never-mapped> <aws.events.foo>"'}},
    {"Arn": "sqs:q", "InputTransformer": {"InputTemplate": '{"e":<aws.events.event.json>,"f":<aws.events.event>}'}},
    {"Arn": "sqs:q", "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
     "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}},
    {"Arn": "sqs:q.fifo", "SqsParameters": {"MessageGroupId": "$.detail.id"}},
    {"Arn": "sqs:q", "SqsParameters": {"MessageGroupId": "fair"}},
    {"Arn": "kinesis:stream/s", "RoleArn": "arn:aws:iam::123456789012:role/r", "KinesisParameters": {"PartitionKeyPath": "$.detail.k"}},
    {"Arn": "lambda:function:f"},
    {"Arn": "sns:topic"},
    {"Arn": "logs:log-group:/aws/events/x"},
    {"Arn": "states:stateMachine:m", "RoleArn": "arn:aws:iam::123456789012:role/r"},
    {"Arn": "ecs:cluster/c", "RoleArn": "arn:aws:iam::123456789012:role/r",
     "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/t:1", "TaskCount": 2,
                       "LaunchType": "FARGATE",
                       "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["s-1"], "AssignPublicIp": "ENABLED"}}}},
    {"Arn": "batch:job-queue/j", "RoleArn": "arn:aws:iam::123456789012:role/r",
     "BatchParameters": {"JobDefinition": "d", "JobName": "n", "ArrayProperties": {"Size": 2}, "RetryStrategy": {"Attempts": 3}}},
    {"Arn": "events:api-destination/d/00000000-0000-0000-0000-000000000000", "RoleArn": "arn:aws:iam::123456789012:role/r",
     "HttpParameters": {"PathParameterValues": ["a"], "HeaderParameters": {"h": "v"}, "QueryStringParameters": {"q": "$.detail.q"}}},
    {"Arn": "events:event-bus/other", "RoleArn": "arn:aws:iam::123456789012:role/r"},
    {"Arn": "redshift:cluster:c", "RoleArn": "arn:aws:iam::123456789012:role/r",
     "RedshiftDataParameters": {"Database": "db", "Sql": "select 1", "WithEvent": True}},
    {"Arn": "ssm:document/d", "RoleArn": "arn:aws:iam::123456789012:role/r",
     "RunCommandParameters": {"RunCommandTargets": [{"Key": "tag:x", "Values": ["y"]}]}},
], ids=lambda target: "-".join([target["Arn"].split(":")[0], *[key for key in target if key not in ("Arn", "RoleArn")]]))
@covers("events.PutTargets", "events.ListTargetsByRule")
def test_every_form_of_target_is_kept_to_the_letter(aws, rule, target):
    service, _, resource = target["Arn"].partition(":")
    target = {"Id": "t", **target, "Arn": arn(aws, service, resource)}
    assert put(aws, target)["FailedEntryCount"] == 0
    assert stored(aws) == {"t": target}


@covers("events.PutTargets")
def test_a_target_of_the_same_id_is_replaced_wholly(aws, rule):
    put(aws, {"Id": "t", "Arn": aws.queue_arn("q"), "Input": '"x"', "RetryPolicy": {"MaximumRetryAttempts": 1}})
    put(aws, {"Id": "t", "Arn": aws.queue_arn("other")})
    assert stored(aws) == {"t": {"Id": "t", "Arn": aws.queue_arn("other")}}


@covers("events.PutTargets")
def test_ecs_runs_one_task_unless_told_otherwise(aws, rule):
    put(aws, {"Id": "t", "Arn": arn(aws, "ecs", "cluster/c"), "RoleArn": "arn:aws:iam::123456789012:role/r",
              "EcsParameters": {"TaskDefinitionArn": arn(aws, "ecs", "task-definition/t:1")}})
    assert stored(aws)["t"]["EcsParameters"]["TaskCount"] == 1


@covers("events.PutTargets")
def test_a_sixth_target_is_one_too_many(aws, rule):
    put(aws, *[{"Id": f"t{number}", "Arn": aws.queue_arn("q")} for number in range(5)])
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        put(aws, {"Id": "t5", "Arn": aws.queue_arn("q")})
    put(aws, {"Id": "t4", "Arn": aws.queue_arn("other")})
    assert len(stored(aws)) == 5


@covers("events.PutTargets")
def test_six_targets_at_once_are_refused_and_none_is_kept(aws, rule):
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        put(aws, *[{"Id": f"t{number}", "Arn": aws.queue_arn("q")} for number in range(6)])
    assert stored(aws) == {}


# --- refusals ---------------------------------------------------------------------------------------------------------------

REFUSED = [
    ("two-inputs", {"Input": '"x"', "InputPath": "$.detail"},
     "Only one of Input, InputPath, or InputTransformer must be provided for target t."),
    ("input-and-transformer", {"Input": '"x"', "InputTransformer": {"InputTemplate": '"y"'}},
     "Only one of Input, InputPath, or InputTransformer must be provided for target t."),
    ("unknown-placeholder", {"InputTransformer": {"InputPathsMap": {"a": "$.detail"}, "InputTemplate": '{"x":<b>}'}},
     "InputTemplate for target t contains invalid placeholder b."),
    ("input-not-json", {"Input": "not-json"},
     'JSON syntax error in input for target t: [Source: (String)"not-json"; line: 1, column: 1]'),
    ("bracket-name", {"InputPath": "$.detail['x']"}, "InputPath for target t is invalid."),
    ("double-bracket-name", {"InputPath": '$.detail["x"]'}, "InputPath for target t is invalid."),
    ("deep-scan", {"InputPath": "$..x"}, "InputPath for target t is invalid."),
    ("star-name", {"InputPath": "$.detail.*"}, "InputPath for target t is invalid."),
    ("slice", {"InputPath": "$.detail.a[0:2]"}, "InputPath for target t is invalid."),
    ("negative-index", {"InputPath": "$.detail.a[-1]"}, "InputPath for target t is invalid."),
    ("filter", {"InputPath": "$.detail.a[?(@.x)]"}, "InputPath for target t is invalid."),
    ("no-dollar", {"InputPath": "detail.a"}, "InputPath for target t is invalid."),
    ("bad-path-in-map", {"InputTransformer": {"InputPathsMap": {"a": "$..a"}, "InputTemplate": '{"x":<a>}'}},
     "InputPath for target t is invalid."),
    ("bare-words", {"InputTransformer": {"InputPathsMap": {"a": "$.detail"}, "InputTemplate": "hello <a>"}},
     'Invalid InputTemplate for target t : [Source: (String)"hello null"; line: 1, column: 1].'),
    ("placeholder-as-key", {"InputTransformer": {"InputPathsMap": {"a": "$.detail"}, "InputTemplate": '{<a>:1}'}},
     "InputTemplate placeholder present as a JSON object key for target t."),
    ("whole-event-in-text", {"InputTransformer": {"InputTemplate": '"<aws.events.event.json>"'}},
     "InputTemplate for target t contains placeholder aws.events.event.json valid only for JSON template."),
]


@pytest.mark.parametrize("options, text", [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
@covers("events.PutTargets")
def test_input_that_cannot_be_is_refused_and_nothing_is_stored(aws, rule, options, text):
    with refused("ValidationException", text):
        put(aws, {"Id": "t", "Arn": aws.queue_arn("q"), **options})
    assert stored(aws) == {}


@pytest.mark.parametrize("options, value, member, constraint", [
    ({"Id": "a b"}, "'a b'", "targets.1.member.id", r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+"),
    ({"Id": "i" * 65}, f"'{'i' * 65}'", "targets.1.member.id", "Member must have length less than or equal to 64"),
    ({"Id": None}, "null", "targets.1.member.id", "Member must not be null"),
    ({"Arn": None}, "null", "targets.1.member.arn", "Member must not be null"),
    ({"Input": '"' + "x" * 8191 + '"'}, "'\"" + "x" * 8191 + "\"'", "targets.1.member.input",
     "Member must have length less than or equal to 8192"),
    ({"InputPath": "$." + "x" * 255}, "'$." + "x" * 255 + "'", "targets.1.member.inputPath",
     "Member must have length less than or equal to 256"),
    ({"InputTransformer": {"InputTemplate": ""}}, "''", "targets.1.member.inputTransformer.inputTemplate",
     "Member must have length greater than or equal to 1"),
    ({"InputTransformer": {"InputPathsMap": {}}}, "null", "targets.1.member.inputTransformer.inputTemplate", "Member must not be null"),
    ({"InputTransformer": {"InputPathsMap": {"bad.key": "$.detail.text"}, "InputTemplate": '"x"'}}, "'{bad.key=$.detail.text}'",
     "targets.1.member.inputTransformer.inputPathsMap",
     "Map keys must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or "
     r"equal to 1, Member must satisfy regular expression pattern: [A-Za-z0-9\_\-]+]"),
    ({"RetryPolicy": {"MaximumRetryAttempts": 186}}, "'186'", "targets.1.member.retryPolicy.maximumRetryAttempts",
     "Member must have value less than or equal to 185"),
    ({"RetryPolicy": {"MaximumRetryAttempts": -1}}, "'-1'", "targets.1.member.retryPolicy.maximumRetryAttempts",
     "Member must have value greater than or equal to 0"),
    ({"RetryPolicy": {"MaximumEventAgeInSeconds": 59}}, "'59'", "targets.1.member.retryPolicy.maximumEventAgeInSeconds",
     "Member must have value greater than or equal to 60"),
    ({"RetryPolicy": {"MaximumEventAgeInSeconds": 86401}}, "'86401'", "targets.1.member.retryPolicy.maximumEventAgeInSeconds",
     "Member must have value less than or equal to 86400"),
], ids=lambda value: value if isinstance(value, str) and value.startswith("targets") else "")
@covers("events.PutTargets")
def test_members_out_of_range_are_refused_in_the_generic_wording(aws, rule, options, value, member, constraint):
    target = {name: content for name, content in {"Id": "t", "Arn": aws.queue_arn("q"), **options}.items() if content is not None}
    with refused("ValidationException",
                 f"1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: {constraint}"):
        put(aws, target)


@covers("events.PutTargets", "events.RemoveTargets")
def test_empty_lists_are_refused(aws, rule):
    text = "1 validation error detected: Value '[]' at '{}' failed to satisfy constraint: Member must have length greater than or equal to 1"
    with refused("ValidationException", text.format("targets")):
        put(aws)
    with refused("ValidationException", text.format("ids")):
        aws.unchecked_events.remove_targets(Rule="r", Ids=[])


@covers("events.PutTargets")
def test_violations_of_several_targets_are_told_together(aws, rule):
    with refused("ValidationException", "2 validation errors detected: Value 'a b' at 'targets.1.member.id'…") as answer:
        put(aws, {"Id": "a b", "Arn": aws.queue_arn("q")}, {"Id": "t", "Arn": aws.queue_arn("q"), "InputPath": "$." + "x" * 255})
    assert "at 'targets.2.member.inputPath'" in answer.error["Message"]


@pytest.mark.parametrize("value", ["queue", "arn:aws:sqs", "arn:aws:sqs:us-east-1", "urn:aws:sqs:us-east-1:123456789012:q"])
@covers("events.PutTargets")
def test_what_is_no_arn_is_refused(aws, rule, value):
    with refused("ValidationException", f"Parameter {value} is not valid. Reason: Provided Arn is not in correct format."):
        put(aws, {"Id": "t", "Arn": value})


@covers("events.PutTargets")
def test_the_pseudo_target_of_archives_is_not_for_users(aws, rule):
    with refused("ValidationException", "Parameter arn:aws:events:us-east-1::: is not valid. Reason: Service as target config for ARN: "
                                        "arn:aws:events:us-east-1::: not found. The API call hasn't been recognized as managed rules call"):
        put(aws, {"Id": "t", "Arn": "arn:aws:events:us-east-1:::"})


@covers("events.PutTargets")
def test_a_fifo_queue_needs_a_group(aws, rule):
    with refused("ValidationException", "Parameter(s) SqsParameters must be specified for target: t."):
        put(aws, {"Id": "t", "Arn": aws.queue_arn("q.fifo")})


@pytest.mark.parametrize("options, text", [
    ({"Input": '"x"'}, "Modifying the input for target t is not supported."),
    ({"InputPath": "$.detail"}, "Modifying the input for target t is not supported."),
    ({"InputTransformer": {"InputTemplate": '"x"'}}, "Modifying the input for target t is not supported."),
    ({"RetryPolicy": {"MaximumRetryAttempts": 1}}, "Retry policy is not supported for Event bus targets."),
    ({"RoleArn": None}, "RoleArn is required for target {arn}."),
    ({"Arn": "event-bus/default"}, "Source EventBus and Target EventBus must not be the same."),
])
@covers("events.PutTargets")
def test_a_bus_as_target_takes_no_options_and_needs_a_role(aws, rule, options, text):
    target = {"Id": "t", "Arn": "event-bus/other", "RoleArn": "arn:aws:iam::123456789012:role/r", **options}
    target = {name: value for name, value in target.items() if value is not None}
    target["Arn"] = arn(aws, "events", target["Arn"])
    with refused("ValidationException", text.format(arn=target["Arn"])):
        put(aws, target)


@covers("events.PutTargets")
def test_a_rejected_update_leaves_the_stored_target_alone(aws, rule):
    good = {"Id": "t", "Arn": arn(aws, "events", "event-bus/other"), "RoleArn": "arn:aws:iam::123456789012:role/r"}
    put(aws, good)
    with refused("ValidationException"):
        put(aws, {**good, "Input": '"x"'})
    assert stored(aws) == {"t": good}


@pytest.mark.parametrize("resource, options, text", [
    ("kinesis:stream/s", {}, "RoleArn is required for target {arn}."),
    ("states:stateMachine:m", {}, "RoleArn is required for target {arn}."),
    ("firehose:deliverystream/d", {}, "RoleArn is required for target {arn}."),
    ("batch:job-queue/j", {"BatchParameters": {"JobDefinition": "d", "JobName": "n"}}, "RoleArn is required for target {arn}."),
    ("logs:log-group:g", {"RoleArn": "arn:aws:iam::123456789012:role/r"}, "RoleArn is not supported for target {arn}."),
])
@covers("events.PutTargets")
def test_roles_are_asked_for_where_aws_asks(aws, rule, resource, options, text):
    service, _, rest = resource.partition(":")
    target = {"Id": "t", "Arn": arn(aws, service, rest), **options}
    with refused("ValidationException", text.format(arn=target["Arn"])):
        put(aws, target)


@pytest.mark.parametrize("options", [{"Input": '"x"'}, {"InputPath": "$.detail"}])
@covers("events.PutTargets")
def test_a_log_group_takes_the_event_or_a_transformer(aws, rule, options):
    with refused("ValidationException"):
        put(aws, {"Id": "t", "Arn": arn(aws, "logs", "log-group:g"), **options})


@covers("events.PutTargets", "events.ListTargetsByRule", "events.RemoveTargets")
def test_an_unknown_rule_or_bus_is_not_found(aws):
    target = {"Id": "t", "Arn": aws.queue_arn("q")}
    for where, text in [({}, "Rule r does not exist on EventBus default."),
                        ({"EventBusName": "nowhere"}, "Event bus nowhere does not exist.")]:
        with refused("ResourceNotFoundException", text):
            put(aws, target, **where)
        with refused("ResourceNotFoundException", text):
            aws.events.list_targets_by_rule(Rule="r", **where)
        with refused("ResourceNotFoundException", text):
            aws.events.remove_targets(Rule="r", Ids=["t"], **where)


# --- list and remove --------------------------------------------------------------------------------------------------------


@covers("events.ListTargetsByRule")
def test_targets_come_in_pages(aws, rule):
    put(aws, *[{"Id": f"t{number}", "Arn": aws.queue_arn("q")} for number in range(5)])
    seen, parameters = [], {"Rule": rule, "Limit": 2}
    while True:
        answer = aws.events.list_targets_by_rule(**parameters)
        seen += [target["Id"] for target in answer["Targets"]]
        if "NextToken" not in answer:
            break
        parameters["NextToken"] = answer["NextToken"]
    assert sorted(seen) == [f"t{number}" for number in range(5)]


@covers("events.RemoveTargets")
def test_targets_are_removed_and_unknown_ids_are_no_failure(aws, rule):
    put(aws, *[{"Id": f"t{number}", "Arn": aws.queue_arn("q")} for number in range(3)])
    answer = aws.events.remove_targets(Rule=rule, Ids=["t0", "t2", "never-there"])
    assert answer["FailedEntryCount"] == 0 and answer["FailedEntries"] == []
    assert stored(aws).keys() == {"t1"}


@covers("events.PutTargets", "events.ListTargetsByRule", "events.RemoveTargets")
def test_the_bus_may_be_named_by_its_arn(aws):
    aws.events.create_event_bus(Name="orders")
    bus = aws.bus_arn("orders")
    aws.events.put_rule(Name="r", EventPattern='{"source":["a"]}', EventBusName="orders")
    put(aws, {"Id": "t", "Arn": aws.queue_arn("q")}, EventBusName=bus)
    assert stored(aws, EventBusName=bus).keys() == {"t"}
    aws.events.remove_targets(Rule="r", Ids=["t"], EventBusName=bus)
    assert stored(aws, EventBusName="orders") == {}
