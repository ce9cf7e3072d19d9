"""The pinned packages of conformance/javascript (the AWS SDK for JavaScript, Jest), installed into the build folder by npm."""

import fcntl
import os
import pathlib
import shutil
import subprocess

import pytest

from daemon import PROJECT

PACKAGES = PROJECT / "tests" / "conformance" / "javascript"


def javascript_client():
    """The folder with node_modules and the suite: made once per build folder and lock file. Skips the test where node or npm's registry
    is not to be had."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    major = int(subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip("v \n").split(".")[0])
    if major < 18:
        pytest.skip(f"node {major} is too old for the packages: 18 is needed")
    folder = pathlib.Path(os.environ.get("EVENTBUS_BUILD_DIR", PROJECT / "build")) / "javascript-client"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:  # suites run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(folder)
    return folder


def install(folder):
    wanted = (PACKAGES / "package-lock.json").read_text(encoding="utf-8")
    for name in ("package.json", "package-lock.json", "suite.mjs"):
        shutil.copy(PACKAGES / name, folder)
    stamp = folder / "installed-lock"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1", "--fetch-timeout", "20000"],
                          cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install the pinned packages here: {done.stderr.strip().splitlines()[:1]}")
    stamp.write_text(wanted, encoding="utf-8")
