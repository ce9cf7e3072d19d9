"""The time of a daemon that runs with --virtual-clock."""

import datetime
import json

JSON = {"Content-Type": "application/json"}


class Clock:
    def __init__(self, daemon):
        self.daemon = daemon

    def post(self, **body):
        return self.daemon.request("POST", "/_eventbus/clock", json.dumps(body), JSON, timeout=body.get("limit", 0) + 100)

    def move(self, settled=True, **body):
        reply = self.post(**body)
        answer = json.loads(reply.body)
        assert reply.status == 200, reply
        assert answer["settled"] == settled, answer
        return answer

    def advance(self, by, **more):
        return self.move(advance=by, **more)

    @property
    def state(self):
        return json.loads(self.daemon.request("GET", "/_eventbus/clock").body)

    @property
    def now(self):
        return seconds_of(self.state["now"])


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
