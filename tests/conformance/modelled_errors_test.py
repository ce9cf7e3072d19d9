"""The errors that AWS's models give to the operations of the REST services: each is either made here, by a real cause and through
boto3, or named, with the reason, in the table of the service's page of errors that are never raised. Nothing is in neither, and
nothing in both."""

import re

import pytest

from aws_clients import Aws, new_account, refused
from botocore import xform_name
from botocore.session import get_session
from daemon import PROJECT, Daemon
from file_size_limit import WRAPPER, FileSizeLimit

PAGES = {"schemas": "docs/schemas.md", "scheduler": "docs/scheduler.md"}

# Quotas that can be reached with one thing of each.
ARGUMENTS = ["--durability", "sync", "--schema-registries-per-region", "2", "--schema-discoverers-per-region", "1",
             "--schedules-per-region", "1", "--schedule-groups-per-region", "1"]

OBJECT = '{"type": "object"}'
OWN = {"RegistryName": "aws.events", "SchemaName": "aws.s3@ObjectCreated"}  # of AWS: everybody's to read, nobody's to change
POLICY = '{"Statement": []}'
ROLE = "arn:aws:iam::000000000000:role/scheduler"
ACCOUNT = new_account()
ELSEWHERE = new_account()


def arn(service, resource, account=ACCOUNT):
    return f"arn:aws:{service}:us-east-1:{account}:{resource}"


def in_r(**members):
    return {"RegistryName": "r", **members}


def of_s(**members):
    return in_r(SchemaName="s", **members)


def schedule(name, **members):
    return {"Name": name, "ScheduleExpression": "rate(1 day)", "State": "DISABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": arn("sqs", "q"), "RoleArn": ROLE}, **members}


# {service: {operation: {error: what is asked for}}} — of `World`, in which nothing of this changes anything.
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

# What would succeed, and must be stored to do so: without a disk it is ServiceUnavailable. In this order all of it succeeds.
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
# AWS: of the errors all services share, where a model has none of its own for it.
UNAVAILABLE = {"schemas": "ServiceUnavailableException", "scheduler": "ServiceUnavailable"}


def model(service):
    """{operation: {error: HTTP status}}, as botocore has it."""
    described = get_session().get_service_model(service)
    return {name: {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in described.operation_model(name).error_shapes}
            for name in described.operation_names}


def never_raised(service):
    """{(operation, error)} of the page's table: | `Error` | `Operation`, `Operation` (or: all) | why |"""
    text = (PROJECT / PAGES[service]).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+(?:Exception|Unavailable))` \| (all|`.*?`) \| (.+) \|$", text, re.MULTILINE)
    assert rows and all(len(why) > 20 for _, _, why in rows), "there is no such table, or it gives no reasons"
    found = set()
    for error, operations, _ in rows:
        named = {name for name, errors in model(service).items() if error in errors} if operations == "all" else set(
            re.findall(r"`(\w+)`", operations))
        twice = {(name, error) for name in named} & found
        assert not twice, f"named twice: {twice}"
        found |= {(name, error) for name in named}
    return found


def raised(service):
    cases = {(operation, error) for operation, errors in CAUSES[service].items() for error in errors}
    return cases | {(operation, UNAVAILABLE[service]) for operation in CHANGES[service]}


@pytest.mark.parametrize("service", PAGES)
def test_each_error_of_the_model_is_made_here_or_named_as_never_raised(service):
    modelled = {(operation, error) for operation, errors in model(service).items() for error in errors}
    common = {(operation, UNAVAILABLE[service]) for operation in CHANGES[service]}
    here, never = raised(service), never_raised(service)
    assert modelled - here - never == set(), "neither has a case nor is documented"
    assert here & never == set(), "is raised, whatever the page says"
    assert (here | never) - modelled - common == set(), "is no error of that operation"


class World:
    """A daemon whose disk can fail, and an account with one of everything."""

    def __init__(self):
        self.daemon = Daemon(ARGUMENTS, wrapper=WRAPPER)

    def populate(self):
        self.aws = Aws(self.daemon.endpoint, ACCOUNT)
        self.aws.events.create_event_bus(Name="second")
        schemas, scheduler = self.client("schemas"), self.client("scheduler")
        schemas.create_discoverer(SourceArn=self.aws.bus_arn())
        for name in ("r", "empty"):
            schemas.create_registry(RegistryName=name)
        schemas.create_schema(Content=OBJECT, Type="JSONSchemaDraft4", **of_s())
        schemas.update_schema(Content='{"type": "string"}', **of_s())
        schemas.delete_schema_version(SchemaVersion="1", **of_s())
        schemas.put_resource_policy(Policy=POLICY, **in_r())
        scheduler.create_schedule_group(Name="g")
        scheduler.create_schedule(**schedule("s"))

    def client(self, service, **config):
        return self.aws.client(service, checked=False, **config)


@pytest.fixture(scope="module")
def world():
    world = World()
    with world.daemon:
        world.populate()
        yield world
        assert world.daemon.alive(), world.daemon.log_tail()


def ask(client, operation, parameters):
    return getattr(client, xform_name(operation))(**parameters)


@pytest.mark.parametrize("service, operation, error", [
    (service, operation, error) for service, operations in CAUSES.items() for operation, errors in operations.items() for error in errors])
def test_an_error_has_its_cause(world, service, operation, error):
    client = world.client(service)
    with refused(error, status=model(service)[operation][error]) as refusal:
        ask(client, operation, CAUSES[service][operation][error])
    assert refusal.error["Message"]
    # As programs catch it.
    assert getattr(client.exceptions, error).__name__ == error


@pytest.mark.parametrize("service, operation, parameters", [
    (service, operation, parameters) for service, changes in CHANGES.items() for operation, parameters in changes.items()])
def test_a_change_that_cannot_be_stored_is_unavailable_and_succeeds_when_the_sdk_tries_again(world, service, operation, parameters):
    with FileSizeLimit(world.daemon.process.pid) as disk:
        with refused(UNAVAILABLE[service], status=503) as refusal:
            ask(world.client(service), operation, parameters)
        assert refusal.error["Message"]

        # The disk is well again by the second attempt of an SDK, which knows by itself that a 503 is worth one.
        attempts = []
        patient = world.client(service, retries={"mode": "standard", "total_max_attempts": 60})
        name = f"before-send.{service}.{operation}"

        def attempt(**_):
            attempts.append(1)
            if len(attempts) == 2:
                disk.recover()

        patient.meta.events.register(name, attempt, unique_id=operation)
        try:
            answer = ask(patient, operation, parameters)
        finally:
            patient.meta.events.unregister(name, unique_id=operation)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] < 300 and len(attempts) >= 2
