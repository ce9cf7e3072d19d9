"""Fixtures for suites whose functions are invoked at a receiver of the test's: import `functions`, `daemon` and `aws` by name."""

import pytest

from aws_clients import Aws
from daemon import Daemon
from scripted_receiver import ScriptedReceiver


@pytest.fixture(scope="module")
def functions():
    """What stands where Lambda would."""
    with ScriptedReceiver() as running:
        yield running


@pytest.fixture(scope="module")
def daemon(functions):
    """Retries come quickly, so that tests need not wait for them."""
    arguments = ["--durability", "memory", "--lambda-endpoint", functions.url, "--retry-delay-base", "20ms", "--retry-delay-max", "50ms"]
    with Daemon(arguments) as running:
        yield running


@pytest.fixture
def aws(daemon, functions):
    functions.answers.clear()
    functions.received.clear()
    return Aws(daemon.endpoint)
