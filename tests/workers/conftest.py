"""Fixtures of the worker's suites. They need transcription-worker, which ./test builds (ninja workers)."""

import pytest

from daemon import find_program


@pytest.fixture(scope="session", autouse=True)
def worker_is_built():
    program = find_program("transcription-worker")
    if program is None or not program.exists():
        pytest.skip("SKIPPED: transcription-worker is not built (ninja workers)")
