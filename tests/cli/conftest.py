"""Fixtures of the tests of eventbusctl."""

import functools

import pytest

import eventbusctl


@pytest.fixture
def ctl(tmp_path):
    """ctl("match", "rules.json", stdin="…"): in a directory of the test's own."""
    return functools.partial(eventbusctl.run, cwd=tmp_path)
