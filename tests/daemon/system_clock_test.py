"""A daemon without --virtual-clock says so to who would move its time."""

import json

JSON = {"Content-Type": "application/json"}


def test_time_is_told_and_not_moved(daemon):
    state = json.loads(daemon.request("GET", "/_eventbus/clock").body)
    assert state["virtual"] is False and state["now"].startswith("2"), state
    reply = daemon.request("POST", "/_eventbus/clock", '{"advance": 60}', JSON)
    assert reply.status == 409 and "--virtual-clock" in json.loads(reply.body)["error"], reply
