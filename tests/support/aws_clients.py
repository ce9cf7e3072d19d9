"""boto3 clients for a daemon: any account, any region, no retries, and AWS's own answer when the client would refuse to ask.

Each test takes an account of its own (`new_account`), so tests on one daemon never see one another's buses and queues.
"""

import itertools
import json
import os
import random

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")

DEFAULT_REGION = "us-east-1"
BOTOCORE_VERSION = tuple(int(part) for part in botocore.__version__.split(".")[:2])
SPEAKS_QUERY = BOTOCORE_VERSION < (1, 31)  # SQS by XML, 20 operations, no UpdateEventBus: Debian 12's own client

_session = boto3.session.Session()
_accounts = itertools.count(random.randrange(100_000_000_000, 900_000_000_000))


def new_account():
    """A 12-digit account id not used before in this process (and hardly in another)."""
    return str(next(_accounts))


class Aws:
    """The services of one daemon as one account in one region sees them."""

    def __init__(self, endpoint, account=None, region=DEFAULT_REGION):
        self.endpoint = endpoint
        self.account = account or new_account()
        self.region = region
        self._clients = {}

    def client(self, service, checked=True, **config):
        """`checked=False` sends what boto3 would have refused, so that the daemon's own refusal is seen."""
        key = (service, checked, repr(sorted(config.items())))
        if key not in self._clients:
            settings = dict(retries={"max_attempts": 0}, parameter_validation=checked, connect_timeout=5, read_timeout=60,
                            max_pool_connections=50)
            settings.update(config)
            self._clients[key] = _session.client(
                service, endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id=self.account,
                aws_secret_access_key="secret", config=Config(**settings))
        return self._clients[key]

    @property
    def events(self):
        return self.client("events")

    @property
    def sqs(self):
        return self.client("sqs")

    @property
    def sts(self):
        return self.client("sts")

    @property
    def unchecked_events(self):
        return self.client("events", checked=False)

    @property
    def unchecked_sqs(self):
        return self.client("sqs", checked=False)

    def elsewhere(self, account=None, region=None):
        """The same daemon seen from another account or region."""
        return Aws(self.endpoint, account or self.account, region or self.region)

    # --- what most tests need -------------------------------------------------------------------------------------------------

    def bus_arn(self, name="default"):
        return f"arn:aws:events:{self.region}:{self.account}:event-bus/{name}"

    def rule_arn(self, name, bus="default"):
        path = name if bus == "default" else f"{bus}/{name}"
        return f"arn:aws:events:{self.region}:{self.account}:rule/{path}"

    def queue_arn(self, name):
        return f"arn:aws:sqs:{self.region}:{self.account}:{name}"

    def create_queue(self, name, **attributes):
        url = self.sqs.create_queue(QueueName=name, Attributes={key: str(value) for key, value in attributes.items()})["QueueUrl"]
        return Queue(self, name, url)

    def rule_to_queue(self, name, pattern, queue, bus=None, **target):
        """A rule with this pattern and one target: the queue."""
        where = {"EventBusName": bus} if bus else {}
        self.events.put_rule(Name=name, EventPattern=as_json(pattern), **where)
        answer = self.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn, **target}], **where)
        assert answer["FailedEntryCount"] == 0, answer
        return self.rule_arn(name, bus or "default")

    def put(self, source="test", detail_type="thing", detail="{}", bus=None, **entry):
        """Puts one event that must be accepted: its id."""
        entry.update(Source=source, DetailType=detail_type, Detail=as_json(detail))
        if bus:
            entry["EventBusName"] = bus
        answer = self.events.put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer
        return answer["Entries"][0]["EventId"]


class Queue:
    """A queue and the few things tests do with it."""

    def __init__(self, aws, name, url):
        self.aws = aws
        self.name = name
        self.url = url
        self.arn = aws.queue_arn(name)

    def send(self, body, **parameters):
        return self.aws.sqs.send_message(QueueUrl=self.url, MessageBody=body, **parameters)

    def receive(self, count=10, wait=0, **parameters):
        """One ReceiveMessage with all attributes: the list of messages, maybe empty."""
        return self.aws.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=count, WaitTimeSeconds=wait,
                                            AttributeNames=["All"], MessageAttributeNames=["All"],
                                            **parameters).get("Messages", [])

    def bodies(self, count=10, wait=0):
        """What is receivable now, received and deleted."""
        messages = self.receive(count, wait)
        for message in messages:
            self.delete(message)
        return [message["Body"] for message in messages]

    def body(self, wait=2):
        """The one message that is there (delivery to a local queue is part of PutEvents, so it is there at once)."""
        bodies = self.bodies(wait=wait)
        assert len(bodies) == 1, f"expected one message, got {bodies}"
        return bodies[0]

    def delete(self, message):
        self.aws.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def attributes(self, *names):
        return self.aws.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(names) or ["All"]).get("Attributes", {})

    def set(self, **attributes):
        self.aws.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={key: str(value) for key, value in attributes.items()})

    def depth(self):
        """(visible, in flight, delayed)"""
        values = self.attributes("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                                 "ApproximateNumberOfMessagesDelayed")
        return tuple(int(values["ApproximateNumberOfMessages" + suffix]) for suffix in ("", "NotVisible", "Delayed"))


def as_json(value):
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


class refused:
    """`with refused("ValidationException", "text"):` — the block must raise a ClientError of that code (or of one of a tuple of
    codes, where sources differ); with a text, the message must be exactly that (or begin with it, when it ends with an ellipsis).
    The error is kept in `.error`, the reply's headers and status in `.status` and `.headers`."""

    def __init__(self, code, message=None, status=400):
        self.codes = (code,) if isinstance(code, str) else code
        self.message, self.expected_statuses = message, (status,) if isinstance(status, int) else status

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        assert error is not None, f"expected {self.codes}, but the call succeeded"
        if not isinstance(error, ClientError):
            return False
        self.error = error.response["Error"]
        metadata = error.response["ResponseMetadata"]
        self.status, self.headers = metadata["HTTPStatusCode"], metadata["HTTPHeaders"]
        assert self.error["Code"] in self.codes, f"expected {self.codes}, got {self.error}"
        assert self.status in self.expected_statuses, f"expected HTTP {self.expected_statuses}, got {self.status}: {self.error}"
        text = self.error.get("Message", "")
        if self.message is not None and self.message.endswith("…"):
            assert text.startswith(self.message[:-1]), f"expected a text that begins with\n  {self.message[:-1]}\ngot\n  {text}"
        elif self.message is not None:
            assert text == self.message, f"expected the text\n  {self.message}\ngot\n  {text}"
        return True
