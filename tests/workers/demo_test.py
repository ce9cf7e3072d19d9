"""`./run --demo transcription`, as a person sees it (what it builds is built already)."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from daemon import PROJECT, find_program
from worker import word_accuracy

engine = find_program("transcription-pocketsphinx")
pytestmark = pytest.mark.skipif(not (engine and engine.exists() and shutil.which("flite") and shutil.which("sox") and shutil.which("aws")),
                                reason="SKIPPED: no flite, sox, pocketsphinx or AWS CLI (tools/install-packages speech first-event)")


def environment():
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRANSCRIPTION_"))}
    return dict(variables, EVENTBUS_DEMO_BIN=str(find_program("eventbusd").parent))


def notification(output):
    """The event that is shown last, over several lines."""
    return json.loads(re.search(r"^   (\{\n.*^   \})$", output, re.MULTILINE | re.DOTALL).group(1))


def demo(*arguments, cwd="/", **variables):
    return subprocess.run([PROJECT / "tools/demo-transcription", *arguments], cwd=cwd, env=dict(environment(), **variables), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, check=False)


def test_it_shows_each_step_and_ends():
    done = demo()
    assert done.returncode == 0, done.stdout
    put = re.search(r"put +event ([0-9a-f-]{36})", done.stdout).group(1)
    steps = ["1. The bus", "2. The worker", "3. An upload", "4. The worker takes the job", "Job received.", "Audio fetched.", "Audio prepared.",
             "Speech transcribed.", "Transcript stored.", "Event published.", "5. The transcript", "6. The notification", "Done."]
    positions = [done.stdout.find(step) for step in steps]
    assert -1 not in positions and positions == sorted(positions), done.stdout
    assert "\033" not in done.stdout, "colours are for terminals"
    said, heard = (re.search(rf"   {word} +(.+)", done.stdout).group(1) for word in ("said", "heard"))
    assert word_accuracy(said, heard) >= 0.8
    event = notification(done.stdout)
    assert event["detail-type"] == "Transcription Completed" and event["detail"]["jobId"] == put
    assert event["detail"]["status"] == "completed"


def test_it_takes_the_users_own_file_and_says_when_there_is_none(tmp_path):
    missing = demo("nowhere.wav", cwd=tmp_path)
    assert missing.returncode == 1 and "nowhere.wav: there is no such file" in missing.stdout
    (tmp_path / "no talk.wav").write_text("this is no audio")
    done = demo("no talk.wav", cwd=tmp_path)
    event = notification(done.stdout)
    assert event["detail"]["status"] == "failed" and event["detail"]["error"]["code"] == "UnsupportedAudio"
    assert event["detail"]["sourceAudio"]["key"] == "audio/no_talk.wav"
    assert done.returncode == 1 and done.stdout.splitlines()[-1].startswith("There is no transcript: UnsupportedAudio: ")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("step", ["1. The bus", "Audio prepared."])
def test_interrupted_anywhere_it_ends_everything(tmp_path, number, status, step):
    process = subprocess.Popen([PROJECT / "tools/demo-transcription"], env=dict(environment(), TMPDIR=str(tmp_path)), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        next(line for line in process.stdout if step in line)
        assert still_running(tmp_path)
        os.killpg(process.pid, number)  # what a terminal does with Ctrl-C
        rest = process.stdout.read()
        assert process.wait(30) == status, rest
    finally:
        process.kill()
        process.wait()
    assert "everything that was started is ended" in rest
    assert not list(tmp_path.iterdir()), "what it made is gone"
    assert not still_running(tmp_path), "what it started is ended"


def test_it_says_what_is_missing(tmp_path):
    """A folder of programs without the engine; a daemon that does not start."""
    done = demo(EVENTBUS_DEMO_BIN=str(tmp_path))
    assert done.returncode == 1 and "tools/install-packages speech" in done.stdout
    for name in ("transcription-pocketsphinx", "transcription-worker"):
        (tmp_path / name).touch()
    (tmp_path / "eventbusd").write_text("#!/bin/sh\necho 'eventbusd: cannot listen'\nexit 1\n")
    (tmp_path / "eventbusd").chmod(0o755)
    done = demo(EVENTBUS_DEMO_BIN=str(tmp_path))
    assert done.returncode == 1 and done.stdout.endswith("eventbusd ended with status 1. Its last lines:\neventbusd: cannot listen\n")


def still_running(folder):
    """Processes that have this folder as their TMPDIR."""
    found = []
    for variables in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"TMPDIR={folder}".encode() in variables.read_bytes().split(b"\0"):
                found.append(variables.parent.name)
    return found


def test_run_says_that_there_is_no_such_file_before_it_builds(tmp_path):
    done = subprocess.run([PROJECT / "run", "--demo", "transcription", "nowhere.wav"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 1 and (done.stdout, done.stderr) == ("", "nowhere.wav: there is no such file\n")


def test_run_knows_no_other_demo():
    done = subprocess.run([PROJECT / "run", "--demo", "juggling"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "--demo transcription" in done.stderr
