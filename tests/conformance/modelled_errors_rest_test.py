"""Each error of the models of EventBridge Schemas and EventBridge Scheduler (tests/support/modelled_errors.py)."""

import pytest

from modelled_errors import (ELSEWHERE, Cases, arn, causes_of, changes_of, check_that_each_is_made_or_named, check_the_cause,
                             check_the_change, world)  # noqa: F401

# Quotas that can be reached with one thing of each.
ARGUMENTS = ["--durability", "sync", "--schema-registries-per-region", "2", "--schema-discoverers-per-region", "1",
             "--schedules-per-region", "1", "--schedule-groups-per-region", "1"]

OBJECT = '{"type": "object"}'
OWN = {"RegistryName": "aws.events", "SchemaName": "aws.s3@ObjectCreated"}  # of AWS: everybody's to read, nobody's to change
POLICY = '{"Statement": []}'
ROLE = "arn:aws:iam::000000000000:role/scheduler"


def in_r(**members):
    return {"RegistryName": "r", **members}


def of_s(**members):
    return in_r(SchemaName="s", **members)


def schedule(name, **members):
    return {"Name": name, "ScheduleExpression": "rate(1 day)", "State": "DISABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": arn("sqs", "q"), "RoleArn": ROLE}, **members}


CAUSES = {
    "schemas": {
        "CreateDiscoverer": {
            "BadRequestException": {"SourceArn": arn("events", "event-bus/none")},
            "ConflictException": {"SourceArn": arn("events", "event-bus/default")},
            "ForbiddenException": {"SourceArn": arn("events", "event-bus/second")}},
        "CreateRegistry": {
            "BadRequestException": {"RegistryName": "no blanks"},
            "ConflictException": in_r(),
            "ForbiddenException": {"RegistryName": "third"}},
        "CreateSchema": {
            "BadRequestException": in_r(SchemaName="new", Content="{", Type="OpenApi3"),
            "ForbiddenException": {**OWN, "Content": OBJECT, "Type": "JSONSchemaDraft4"}},
        "DeleteDiscoverer": {"NotFoundException": {"DiscovererId": "none"}},
        "DeleteRegistry": {
            "BadRequestException": in_r(),
            "ForbiddenException": {"RegistryName": "aws.events"},
            "NotFoundException": {"RegistryName": "none"}},
        "DeleteResourcePolicy": {
            "BadRequestException": {},
            "ForbiddenException": {"RegistryName": "aws.events"},
            "NotFoundException": {"RegistryName": "discovered-schemas"}},
        "DeleteSchema": {"ForbiddenException": OWN, "NotFoundException": in_r(SchemaName="none")},
        "DeleteSchemaVersion": {
            "BadRequestException": of_s(SchemaVersion="first"),
            "ForbiddenException": {**OWN, "SchemaVersion": "1"},
            "NotFoundException": of_s(SchemaVersion="9")},
        "DescribeCodeBinding": {
            "BadRequestException": of_s(Language="Cobol"), "NotFoundException": of_s(Language="Go1")},
        "DescribeDiscoverer": {"NotFoundException": {"DiscovererId": "none"}},
        "DescribeRegistry": {"NotFoundException": {"RegistryName": "none"}},
        "DescribeSchema": {
            "BadRequestException": of_s(SchemaVersion="first"), "NotFoundException": in_r(SchemaName="none")},
        "ExportSchema": {
            "BadRequestException": of_s(Type="JSONSchemaDraft4"),
            "NotFoundException": {"RegistryName": "aws.events", "SchemaName": "none", "Type": "JSONSchemaDraft4"}},
        "GetCodeBindingSource": {
            "BadRequestException": of_s(Language="Cobol"), "NotFoundException": of_s(Language="Go1")},
        "GetDiscoveredSchema": {"BadRequestException": {"Events": ["[]"], "Type": "OpenApi3"}},
        "GetResourcePolicy": {"BadRequestException": {}, "NotFoundException": {"RegistryName": "discovered-schemas"}},
        "ListDiscoverers": {"BadRequestException": {"NextToken": "nonsense"}},
        "ListRegistries": {"BadRequestException": {"NextToken": "nonsense"}},
        "ListSchemaVersions": {
            "BadRequestException": of_s(NextToken="nonsense"), "NotFoundException": in_r(SchemaName="none")},
        "ListSchemas": {"BadRequestException": in_r(NextToken="nonsense")},
        "ListTagsForResource": {
            "BadRequestException": {"ResourceArn": arn("schemas", "thing/x")},
            "ForbiddenException": {"ResourceArn": arn("schemas", "registry/r", ELSEWHERE)},
            "NotFoundException": {"ResourceArn": arn("schemas", "registry/none")}},
        "PutCodeBinding": {
            "BadRequestException": of_s(Language="Cobol"),
            "GoneException": of_s(Language="Go1", SchemaVersion="1"),
            "NotFoundException": of_s(Language="Go1", SchemaVersion="9")},
        "PutResourcePolicy": {
            "BadRequestException": in_r(Policy="{}"),
            "ForbiddenException": {"RegistryName": "aws.events", "Policy": POLICY},
            "NotFoundException": {"RegistryName": "none", "Policy": POLICY},
            "PreconditionFailedException": in_r(Policy=POLICY, RevisionId="another")},
        "SearchSchemas": {"BadRequestException": in_r(Keywords=" ")},
        "StartDiscoverer": {"NotFoundException": {"DiscovererId": "none"}},
        "StopDiscoverer": {"NotFoundException": {"DiscovererId": "none"}},
        "TagResource": {
            "BadRequestException": {"ResourceArn": arn("schemas", "registry/r"), "Tags": {str(n): "" for n in range(51)}},
            "ForbiddenException": {"ResourceArn": arn("schemas", "registry/r", ELSEWHERE), "Tags": {"a": "b"}},
            "NotFoundException": {"ResourceArn": arn("schemas", "registry/none"), "Tags": {"a": "b"}}},
        "UntagResource": {
            "BadRequestException": {"ResourceArn": arn("schemas", "thing/x"), "TagKeys": ["a"]},
            "ForbiddenException": {"ResourceArn": arn("schemas", "registry/r", ELSEWHERE), "TagKeys": ["a"]},
            "NotFoundException": {"ResourceArn": arn("schemas", "registry/none"), "TagKeys": ["a"]}},
        "UpdateDiscoverer": {
            "BadRequestException": {"DiscovererId": "events-event-bus-default", "Description": "x" * 257},
            "NotFoundException": {"DiscovererId": "none", "Description": "x"}},
        "UpdateRegistry": {
            "BadRequestException": in_r(Description="x" * 257),
            "ForbiddenException": {"RegistryName": "aws.events", "Description": "x"},
            "NotFoundException": {"RegistryName": "none", "Description": "x"}},
        "UpdateSchema": {
            "BadRequestException": of_s(Content="{"),
            "ForbiddenException": {**OWN, "Content": OBJECT},
            "NotFoundException": in_r(SchemaName="none", Content=OBJECT)},
    },
    "scheduler": {
        "CreateSchedule": {
            "ConflictException": schedule("s"),
            "ResourceNotFoundException": schedule("new", GroupName="none"),
            "ServiceQuotaExceededException": schedule("second"),
            "ValidationException": schedule("new", ScheduleExpression="rate(0 days)")},
        "CreateScheduleGroup": {
            "ConflictException": {"Name": "g"},
            "ServiceQuotaExceededException": {"Name": "second"},
            "ValidationException": {"Name": "default"}},
        "DeleteSchedule": {"ResourceNotFoundException": {"Name": "none"}, "ValidationException": {"Name": "a b"}},
        "DeleteScheduleGroup": {"ResourceNotFoundException": {"Name": "none"}, "ValidationException": {"Name": "default"}},
        "GetSchedule": {"ResourceNotFoundException": {"Name": "none"}, "ValidationException": {"Name": "a b"}},
        "GetScheduleGroup": {"ResourceNotFoundException": {"Name": "none"}, "ValidationException": {"Name": "a b"}},
        "ListScheduleGroups": {"ValidationException": {"NextToken": "nonsense"}},
        "ListSchedules": {"ResourceNotFoundException": {"GroupName": "none"}, "ValidationException": {"NextToken": "nonsense"}},
        "ListTagsForResource": {
            "ResourceNotFoundException": {"ResourceArn": arn("scheduler", "schedule-group/none")},
            "ValidationException": {"ResourceArn": arn("scheduler", "schedule/default/s")}},
        "TagResource": {
            "ResourceNotFoundException": {"ResourceArn": arn("scheduler", "schedule-group/none"), "Tags": []},
            "ValidationException": {"ResourceArn": arn("scheduler", "schedule-group/g"),
                                    "Tags": [{"Key": str(n), "Value": "v"} for n in range(51)]}},
        "UntagResource": {
            "ResourceNotFoundException": {"ResourceArn": arn("scheduler", "schedule-group/none"), "TagKeys": ["a"]},
            "ValidationException": {"ResourceArn": arn("scheduler", "schedule/default/s"), "TagKeys": ["a"]}},
        "UpdateSchedule": {
            "ResourceNotFoundException": schedule("none"),
            "ValidationException": schedule("s", ScheduleExpression="rate(0 days)")},
    },
}

CHANGES = {
    "schemas": {
        "UpdateRegistry": in_r(Description="new"),
        "CreateSchema": in_r(SchemaName="new", Content=OBJECT, Type="JSONSchemaDraft4"),
        "UpdateSchema": of_s(Content='{"type": "array"}'),
        "PutCodeBinding": of_s(Language="Go1"),
        "PutResourcePolicy": in_r(Policy=POLICY),
        "DeleteResourcePolicy": in_r(),
        "TagResource": {"ResourceArn": arn("schemas", "registry/r"), "Tags": {"a": "b"}},
        "UntagResource": {"ResourceArn": arn("schemas", "registry/r"), "TagKeys": ["a"]},
        "StopDiscoverer": {"DiscovererId": "events-event-bus-default"},
        "StartDiscoverer": {"DiscovererId": "events-event-bus-default"},
        "UpdateDiscoverer": {"DiscovererId": "events-event-bus-default", "Description": "new"},
        "DeleteDiscoverer": {"DiscovererId": "events-event-bus-default"},
        "CreateDiscoverer": {"SourceArn": arn("events", "event-bus/second")},
        "DeleteSchemaVersion": of_s(SchemaVersion="2"),
        "DeleteSchema": of_s(),
        "DeleteRegistry": {"RegistryName": "empty"},
        "CreateRegistry": {"RegistryName": "third"},
    },
    "scheduler": {
        "UpdateSchedule": schedule("s", Description="new"),
        "TagResource": {"ResourceArn": arn("scheduler", "schedule-group/g"), "Tags": [{"Key": "a", "Value": "b"}]},
        "UntagResource": {"ResourceArn": arn("scheduler", "schedule-group/g"), "TagKeys": ["a"]},
        "DeleteSchedule": {"Name": "s"},
        "CreateSchedule": schedule("new"),
        "DeleteScheduleGroup": {"Name": "g"},
        "CreateScheduleGroup": {"Name": "new"},
    },
}

SERVICES = {
    "schemas": Cases("docs/schemas.md", CAUSES["schemas"], CHANGES["schemas"], "ServiceUnavailableException"),
    # AWS: of the errors all services share, for the model has none of its own.
    "scheduler": Cases("docs/scheduler.md", CAUSES["scheduler"], CHANGES["scheduler"], "ServiceUnavailable"),
}


def populate(aws):
    aws.events.create_event_bus(Name="second")
    schemas, scheduler = aws.client("schemas"), aws.client("scheduler")
    schemas.create_discoverer(SourceArn=aws.bus_arn())
    for name in ("r", "empty"):
        schemas.create_registry(RegistryName=name)
    schemas.create_schema(Content=OBJECT, Type="JSONSchemaDraft4", **of_s())
    schemas.update_schema(Content='{"type": "string"}', **of_s())
    schemas.delete_schema_version(SchemaVersion="1", **of_s())
    schemas.put_resource_policy(Policy=POLICY, **in_r())
    scheduler.create_schedule_group(Name="g")
    scheduler.create_schedule(**schedule("s"))


@pytest.mark.parametrize("service", SERVICES)
def test_each_error_of_the_model_is_made_here_or_named_as_never_raised(service):
    check_that_each_is_made_or_named(service, SERVICES[service])


@pytest.mark.parametrize("service, operation, error", causes_of(SERVICES))
def test_an_error_has_its_cause(world, service, operation, error):
    check_the_cause(world, service, SERVICES[service], operation, error)


@pytest.mark.parametrize("service, operation", changes_of(SERVICES))
def test_a_change_that_cannot_be_stored_is_unavailable_and_succeeds_when_the_sdk_tries_again(world, service, operation):
    check_the_change(world, service, SERVICES[service], operation)
