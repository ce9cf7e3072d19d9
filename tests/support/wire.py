"""AWS requests by hand, over one kept-alive connection: for what no client would send, and for thousands of calls in a second.

Standard library only."""

import http.client
import json
import urllib.parse

from daemon import Reply

TARGET_PREFIXES = {"events": ("AWSEvents", "application/x-amz-json-1.1"), "sqs": ("AmazonSQS", "application/x-amz-json-1.0"),
                   "logs": ("Logs_20140328", "application/x-amz-json-1.1")}


def credential(service, account="000000000000", region="us-east-1"):
    """An Authorization header whose credential scope says account, region and service; the signature is nonsense."""
    return (f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")


class Wire:
    def __init__(self, endpoint, account="000000000000", region="us-east-1", timeout=30):
        host, port = endpoint.removeprefix("http://").split(":")
        self._connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
        self.account, self.region = account, region

    def close(self):
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, method, path, body=None, headers=None):
        """A Reply. A connection that the server has closed since is opened anew, once."""
        for attempt in (1, 2):
            try:
                self._connection.request(method, path, body, headers or {})
                response = self._connection.getresponse()
                return Reply(response.status, dict(response.getheaders()), response.read())
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def call(self, service, operation, body, headers=None):
        """An AWS JSON call; `body` is bytes, text or what json.dumps takes."""
        prefix, content_type = TARGET_PREFIXES[service]
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        return self.send("POST", "/", data, {
            "Content-Type": content_type, "X-Amz-Target": f"{prefix}.{operation}",
            "Authorization": credential(service, self.account, self.region), **(headers or {})})

    def query(self, service, action, parameters=None, method="POST", path="/", version="2012-11-05"):
        """An AWS Query call by POST (form body) or GET (query string)."""
        form = urllib.parse.urlencode({"Action": action, "Version": version, **(parameters or {})})
        headers = {"Authorization": credential(service, self.account, self.region)}
        if method == "GET":
            return self.send("GET", f"{path}?{form}", None, headers)
        return self.send("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **headers})


def json_body(reply):
    return json.loads(reply.body) if reply.body else {}
