"""Our SigV4 signatures are botocore's, for some hundred made-up requests: every service we call, headers and queries with all that
is odd in them, temporary credentials, S3's rules beside everybody else's, headers and presigned URLs."""

import base64
import datetime
import json
import random
import subprocess
import urllib.parse

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from daemon import find_program

SEED = 20260102
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)
SERVICES = ["events", "sqs", "sns", "lambda", "logs", "kinesis", "firehose", "states", "sts", "execute-api"]
TEXT = "abcXYZ019-_.~ /:@!$&'()*,;=+%\"<>[]{}|\\^`äß日本\U0001F600"


def some_text(rng, length):
    return "".join(rng.choice(TEXT) for _ in range(rng.randint(0, length)))


def some_request(rng, service):
    scheme = rng.choice(["http", "https"])
    host = rng.choice(["localhost:4566", "127.0.0.1", f"{service}.eu-central-1.amazonaws.com", "example.com:443", "example.com:80"])
    path = "/" + "/".join(urllib.parse.quote(some_text(rng, 6), safe="") for _ in range(rng.randint(0, 3)))
    if service != "s3" and rng.random() < 0.3:
        path += rng.choice(["/", "//x", "/./y", "/a/../b", "/..", "/x//"])
    names = rng.sample(["Action", "Version", "a", "A", "b", "a-b", "key with blank", "ü"], rng.randint(0, 4))
    query = "&".join(f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(some_text(rng, 10), safe='-_.~')}" for name in names)
    headers = {"Content-Type": rng.choice(["application/x-amz-json-1.1", "application/x-amz-json-1.0", "text/plain; charset=utf-8"])}
    if rng.random() < 0.7:
        headers["X-Amz-Target"] = "AWSEvents.PutEvents"
    if rng.random() < 0.5:
        headers["X-Odd"] = "  two  blanks\t and a tab  "
    if rng.random() < 0.3:
        headers["User-Agent"] = "not signed"
    if rng.random() < 0.3:
        headers["X-Amzn-Trace-Id"] = "Root=1-67891233-abcdef012345678912345678"
    method = rng.choice(["GET", "POST", "PUT", "DELETE"])
    body = b"" if method == "GET" else some_text(rng, 200).encode()
    return method, f"{scheme}://{host}{path}" + (f"?{query}" if query else ""), headers, body


def some_credentials(rng):
    token = rng.choice([None, None, "FwoGZXIvYXdzE/+token=="])
    return Credentials(f"AKIA{rng.randint(0, 10**12):012d}", base64.b64encode(rng.randbytes(30)).decode(), token)


def cases():
    rng = random.Random(SEED)
    for _ in range(400):
        service = rng.choice(SERVICES)
        yield service, False, some_request(rng, service), some_credentials(rng), rng
    for _ in range(100):
        yield "s3", False, some_request(rng, "s3"), some_credentials(rng), rng
    for _ in range(200):
        service = rng.choice(SERVICES + ["s3"])
        method, url, headers, _ = some_request(rng, service)
        yield service, True, (method, url, headers, b""), some_credentials(rng), rng


def test_signatures_are_botocores(monkeypatch):
    program = find_program("sign-requests")
    assert program, "sign-requests is not built"
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: NOW, raising=False)
    if not hasattr(botocore.auth, "SIGV4_TIMESTAMP"):
        pytest.skip("this botocore cannot be told the time")

    lines, expected = [], []
    for service, presigned, (method, url, headers, body), credentials, rng in cases():
        s3 = service == "s3"
        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        line = {"method": method, "url": url, "headers": list(headers.items()), "body": base64.b64encode(body).decode(),
                "access_key": credentials.access_key, "secret_key": credentials.secret_key, "session_token": credentials.token or "",
                "region": "eu-central-1", "service": service, "time": int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp())}
        if presigned:
            line["expires"] = rng.choice([1, 900, 604800])
            signer = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
            signer(credentials, service, "eu-central-1", expires=line["expires"]).add_auth(request)
            expected.append(signature_in(request.url))
        else:
            signer = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
            if s3:
                request.context["payload_signing_enabled"] = True
            signer(credentials, service, "eu-central-1").add_auth(request)
            expected.append(request.headers["Authorization"])
        lines.append(json.dumps(line))
    assert len(lines) == 700

    printed = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout.splitlines()
    ours = [signature_in(line) if line.startswith("http") else line for line in printed]
    different = [f"{line}\n  botocore: {theirs}\n  ours:     {mine}"
                 for line, theirs, mine in zip(lines, expected, ours, strict=True) if theirs != mine]
    assert not different, f"{len(different)} of {len(lines)} differ:\n" + "\n".join(different[:5])


def signature_in(url):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-Signature"][0]
