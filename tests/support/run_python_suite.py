#!/usr/bin/env python3
"""Runs one pytest file with the client that was asked for: `run_python_suite.py current|debian|plain FILE [pytest arguments]`.

current  the newest client this machine can have: a Python on the PATH with boto3 >= 1.34; else a virtual environment under
         build/python-clients with the pinned versions of tests/conformance/requirements.txt, where PyPI answers; else Debian's
         python3-boto3, and the cases it is too old for are skipped by name.
debian   /usr/bin/python3 with Debian's python3-boto3: old, and its SQS speaks the Query protocol.
plain    no AWS client is needed.

pytest is Debian's (python3-pytest) wherever the chosen Python has none of its own. Exits 77 (ctest: skipped) where the asked-for
client cannot be had.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN_PACKAGES = "/usr/lib/python3/dist-packages"
SKIPPED = 77

LAUNCH = """
import sys
try:
    import pytest
except ImportError:
    sys.path.append({debian!r})
    import pytest
sys.exit(pytest.main(sys.argv[1:]))
""".format(debian=DEBIAN_PACKAGES)


def boto3_version(python):
    probe = subprocess.run([python, "-c", "import boto3; print(boto3.__version__)"], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in probe.stdout.strip().split(".")[:2]) if probe.returncode == 0 else None


@contextlib.contextmanager
def one_at_a_time():
    """ctest runs several of us at once; one makes the environment, the others find it."""
    (PROJECT / "build").mkdir(exist_ok=True)
    with open(PROJECT / "build" / "python-clients.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def virtual_environment():
    """build/python-clients with the pinned clients, made once; None where PyPI does not answer."""
    with one_at_a_time():
        return found_or_made_environment()


def found_or_made_environment():
    home = PROJECT / "build" / "python-clients"
    python = home / "bin" / "python"
    refused = home.with_name("python-clients-unavailable")
    if python.exists() and boto3_version(str(python)):
        return str(python)
    if refused.exists():
        return None
    print("Making build/python-clients with the pinned AWS clients (tests/conformance/requirements.txt) …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(home)], check=False).returncode == 0 and subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--retries", "0", "--timeout", "10", "-r",
         str(PROJECT / "tests/conformance/requirements.txt")], check=False).returncode == 0
    if not made:
        shutil.rmtree(home, ignore_errors=True)
        refused.write_text("PyPI did not answer; remove this file to try again\n")
        return None
    return str(python)


def current_python():
    for candidate in (shutil.which("python3"), sys.executable):
        if candidate and (boto3_version(candidate) or (0, 0)) >= (1, 34):
            return candidate
    return virtual_environment() or debian_python()


def debian_python():
    return "/usr/bin/python3" if boto3_version("/usr/bin/python3") else None


def main():
    client, arguments = sys.argv[1], sys.argv[2:]
    python = {"current": current_python, "debian": debian_python, "plain": lambda: sys.executable}[client]()
    if python is None:
        print(f"SKIPPED: no AWS client of the kind '{client}' on this machine (apt-get install python3-boto3 brings one)")
        return SKIPPED
    if client != "plain":
        print(f"client: {python}, boto3 {'.'.join(map(str, boto3_version(python)))}", flush=True)
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    scripts = str(pathlib.Path(python).parent)
    if scripts != "/usr/bin":  # the AWS CLI that belongs to this Python goes first
        environment["PATH"] = scripts + os.pathsep + environment.get("PATH", "")
    command = [python, "-c", LAUNCH, "-c", str(PROJECT / "tests/pytest.ini"), "--rootdir", str(PROJECT / "tests"), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
