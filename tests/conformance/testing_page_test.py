"""The examples of docs/testing.md, run as they stand: pytest with boto3, Jest with the AWS SDK for JavaScript."""

import os
import re
import subprocess
import sys

from daemon import PROJECT, find_program
from javascript_client import javascript_client

PAGE = PROJECT / "docs" / "testing.md"
HERE = "tests/conformance/testing_page_test.py"


def examples(tag):
    """{file name: text} of the page's blocks of this tag that name us; the first line of each is a comment with the name."""
    found = {}
    for block in re.findall(rf"<!-- run by: {HERE} -->\n```{tag}\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        name = re.match(r"(?:#|//) (\S+)\n", block)
        assert name, block[:100]
        found[name.group(1)] = block + "\n"
    return found


def write(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def environment():
    """As a person's shell: eventbusd on the path, no settings in the environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "EVENTBUS_"))}
    return dict(clean, PATH=f"{find_program('eventbusd').parent}{os.pathsep}{os.environ['PATH']}", AWS_EC2_METADATA_DISABLED="true")


def run(command, folder, **more):
    done = subprocess.run(command, cwd=folder, env={**environment(), **more}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_pytest_example_passes_as_it_stands(tmp_path):
    files = examples("python")
    assert set(files) == {"conftest.py", "test_orders.py"}
    write(tmp_path, files)
    launch = "import sys; sys.path.append('/usr/lib/python3/dist-packages'); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    out = run([sys.executable, "-c", launch, "-q", "-p", "no:cacheprovider", "--durations=3"], tmp_path)
    print(out)
    tests = len(re.findall(r"^def test_", files["test_orders.py"], re.MULTILINE))
    assert f"{tests} passed" in out, out


def test_the_jest_example_passes_as_it_stands(tmp_path):
    packages = javascript_client() / "node_modules"
    files = examples("javascript")
    assert set(files) == {"bus.js", "orders.test.js"}
    write(tmp_path, files)
    (tmp_path / "package.json").write_text('{"private": true, "jest": {"testEnvironment": "node"}}')
    (tmp_path / "node_modules").symlink_to(packages)
    out = run([packages / ".bin" / "jest", "--ci", "--runInBand", "--watchman=false"], tmp_path)
    print(out)
    tests = len(re.findall(r"^test\(", files["orders.test.js"], re.MULTILINE))
    assert f"{tests} passed" in out, out
