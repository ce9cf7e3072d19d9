"""The AWS SDK for JavaScript v3 as the second current client: installs the pinned packages into the build folder and runs
conformance/javascript/suite.mjs with node's test runner. Skips where node or the npm registry is not to be had."""

import os
import pathlib
import shutil
import subprocess

import pytest

from aws_clients import new_account
from daemon import PROJECT

HERE = pathlib.Path(__file__).resolve().parent / "javascript"


@pytest.fixture(scope="module")
def installed():
    """The folder with node_modules and the suite: made once per build folder and lock file."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    major = int(subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip("v \n").split(".")[0])
    if major < 18:
        pytest.skip(f"node {major} is too old for the SDK: 18 is needed")
    folder = pathlib.Path(os.environ.get("EVENTBUS_BUILD_DIR", PROJECT / "build")) / "javascript-client"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    for name in ("package.json", "package-lock.json", "suite.mjs"):
        shutil.copy(HERE / name, folder)
    stamp = folder / "installed-lock"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1", "--fetch-timeout", "20000"],
                              cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install the pinned SDK here: {done.stderr.strip().splitlines()[:1]}")
        stamp.write_text(lock, encoding="utf-8")
    return folder


@pytest.mark.covers("events.PutEvents", "sqs.ReceiveMessage")
def test_the_javascript_sdk_is_content(installed, daemon):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(AWS_ENDPOINT_URL=daemon.endpoint, AWS_ACCESS_KEY_ID=new_account(), AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1",
                       AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    done = subprocess.run(["node", "--test", "suite.mjs"], cwd=installed, env=environment, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    assert "# pass 6" in done.stdout or "pass 6" in done.stdout, done.stdout
