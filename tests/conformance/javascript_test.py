"""The AWS SDK for JavaScript v3 as the second current client: installs the pinned packages into the build folder and runs
conformance/javascript/suite.mjs with node's test runner. Skips where node or the npm registry is not to be had."""

import os
import subprocess

import pytest

from aws_clients import new_account
from javascript_client import javascript_client


@pytest.fixture(scope="module")
def installed():
    return javascript_client()


@pytest.mark.covers("events.PutEvents", "sqs.ReceiveMessage")
def test_the_javascript_sdk_is_content(installed, daemon):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(AWS_ENDPOINT_URL=daemon.endpoint, AWS_ACCESS_KEY_ID=new_account(), AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1",
                       AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    done = subprocess.run(["node", "--test", "suite.mjs"], cwd=installed, env=environment, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    assert "# pass 6" in done.stdout or "pass 6" in done.stdout, done.stdout
