"""Rules: life, listing, tags (eventbridge-behaviour §1, §7)."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from aws_clients import refused

covers = pytest.mark.covers
PATTERN = '{"source":["a"]}'


def put(aws, name, **parameters):
    return aws.events.put_rule(Name=name, **({"EventPattern": PATTERN} | parameters))


@pytest.fixture
def bus(aws):
    """A custom bus named `orders` in the test's account."""
    aws.events.create_event_bus(Name="orders")
    return "orders"


# --- put and describe -------------------------------------------------------------------------------------------------------


@covers("events.PutRule", "events.DescribeRule")
def test_a_rule_of_the_default_bus_has_no_bus_in_its_arn(aws):
    assert put(aws, "r")["RuleArn"] == f"arn:aws:events:us-east-1:{aws.account}:rule/r"
    described = aws.events.describe_rule(Name="r")
    assert described["Arn"] == aws.rule_arn("r")
    assert described["EventBusName"] == "default"
    assert described["State"] == "ENABLED"
    assert described["EventPattern"] == PATTERN
    assert described["CreatedBy"] == aws.account
    assert not {"Description", "RoleArn", "ScheduleExpression", "ManagedBy"} & described.keys()


@covers("events.PutRule", "events.DescribeRule")
def test_a_rule_of_a_custom_bus_has_it(aws, bus):
    assert put(aws, "r", EventBusName=bus)["RuleArn"] == f"arn:aws:events:us-east-1:{aws.account}:rule/orders/r"
    described = aws.events.describe_rule(Name="r", EventBusName=bus)
    assert described["EventBusName"] == "orders"
    with refused("ResourceNotFoundException", "Rule r does not exist on EventBus default."):
        aws.events.describe_rule(Name="r")


@covers("events.PutRule", "events.DescribeRule", "events.ListRules", "events.DeleteRule")
def test_the_bus_may_be_named_by_its_arn_everywhere(aws, bus):
    arn = aws.bus_arn(bus)
    assert put(aws, "r", EventBusName=arn)["RuleArn"] == aws.rule_arn("r", "orders")
    assert aws.events.describe_rule(Name="r", EventBusName=arn)["EventBusName"] == "orders"
    assert [rule["Name"] for rule in aws.events.list_rules(EventBusName=arn)["Rules"]] == ["r"]
    aws.events.disable_rule(Name="r", EventBusName=arn)
    aws.events.enable_rule(Name="r", EventBusName=arn)
    aws.events.delete_rule(Name="r", EventBusName=arn)
    assert aws.events.list_rules(EventBusName="orders")["Rules"] == []


@covers("events.PutRule", "events.DescribeRule")
def test_all_that_was_put_is_described_as_it_was_put(aws):
    pattern = '{ "detail" : {"b":[{"prefix":"<&>\u2028"}], "a":[1.0]} }'
    put(aws, "full", EventPattern=pattern, Description="what it is for", State="DISABLED", ScheduleExpression="rate(5 minutes)",
        RoleArn=f"arn:aws:iam::{aws.account}:role/x")
    described = aws.events.describe_rule(Name="full")
    assert described["EventPattern"] == pattern
    assert described["Description"] == "what it is for"
    assert described["State"] == "DISABLED"
    assert described["ScheduleExpression"] == "rate(5 minutes)"
    assert described["RoleArn"] == f"arn:aws:iam::{aws.account}:role/x"


@covers("events.PutRule")
def test_the_third_state_is_kept(aws):
    put(aws, "trail", State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    assert aws.events.describe_rule(Name="trail")["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@covers("events.PutRule")
def test_a_replacement_clears_what_it_leaves_out_and_enables_but_keeps_targets(aws):
    put(aws, "r", Description="old", State="DISABLED", ScheduleExpression="rate(1 hour)", RoleArn="arn:aws:iam::1:role/x")
    aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": aws.queue_arn("q")}])
    put(aws, "r", EventPattern='{"source":["b"]}')
    described = aws.events.describe_rule(Name="r")
    assert described["EventPattern"] == '{"source":["b"]}'
    assert described["State"] == "ENABLED"
    assert not {"Description", "RoleArn", "ScheduleExpression"} & described.keys()
    assert [target["Id"] for target in aws.events.list_targets_by_rule(Rule="r")["Targets"]] == ["t"]


@covers("events.PutRule")
def test_an_invalid_replacement_leaves_the_rule_as_it_was(aws):
    put(aws, "r", Description="old")
    with refused("InvalidEventPatternException"):
        put(aws, "r", EventPattern='{"source":[]}')
    with refused("ValidationException"):
        aws.events.put_rule(Name="r")
    described = aws.events.describe_rule(Name="r")
    assert described["EventPattern"] == PATTERN and described["Description"] == "old"


@pytest.mark.parametrize("parameters", [{}, {"EventPattern": ""}, {"Description": "only words"}])
@covers("events.PutRule")
def test_a_rule_needs_a_pattern_or_a_schedule(aws, parameters):
    with refused("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."):
        aws.events.put_rule(Name="r", **parameters)


@pytest.mark.parametrize("expression", [
    "rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(2 hours)", "rate(1 day)", "rate(7 days)", "cron(0 12 * * ? *)",
    "cron(15 10 ? * 6L 2022-2030)", "cron(0/10 * ? * MON-FRI *)", "cron(0 8 1 * ? *)", "cron(0 9 ? * 2#1 *)"])
@covers("events.PutRule")
def test_schedules_are_accepted_on_the_default_bus(aws, expression):
    aws.events.put_rule(Name="tick", ScheduleExpression=expression)
    assert aws.events.describe_rule(Name="tick")["ScheduleExpression"] == expression


@pytest.mark.parametrize("expression", [
    "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(-1 hours)", "rate(5 weeks)", "rate(1.5 hours)", "rate()",
    "every hour", "cron(* * * * *)", "cron(0 12 * * * *)", "cron(60 12 * * ? *)", "cron(0 12 ? * 8 *)", "at(2030-01-01T00:00:00)"])
@covers("events.PutRule")
def test_schedules_that_mean_nothing_are_refused(aws, expression):
    with refused("ValidationException", "Parameter ScheduleExpression is not valid."):
        aws.events.put_rule(Name="tick", ScheduleExpression=expression)


@covers("events.PutRule")
def test_schedules_are_for_the_default_bus(aws, bus):
    text = "ScheduleExpression is supported only on the default event bus."
    with refused("ValidationException", text):
        aws.events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)", EventBusName=bus)
    with refused("ValidationException", text):
        aws.events.put_rule(Name="tick", ScheduleExpression="", EventPattern=PATTERN, EventBusName=bus)


@covers("events.PutRule", "events.DescribeRule", "events.ListRules", "events.DeleteRule", "events.EnableRule", "events.DisableRule")
def test_an_unknown_bus_is_not_found_by_any_rule_operation(aws):
    text = "Event bus nowhere does not exist."
    calls = [
        lambda: put(aws, "r", EventBusName="nowhere"),
        lambda: aws.events.describe_rule(Name="r", EventBusName="nowhere"),
        lambda: aws.events.list_rules(EventBusName="nowhere"),
        lambda: aws.events.delete_rule(Name="r", EventBusName="nowhere"),
        lambda: aws.events.enable_rule(Name="r", EventBusName="nowhere"),
        lambda: aws.events.disable_rule(Name="r", EventBusName="nowhere"),
    ]
    for call in calls:
        with refused("ResourceNotFoundException", text):
            call()


@covers("events.DescribeRule", "events.EnableRule", "events.DisableRule")
def test_an_unknown_rule_is_not_found(aws, bus):
    for call in (aws.events.describe_rule, aws.events.enable_rule, aws.events.disable_rule):
        with refused("ResourceNotFoundException", "Rule none does not exist on EventBus default."):
            call(Name="none")
        with refused("ResourceNotFoundException", "Rule none does not exist on EventBus orders."):
            call(Name="none", EventBusName=bus)


@pytest.mark.parametrize("parameters, value, member, constraint", [
    ({"Name": "x" * 65}, f"'{'x' * 65}'", "name", "Member must have length less than or equal to 64"),
    ({"Name": "a b"}, "'a b'", "name", r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+"),
    ({"Name": "r", "Description": "d" * 513}, f"'{'d' * 513}'", "description", "Member must have length less than or equal to 512"),
    ({"Name": "r", "ScheduleExpression": "s" * 257}, f"'{'s' * 257}'", "scheduleExpression",
     "Member must have length less than or equal to 256"),
    ({"Name": "r", "RoleArn": "a" * 1601}, f"'{'a' * 1601}'", "roleArn", "Member must have length less than or equal to 1600"),
])
@covers("events.PutRule")
def test_members_out_of_range_are_refused_in_the_generic_wording(aws, parameters, value, member, constraint):
    with refused("ValidationException", "1 validation error detected: "
                                        f"Value {value} at '{member}' failed to satisfy constraint: {constraint}…"):
        aws.unchecked_events.put_rule(**({"EventPattern": PATTERN} | parameters))


@covers("events.PutRule")
def test_an_unknown_state_is_refused(aws):
    with refused("ValidationException", "1 validation error detected: Value 'SLEEPING' at 'state' failed to satisfy constraint: "
                                        "Member must satisfy enum value set: […"):
        put(aws, "r", State="SLEEPING")


@covers("events.PutRule")
def test_a_pattern_has_at_most_2048_characters(aws):
    def pattern(length):
        text = '{"source":["' + "x" * (length - 15) + '"]}'
        assert len(text) == length
        return text

    put(aws, "longest", EventPattern=pattern(2048))
    with refused("InvalidEventPatternException"):
        put(aws, "longer", EventPattern=pattern(2049))
    with refused("ValidationException") as answer:
        put(aws, "longer", EventPattern=pattern(4097))
    assert "at 'eventPattern' failed to satisfy constraint: Member must have length less than or equal to 4096" in answer.error["Message"]


@covers("events.PutRule")
def test_the_three_hundredth_rule_is_the_last(aws, bus):
    for number in range(300):
        put(aws, f"r{number}", EventBusName=bus)
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        put(aws, "one-more", EventBusName=bus)
    put(aws, "r7", EventBusName=bus, Description="replacing is not adding")
    put(aws, "elsewhere")
    aws.events.delete_rule(Name="r0", EventBusName=bus)
    put(aws, "one-more", EventBusName=bus)


@covers("events.PutRule")
def test_thirty_rules_with_wildcards_are_the_most(aws):
    for number in range(30):
        put(aws, f"w{number}", EventPattern=json.dumps({"source": [{"wildcard": f"a*{number}"}]}))
    with refused("LimitExceededException"):
        put(aws, "w30", EventPattern='{"source":[{"wildcard":"a*b"}]}')
    put(aws, "plain")


@covers("events.PutRule")
def test_rules_put_in_parallel_are_all_there(aws, bus):
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: put(aws, f"r{number:02}", EventBusName=bus), range(50)))
    assert len(aws.events.list_rules(EventBusName=bus)["Rules"]) == 50


# --- enable, disable, delete ------------------------------------------------------------------------------------------------


@covers("events.EnableRule", "events.DisableRule")
def test_disabling_and_enabling_is_seen_at_once(aws):
    put(aws, "r", Description="kept")
    aws.events.disable_rule(Name="r")
    assert aws.events.describe_rule(Name="r")["State"] == "DISABLED"
    aws.events.enable_rule(Name="r")
    described = aws.events.describe_rule(Name="r")
    assert described["State"] == "ENABLED" and described["Description"] == "kept"


@covers("events.DeleteRule")
def test_a_deleted_rule_is_gone_and_deleting_it_again_succeeds(aws):
    put(aws, "r")
    aws.events.delete_rule(Name="r")
    with refused("ResourceNotFoundException", "Rule r does not exist on EventBus default."):
        aws.events.describe_rule(Name="r")
    aws.events.delete_rule(Name="r")
    aws.events.delete_rule(Name="r", Force=True)


@covers("events.DeleteRule", "events.RemoveTargets")
def test_a_rule_with_targets_cannot_be_deleted_even_by_force(aws):
    put(aws, "r")
    aws.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": aws.queue_arn("q")}])
    for force in (False, True):
        with refused("ValidationException", "Rule can't be deleted since it has targets."):
            aws.events.delete_rule(Name="r", Force=force)
    aws.events.remove_targets(Rule="r", Ids=["t"])
    aws.events.delete_rule(Name="r")


# --- list -------------------------------------------------------------------------------------------------------------------


@covers("events.ListRules")
def test_rules_are_listed_by_name_with_their_members(aws):
    put(aws, "b", Description="second")
    put(aws, "a", State="DISABLED")
    aws.events.put_rule(Name="c", ScheduleExpression="rate(1 hour)")
    rules = aws.events.list_rules()["Rules"]
    assert [rule["Name"] for rule in rules] == ["a", "b", "c"]
    assert rules[0]["State"] == "DISABLED" and rules[1]["Description"] == "second"
    assert rules[2]["ScheduleExpression"] == "rate(1 hour)" and "EventPattern" not in rules[2]
    for rule in rules:
        assert rule["Arn"] == aws.rule_arn(rule["Name"])
        assert rule["EventBusName"] == "default"
        assert "CreatedBy" not in rule


@covers("events.ListRules")
def test_rules_are_listed_by_bus_and_prefix(aws, bus):
    for name in ("dev-1", "dev-2", "prod-1"):
        put(aws, name, EventBusName=bus)
    put(aws, "dev-3")
    assert [rule["Name"] for rule in aws.events.list_rules(EventBusName=bus, NamePrefix="dev-")["Rules"]] == ["dev-1", "dev-2"]
    assert [rule["Name"] for rule in aws.events.list_rules()["Rules"]] == ["dev-3"]


@covers("events.ListRules")
def test_pages_of_rules_join_to_the_whole(aws, bus):
    for number in range(12):
        put(aws, f"r{number:02}", EventBusName=bus)
    seen = []
    parameters = {"EventBusName": bus, "Limit": 5}
    while True:
        answer = aws.events.list_rules(**parameters)
        seen.append([rule["Name"] for rule in answer["Rules"]])
        if "NextToken" not in answer:
            break
        # A token survives naming the bus by its ARN.
        parameters = {"EventBusName": aws.bus_arn(bus), "Limit": 5, "NextToken": answer["NextToken"]}
    assert sum(seen, []) == [f"r{number:02}" for number in range(12)]
    assert all(len(page) <= 5 for page in seen)


@covers("events.ListRules")
def test_a_page_holds_100_rules_unless_told_otherwise(aws, bus):
    for number in range(101):
        put(aws, f"r{number:03}", EventBusName=bus)
    answer = aws.events.list_rules(EventBusName=bus)
    assert len(answer["Rules"]) == 100
    assert [rule["Name"] for rule in aws.events.list_rules(EventBusName=bus, NextToken=answer["NextToken"])["Rules"]] == ["r100"]


@covers("events.ListRules")
def test_a_token_for_another_filter_is_refused(aws):
    for number in range(3):
        put(aws, f"a{number}")
    token = aws.events.list_rules(NamePrefix="a", Limit=1)["NextToken"]
    with refused("ValidationException", "Parameter NextToken is not valid.…"):
        aws.events.list_rules(NamePrefix="b", NextToken=token)


@covers("events.ListRuleNamesByTarget")
def test_rules_are_found_by_target(aws, bus):
    target, other = aws.queue_arn("mine"), aws.queue_arn("other")
    for name, state, arns in [("r1", "ENABLED", [target, target]), ("r2", "DISABLED", [target]), ("r3", "ENABLED", [other])]:
        put(aws, name, State=state)
        aws.events.put_targets(Rule=name, Targets=[{"Id": f"t{index}", "Arn": arn} for index, arn in enumerate(arns)])
    put(aws, "r4", EventBusName=bus)
    aws.events.put_targets(Rule="r4", EventBusName=bus, Targets=[{"Id": "t", "Arn": target}])
    assert aws.events.list_rule_names_by_target(TargetArn=target)["RuleNames"] == ["r1", "r2"]
    assert aws.events.list_rule_names_by_target(TargetArn=target, EventBusName=bus)["RuleNames"] == ["r4"]
    assert aws.events.list_rule_names_by_target(TargetArn=aws.queue_arn("none"))["RuleNames"] == []


@covers("events.ListRuleNamesByTarget")
def test_rule_names_come_in_pages_bound_to_bus_and_target(aws, bus):
    target = aws.queue_arn("q")
    for number in range(3):
        for where in ("default", bus):
            put(aws, f"r{number}", EventBusName=where)
            aws.events.put_targets(Rule=f"r{number}", EventBusName=where, Targets=[{"Id": "t", "Arn": target}])
    first = aws.events.list_rule_names_by_target(TargetArn=target, Limit=2)
    rest = aws.events.list_rule_names_by_target(TargetArn=target, NextToken=first["NextToken"])
    assert first["RuleNames"] + rest["RuleNames"] == ["r0", "r1", "r2"] and "NextToken" not in rest
    for wrong in ({"TargetArn": target, "EventBusName": bus}, {"TargetArn": aws.queue_arn("other")}):
        with refused("ValidationException", "Parameter NextToken is not valid.…"):
            aws.events.list_rule_names_by_target(NextToken=first["NextToken"], **wrong)


@covers("events.ListRuleNamesByTarget")
def test_rule_names_of_an_unknown_bus_are_not_found(aws):
    with refused("ResourceNotFoundException", "Event bus nowhere does not exist."):
        aws.events.list_rule_names_by_target(TargetArn=aws.queue_arn("q"), EventBusName="nowhere")


# --- tags -------------------------------------------------------------------------------------------------------------------


def tags(aws, arn):
    return {tag["Key"]: tag["Value"] for tag in aws.events.list_tags_for_resource(ResourceARN=arn)["Tags"]}


@covers("events.TagResource", "events.UntagResource", "events.ListTagsForResource")
def test_rules_and_buses_carry_tags(aws, bus):
    rule = put(aws, "r", EventBusName=bus, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])["RuleArn"]
    assert tags(aws, rule) == {"a": "1", "b": ""}
    for arn in (rule, aws.bus_arn(bus)):
        aws.events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "c", "Value": "3"}])
        aws.events.untag_resource(ResourceARN=arn, TagKeys=["b", "never-there"])
        assert tags(aws, arn) == {"a": "2", "c": "3"}


@covers("events.TagResource")
def test_tags_survive_a_replacement_and_a_replacement_ignores_its_own(aws):
    rule = put(aws, "r", Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    put(aws, "r", Tags=[{"Key": "b", "Value": "2"}])
    assert tags(aws, rule) == {"a": "1"}


@covers("events.ListTagsForResource")
def test_tags_end_with_the_rule(aws):
    rule = put(aws, "r", Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    aws.events.delete_rule(Name="r")
    with refused("ResourceNotFoundException"):
        aws.events.list_tags_for_resource(ResourceARN=rule)
    put(aws, "r")
    assert tags(aws, rule) == {}


@covers("events.TagResource", "events.UntagResource", "events.ListTagsForResource")
def test_what_does_not_exist_cannot_be_tagged(aws):
    for arn in (aws.rule_arn("none"), aws.bus_arn("nowhere"), aws.rule_arn("none", "nowhere")):
        with refused("ResourceNotFoundException"):
            aws.events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}])
        with refused("ResourceNotFoundException"):
            aws.events.untag_resource(ResourceARN=arn, TagKeys=["a"])
        with refused("ResourceNotFoundException"):
            aws.events.list_tags_for_resource(ResourceARN=arn)


@covers("events.TagResource")
def test_fifty_tags_are_the_most(aws):
    rule = put(aws, "r")["RuleArn"]
    aws.events.tag_resource(ResourceARN=rule, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
    aws.events.tag_resource(ResourceARN=rule, Tags=[{"Key": "k0", "Value": "changed"}])
    with refused("LimitExceededException"):
        aws.events.tag_resource(ResourceARN=rule, Tags=[{"Key": "one-more", "Value": "v"}])
    assert len(tags(aws, rule)) == 50


@covers("events.TagResource")
def test_duplicate_and_oversize_tag_keys_are_refused(aws):
    rule = put(aws, "r")["RuleArn"]
    with refused("ValidationException"):
        aws.events.tag_resource(ResourceARN=rule, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    with refused("ValidationException", f"1 validation error detected: Value '{'k' * 129}' at 'tags.1.member.key' failed to satisfy "
                                        "constraint: Member must have length less than or equal to 128"):
        aws.events.tag_resource(ResourceARN=rule, Tags=[{"Key": "k" * 129, "Value": "1"}])
    assert tags(aws, rule) == {}


# --- what is not built yet --------------------------------------------------------------------------------------------------


def test_operations_not_built_yet_say_so_by_name_and_never_pretend(aws):
    for call, name in [(lambda: aws.events.list_endpoints(), "ListEndpoints"),
                       (lambda: aws.events.list_event_sources(), "ListEventSources"),
                       (lambda: aws.events.describe_endpoint(Name="e"), "DescribeEndpoint")]:
        try:
            call()
        except aws.events.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "UnknownOperationException"
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            assert name in error.response["Error"]["Message"]
