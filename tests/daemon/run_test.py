"""./run, as a person types it: builds (already done here), starts, puts a first event through, stops on Ctrl-C."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

from support.daemon import PROJECT

BUILT = PROJECT / "build" / "release" / "bin" / "eventbusd"
pytestmark = pytest.mark.skipif(os.environ.get("EVENTBUS_BUILD_DIR", "") not in ("", str(PROJECT / "build" / "release"))
                                or not BUILT.exists(), reason="./run builds the release preset; this is not it")


def start(arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENTBUS_")}
    return subprocess.Popen([PROJECT / "run", *arguments], cwd=cwd, env=environment, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True)


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"ended with {process.wait()} before {text!r}:\n{''.join(lines)}")


@pytest.fixture
def running(tmp_path):
    started = []

    def run(*arguments):
        started.append(start(arguments, tmp_path))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.skipif(not shutil.which("aws"), reason="no AWS CLI on this machine")
def test_puts_a_first_event_through_and_stops_on_ctrl_c(running, tmp_path):
    process = running("--listen", "127.0.0.1:0")
    output = read_until(process, "Ctrl-C stops the daemon")
    assert "Ready." in output
    assert re.search(r"put +[0-9a-f-]{36}", output), output
    assert re.search(r'received +\{.*"detail":\{"hello":"world"\}\}', output), output
    endpoint = re.search(r"Listening on (http://\S+)", output).group(1)
    assert f"aws --endpoint-url {endpoint} events put-events" in output
    assert (tmp_path / "eventbus-data").is_dir(), "data belongs to the directory ./run was called from"

    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    rest = process.stdout.read()
    assert process.wait(30) == 0, rest
    assert "Stopped." in rest


def test_says_clearly_that_the_port_is_taken(running):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = running("--listen", f"127.0.0.1:{port}", "--durability", "memory")
        output = process.stdout.read()
        assert process.wait(30) == 1
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in output


def test_explains_itself_from_any_directory(tmp_path):
    answer = subprocess.run([PROJECT / "run", "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 0
    assert "--build-only" in answer.stdout
    (tmp_path / "link").symlink_to(PROJECT / "run")
    assert subprocess.run([tmp_path / "link", "--help"], cwd="/", capture_output=True).returncode == 0
