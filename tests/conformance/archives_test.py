"""Archives as clients manage them (eventbridge-behaviour §16); what can be done with their events: replays_test.py."""

import json
import re

import pytest

from aws_cli import Cli
from aws_clients import Aws, refused
from daemon import Daemon

covers = pytest.mark.covers
FORCED = "{} is a managed rule. Set 'force' parameter to true to override."


def create(aws, name="all", bus="default", **more):
    return aws.events.create_archive(ArchiveName=name, EventSourceArn=aws.bus_arn(bus), **more)


def described(aws, name="all"):
    answer = aws.events.describe_archive(ArchiveName=name)
    answer.pop("ResponseMetadata")
    return answer


def names(answer):
    return [archive["ArchiveName"] for archive in answer["Archives"]]


def force_away(aws, rule, **where):
    aws.events.remove_targets(Rule=rule, Ids=[rule], Force=True, **where)
    aws.events.delete_rule(Name=rule, Force=True, **where)


@covers("events.CreateArchive", "events.DescribeArchive", "events.DeleteArchive")
def test_an_archive_is_enabled_at_once_and_described_as_it_was_made(aws):
    created = create(aws, Description="all", EventPattern='{"source":["a"]}', RetentionDays=7, KmsKeyIdentifier="alias/k")
    arn = f"arn:aws:events:{aws.region}:{aws.account}:archive/all"
    assert (created["ArchiveArn"], created["State"]) == (arn, "ENABLED")
    assert "StateReason" not in created
    assert described(aws) == {
        "ArchiveArn": arn, "ArchiveName": "all", "EventSourceArn": aws.bus_arn(), "Description": "all", "EventPattern": '{"source":["a"]}',
        "State": "ENABLED", "RetentionDays": 7, "KmsKeyIdentifier": "alias/k", "SizeBytes": 0, "EventCount": 0,
        "CreationTime": created["CreationTime"]}
    aws.events.delete_archive(ArchiveName="all")
    with refused("ResourceNotFoundException", "Archive all does not exist."):
        described(aws)


@covers("events.CreateArchive", "events.DescribeArchive")
def test_it_counts_what_its_pattern_wants_and_says_so_at_once(aws):
    create(aws)
    create(aws, "some", EventPattern='{"source":["a"]}')
    for number in range(20):
        aws.put(source="ab"[number % 2], detail={"number": number})
    assert described(aws)["EventCount"] == 20
    assert described(aws, "some")["EventCount"] == 10
    assert described(aws)["SizeBytes"] == 2 * described(aws, "some")["SizeBytes"] > 20 * 150


@covers("events.CreateArchive")
def test_only_its_own_bus_counts(aws):
    aws.events.create_event_bus(Name="orders")
    create(aws, "orders", "orders")
    aws.put()
    aws.put(bus="orders")
    assert described(aws, "orders")["EventCount"] == 1
    assert described(aws.elsewhere(), "orders")["EventCount"] == 1
    with refused("ResourceNotFoundException", "Archive orders does not exist."):
        described(aws.elsewhere(region="eu-west-1"), "orders")


@covers("events.CreateArchive")
@pytest.mark.parametrize("input, error, message", [
    ({"EventSourceArn": "nope"}, "ResourceNotFoundException", "Event bus nope does not exist."),
    ({"EventSourceArn": "arn:aws:events:us-east-1:000000000000:rule/r"}, "ValidationException",
     "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN."),
    ({"EventPattern": "{}"}, "InvalidEventPatternException", "Event pattern is not valid. Reason: …"),
    ({"EventPattern": '{"source":"a"}'}, "InvalidEventPatternException", "Event pattern is not valid. Reason: …"),
    ({"ArchiveName": "a" * 49}, "ValidationException", f"1 validation error detected: Value '{'a' * 49}' at 'archiveName' failed to satisfy constraint: Member must have length …"),
    ({"RetentionDays": -1}, "ValidationException", "1 validation error detected: Value '-1' at 'retentionDays' failed to satisfy constraint: Member must have value …"),
], ids=["bus", "no-bus-arn", "empty-pattern", "bad-pattern", "name", "retention"])
def test_what_cannot_be_is_refused(aws, input, error, message):
    if input.get("EventSourceArn") == "nope":
        input = {"EventSourceArn": aws.bus_arn("nope")}
    with refused(error, message):
        aws.unchecked_events.create_archive(**{"ArchiveName": "all", "EventSourceArn": aws.bus_arn(), **input})
    assert names(aws.events.list_archives()) == []


@covers("events.CreateArchive")
def test_a_name_is_taken_once(aws):
    create(aws)
    with refused("ResourceAlreadyExistsException", "Archive all already exists."):
        create(aws)


@covers("events.CreateArchive")
def test_its_rule_counts_among_the_rules_of_the_bus(aws):
    for number in range(300):
        aws.events.put_rule(Name=f"r{number}", EventPattern='{"source":["a"]}')
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        create(aws)


@covers("events.UpdateArchive")
def test_an_update_changes_what_it_names(aws):
    create(aws, Description="d", EventPattern='{"source":["a"]}', RetentionDays=7)
    aws.put(source="a")
    updated = aws.events.update_archive(ArchiveName="all", KmsKeyIdentifier="alias/k")
    assert updated["State"] == "ENABLED" and updated["ArchiveArn"].endswith(":archive/all")
    assert described(aws)["Description"] == "d"
    aws.events.update_archive(ArchiveName="all", EventPattern='{"source":["b"]}')
    aws.put(source="a")
    aws.put(source="b")
    assert described(aws)["EventCount"] == 2
    aws.events.update_archive(ArchiveName="all", Description="", EventPattern="", RetentionDays=0, KmsKeyIdentifier="")
    assert {"Description", "EventPattern", "KmsKeyIdentifier"}.isdisjoint(described(aws))
    assert described(aws)["RetentionDays"] == 0
    aws.put(source="c")
    assert described(aws)["EventCount"] == 3


@covers("events.UpdateArchive")
def test_an_update_that_is_refused_changes_nothing(aws):
    create(aws, Description="d")
    with refused("ValidationException", "At least one of EventPattern, RetentionDays or Description must be provided."):
        aws.events.update_archive(ArchiveName="all")
    with refused("InvalidEventPatternException", "Event pattern is not valid. Reason: …"):
        aws.events.update_archive(ArchiveName="all", Description="new", EventPattern="[")
    assert described(aws)["Description"] == "d"
    with refused("ResourceNotFoundException", "Archive nope does not exist."):
        aws.events.update_archive(ArchiveName="nope", Description="d")
    with refused("InvalidEventPatternException", "Event pattern is not valid. Reason: …"):
        aws.events.update_archive(ArchiveName="nope", EventPattern="[")


@covers("events.ListArchives")
def test_listing_by_one_filter_in_pages(aws):
    aws.events.create_event_bus(Name="orders")
    for name in ("c", "a", "b"):
        create(aws, name)
    create(aws, "b-orders", "orders")
    assert names(aws.events.list_archives()) == ["a", "b", "b-orders", "c"]
    assert names(aws.events.list_archives(NamePrefix="b")) == ["b", "b-orders"]
    assert names(aws.events.list_archives(EventSourceArn=aws.bus_arn("orders"))) == ["b-orders"]
    assert names(aws.events.list_archives(State="DISABLED")) == []
    first = aws.events.list_archives(Limit=3)
    assert names(first) == ["a", "b", "b-orders"]
    assert set(first["Archives"][0]) == {"ArchiveName", "EventSourceArn", "State", "RetentionDays", "SizeBytes", "EventCount", "CreationTime"}
    assert names(aws.events.list_archives(Limit=1, NextToken=first["NextToken"])) == ["c"]
    with refused("ValidationException", "Parameter NextToken is not valid. Reason: Token invalid."):
        aws.events.list_archives(NamePrefix="b", NextToken=first["NextToken"])
    with refused("ValidationException",
                 "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."):
        aws.events.list_archives(NamePrefix="b", State="ENABLED")
    with refused("ResourceNotFoundException", "Event bus nope does not exist."):
        aws.events.list_archives(EventSourceArn=aws.bus_arn("nope"))


@covers("events.DescribeArchive", "events.DeleteArchive")
def test_what_is_not_there(aws):
    with refused("ResourceNotFoundException", "Archive nope does not exist."):
        described(aws, "nope")
    with refused("ResourceNotFoundException", "Archive nope does not exist."):
        aws.events.delete_archive(ArchiveName="nope")


@covers("events.CreateArchive", "events.DescribeRule", "events.ListTargetsByRule")
def test_the_managed_rule_is_awss_own(aws):
    aws.events.create_event_bus(Name="orders")
    create(aws, "orders", "orders", EventPattern='{"source":["a"]}')
    rule = aws.events.describe_rule(Name="Events-Archive-orders", EventBusName="orders")
    assert rule["ManagedBy"] == "prod.vhs.events.aws.internal"
    assert rule["EventPattern"] == '{"replay-name":[{"exists":false}],"source":["a"]}'
    with refused("ManagedRuleException", "Tag related operations on the managed rule Events-Archive-orders is not allowed."):
        aws.events.list_tags_for_resource(ResourceARN=rule["Arn"])
    target, = aws.events.list_targets_by_rule(Rule="Events-Archive-orders", EventBusName="orders")["Targets"]
    template = target["InputTransformer"].pop("InputTemplate")
    assert target == {"Id": "Events-Archive-orders", "Arn": f"arn:aws:events:{aws.region}:::", "InputTransformer": {"InputPathsMap": {}}}
    archive = re.escape(f"arn:aws:events:{aws.region}:{aws.account}:archive/orders")
    assert re.fullmatch(r'\{"archive-arn": "' + archive + r':[0-9a-f-]{36}","event": <aws\.events\.event\.json>,'
                        r'"ingestion-time": <aws\.events\.event\.ingestion-time>\}', template)


@covers("events.DeleteRule", "events.RemoveTargets", "events.UpdateArchive", "events.DeleteEventBus")
def test_force_disables_the_archive_and_an_update_repairs_it(aws):
    aws.events.create_event_bus(Name="orders")
    create(aws, "orders", "orders")
    rule, where = "Events-Archive-orders", {"EventBusName": "orders"}
    with refused("ManagedRuleException", FORCED.format(rule)):
        aws.events.delete_rule(Name=rule, **where)
    with refused("ManagedRuleException", FORCED.format(rule)):
        aws.events.remove_targets(Rule=rule, Ids=[rule], **where)
    for call in (aws.events.enable_rule, aws.events.disable_rule):
        with refused("ManagedRuleException", f"{rule} is a managed rule."):
            call(Name=rule, **where)
    with refused("ManagedRuleException", f"{rule} is a managed rule."):
        aws.events.put_rule(Name=rule, EventPattern='{"source":["a"]}', **where)
    with refused("ValidationException", "EventBus can't be deleted since it has rules."):
        aws.events.delete_event_bus(Name="orders")

    aws.put(bus="orders")
    force_away(aws, rule, **where)
    aws.put(bus="orders")
    gone = described(aws, "orders")
    assert (gone["State"], gone["StateReason"]) == ("DISABLED", "Managed rule for the archive was forcefully deleted.")
    assert gone["EventCount"] == 1
    assert names(aws.events.list_archives(State="DISABLED")) == ["orders"]

    assert aws.events.update_archive(ArchiveName="orders", RetentionDays=3)["State"] == "ENABLED"
    aws.put(bus="orders")
    assert described(aws, "orders")["EventCount"] == 2
    assert "StateReason" not in described(aws, "orders")

    force_away(aws, rule, **where)
    aws.events.delete_event_bus(Name="orders")  # an archive without its rule is no hindrance
    with refused("ResourceNotFoundException", "Event bus orders does not exist."):
        aws.events.update_archive(ArchiveName="orders", RetentionDays=4)
    aws.events.delete_archive(ArchiveName="orders")


@covers("events.DeleteArchive", "events.ListRules")
def test_deleting_takes_the_events_and_the_rule(aws):
    create(aws)
    aws.put()
    aws.events.delete_archive(ArchiveName="all")
    assert aws.events.list_rules()["Rules"] == []
    create(aws)
    assert described(aws)["EventCount"] == 0


@covers("events.CreateArchive", "events.DescribeArchive", "events.UpdateArchive", "events.ListArchives", "events.DeleteArchive")
def test_by_the_aws_cli(daemon):
    account = Aws(daemon.endpoint).account
    cli = Cli(daemon.endpoint, account)
    if not cli.program:
        pytest.skip("the AWS CLI is not installed")
    bus = f"arn:aws:events:us-east-1:{account}:event-bus/default"
    created = cli("events", "create-archive", "--archive-name", "cli", "--event-source-arn", bus, "--event-pattern", {"source": ["cli"]},
                  "--retention-days", "7")
    assert created["State"] == "ENABLED"
    cli("events", "put-events", "--entries", [{"Source": "cli", "DetailType": "t", "Detail": "{}"}])
    cli("events", "update-archive", "--archive-name", "cli", "--description", "by hand")
    shown = cli("events", "describe-archive", "--archive-name", "cli")
    assert (shown["Description"], shown["EventCount"], shown["RetentionDays"]) == ("by hand", 1, 7)
    assert [archive["ArchiveName"] for archive in cli("events", "list-archives")["Archives"]] == ["cli"]
    cli("events", "delete-archive", "--archive-name", "cli")
    assert cli("events", "list-archives")["Archives"] == []


@covers("events.DescribeArchive")
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_everything_is_the_same_after_a_restart(how):
    with Daemon(["--durability", "sync"]) as daemon:
        aws = Aws(daemon.endpoint)
        create(aws, Description="d", EventPattern='{"source":["test"]}')
        create(aws, "other", RetentionDays=3)
        for number in range(30):
            aws.put(detail={"number": number})
        before = [described(aws, name) for name in ("all", "other")]
        getattr(daemon, how)()
        daemon.start()
        aws = Aws(daemon.endpoint, aws.account)
        assert [described(aws, name) for name in ("all", "other")] == before
        assert before[0]["EventCount"] == 30
        metrics = daemon.metrics()
        assert metrics["eventbus_archive_events"] == 60
        assert metrics["eventbus_archive_bytes"] == 2 * before[0]["SizeBytes"]
        assert metrics["eventbus_archive_enabled"] == 2
