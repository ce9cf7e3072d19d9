"""The errors that AWS's models give to the operations of a service: each is either made by a suite, by a real cause and through boto3, or
named, with the reason, in the table of the service's page of errors that are never raised. Nothing is in neither, and nothing in both.

A suite has SERVICES, {service: Cases}; the ARGUMENTS of its daemon; and populate(aws), which makes one of everything it asks about.
"""

import collections
import re
import subprocess

import pytest

from aws_clients import Aws, new_account, refused
from botocore import xform_name
from botocore.session import get_session
from daemon import PROJECT, Daemon, find_program
from file_size_limit import WRAPPER, FileSizeLimit

ACCOUNT, ELSEWHERE = new_account(), new_account()

# page: where the table is, "docs/x.md" or "docs/x.md#Section". causes: {operation: {error: what is asked for}}, of which nothing changes anything. changes: {operation: what
# is asked for}, which must be stored: without a disk it is `unavailable`; in its order all of it succeeds. elsewhere: {(operation,
# error): "file::test"}, of cases that take more than a request.
Cases = collections.namedtuple("Cases", "page causes changes unavailable elsewhere", defaults=({},))


def arn(service, resource, account=ACCOUNT):
    return f"arn:aws:{service}:us-east-1:{account}:{resource}"


def model(service):
    """{operation: {error: HTTP status}}, as botocore has it."""
    described = get_session().get_service_model(service)
    return {name: {shape.name: shape.metadata.get("error", {}).get("httpStatusCode") for shape in described.operation_model(name).error_shapes}
            for name in described.operation_names}


def never_raised(service, page):
    """{(operation, error)} of the page's table: | `Error` | `Operation`, `Operation` (or: all) | why |"""
    path, _, section = page.partition("#")
    text = (PROJECT / path).read_text(encoding="utf-8")
    if section:
        text = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
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


def ask(client, operation, parameters):
    return getattr(client, xform_name(operation))(**parameters)


class World:
    """A daemon whose disk can fail, and an account with one of everything."""

    def __init__(self, arguments):
        self.daemon = Daemon(arguments, wrapper=WRAPPER)

    def client(self, service, **config):
        return Aws(self.daemon.endpoint, ACCOUNT).client(service, checked=False, **config)


@pytest.fixture(scope="module")
def world(request):
    world = World(request.module.ARGUMENTS)
    with world.daemon:
        request.module.populate(Aws(world.daemon.endpoint, ACCOUNT))
        yield world
        assert world.daemon.alive(), world.daemon.log_tail()


def causes_of(services):
    return [(service, operation, error) for service, cases in services.items() for operation, errors in cases.causes.items()
            for error in errors]


def changes_of(services):
    return [(service, operation) for service, cases in services.items() for operation in cases.changes]


def implemented_operations(service):
    listed = subprocess.run([find_program("list-operations")], check=True, capture_output=True, text=True).stdout
    return {operation for name, operation, state in map(str.split, listed.splitlines()) if (name, state) == (service, "yes")}


def check_that_each_is_made_or_named(service, cases):
    implemented = implemented_operations(service)
    modelled = {(operation, error) for operation, errors in model(service).items() if operation in implemented for error in errors}
    unavailable = {(operation, cases.unavailable) for operation in cases.changes}
    here = {(operation, error) for operation, errors in cases.causes.items() for error in errors} | unavailable | set(cases.elsewhere)
    never = {each for each in never_raised(service, cases.page) if each[0] in implemented}
    for wrong, what in ((modelled - here - never, "neither have a case nor are documented"),
                        (here & never, "are raised, whatever the page says"),
                        ((here | never) - modelled - unavailable, "are no errors of these operations")):
        assert not wrong, f"{what}: {sorted(wrong)}"
    for (_, error), case in cases.elsewhere.items():
        file, test = case.split("::")
        body = (PROJECT / file).read_text(encoding="utf-8").split(f"def {test}(")[1].split("\ndef ")[0]
        assert error in body, f"{case} does not make {error}"


def check_the_cause(world, service, cases, operation, error):
    client = world.client(service)
    with refused(error, status=model(service)[operation][error] or 400) as refusal:
        ask(client, operation, cases.causes[operation][error])
    assert refusal.error["Message"]
    assert getattr(client.exceptions, error).__name__ == error  # as programs catch it


def check_the_change(world, service, cases, operation):
    """Refused for now while the disk takes nothing; done when an SDK, which knows by itself that this is worth another try, asks again."""
    parameters = cases.changes[operation]
    with FileSizeLimit(world.daemon.process.pid) as disk:
        with refused(cases.unavailable, status=(500, 503)) as refusal:
            ask(world.client(service), operation, parameters)
        assert refusal.error["Message"]

        attempts = []
        patient = world.client(service, retries={"mode": "standard", "total_max_attempts": 60})

        def attempt(**_):
            attempts.append(1)
            if len(attempts) == 2:
                disk.recover()

        patient.meta.events.register(f"before-send.{service}.{operation}", attempt)
        answer = ask(patient, operation, parameters)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] < 300 and len(attempts) >= 2
