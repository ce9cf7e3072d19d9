"""Waiting for what the daemon is about to bring about: never for a time, always for the thing itself."""

import time


def until(condition, seconds=20, what="it"):
    """What `condition` gives, once that is something; an AssertionError that names `what` when it does not come to be."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} never came to be"
        time.sleep(0.01)
    return value
