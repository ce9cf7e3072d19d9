"""Fixtures of every Python suite: one daemon per test file, one AWS account per test."""

import pytest

from daemon import Daemon


@pytest.fixture(scope="module")
def daemon(request):
    """One eventbusd for the whole file. The file's `DAEMON_ARGUMENTS` are its flags; without them nothing is written to disk. Its
    `DAEMON_WRAPPER`, if any, is put before the command."""
    arguments = getattr(request.module, "DAEMON_ARGUMENTS", ["--durability", "memory"])
    with Daemon(arguments, wrapper=getattr(request.module, "DAEMON_WRAPPER", ())) as running:
        yield running
        assert running.alive(), f"eventbusd died during the tests\n{running.log_tail()}"


@pytest.fixture
def aws(daemon):
    """A fresh account on the file's daemon."""
    from aws_clients import Aws

    return Aws(daemon.endpoint)
