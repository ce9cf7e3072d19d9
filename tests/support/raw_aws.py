"""AWS's JSON protocols over http.client: as fast as Python goes, one kept-alive connection, and the reply as it came.

The fault tests use it where boto3 would be too slow, would retry, or would hide what the daemon said.
"""

import http.client
import json

PROTOCOLS = {  # service: (target prefix, JSON version, service in the credential scope)
    "events": ("AWSEvents", "1.1", "events"),
    "sqs": ("AmazonSQS", "1.0", "sqs"),
}


class Gone(Exception):
    """The connection failed: whether the request was carried out is not known."""


class Refused(Exception):
    """An answer that is not 200: `status`, `code` (the error's name) and `message`."""

    def __init__(self, status, headers, body):
        super().__init__(f"{status} {body[:300]!r}")
        self.status, self.headers, self.body = status, headers, body
        try:
            fields = json.loads(body)
        except ValueError:
            fields = {}
        fields = fields if isinstance(fields, dict) else {}
        self.code = str(fields.get("__type", "")).rpartition("#")[2]
        self.message = fields.get("message", fields.get("Message", ""))


class RawAws:
    def __init__(self, port, account="000000000000", region="us-east-1", timeout=30):
        self.account, self.region = account, region
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def close(self):
        self._connection.close()

    def call(self, service, operation, **parameters):
        """The answer's fields. Raises Refused for an error answer and Gone when there was none."""
        prefix, version, scope = PROTOCOLS[service]
        headers = {
            "Content-Type": f"application/x-amz-json-{version}",
            "X-Amz-Target": f"{prefix}.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.account}/20260101/{self.region}/{scope}/aws4_request, "
                             "SignedHeaders=host, Signature=00",
        }
        try:
            self._connection.request("POST", "/", json.dumps(parameters), headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Gone(str(error)) from error
        if response.status != 200:
            raise Refused(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
        return json.loads(body) if body else {}

    # --- the few calls that several tests make ---------------------------------------------------------------------------------

    def create_queue(self, name, **attributes):
        return self.call("sqs", "CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def queue_arn(self, name):
        return f"arn:aws:sqs:{self.region}:{self.account}:{name}"

    def rule_to_queue(self, rule, pattern, queue_name):
        self.call("events", "PutRule", Name=rule, EventPattern=json.dumps(pattern))
        answer = self.call("events", "PutTargets", Rule=rule, Targets=[{"Id": "queue", "Arn": self.queue_arn(queue_name)}])
        assert answer["FailedEntryCount"] == 0, answer

    def receive(self, queue_url, count=10, wait=0):
        return self.call("sqs", "ReceiveMessage", QueueUrl=queue_url, MaxNumberOfMessages=count,
                         WaitTimeSeconds=wait).get("Messages") or []

    def delete(self, queue_url, messages):
        """DeleteMessageBatch; the ids (positions) that were deleted."""
        entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)]
        answer = self.call("sqs", "DeleteMessageBatch", QueueUrl=queue_url, Entries=entries)
        return [int(entry["Id"]) for entry in answer.get("Successful") or []]

    def depth(self, queue_url):
        """Messages visible, in flight and delayed together."""
        names = ["ApproximateNumberOfMessages" + suffix for suffix in ("", "NotVisible", "Delayed")]
        values = self.call("sqs", "GetQueueAttributes", QueueUrl=queue_url, AttributeNames=names)["Attributes"]
        return sum(int(values[name]) for name in names)
