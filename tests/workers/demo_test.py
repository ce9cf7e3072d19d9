"""`./run --demo transcription`, as a person sees it (what it builds is built already)."""

import json
import os
import re
import shutil
import subprocess

import pytest

from daemon import PROJECT, find_program
from worker import word_accuracy

engine = find_program("transcription-pocketsphinx")
pytestmark = pytest.mark.skipif(not (engine and engine.exists() and shutil.which("flite") and shutil.which("sox") and shutil.which("aws")),
                                reason="SKIPPED: no flite, sox, pocketsphinx or AWS CLI (tools/install-packages speech first-event)")


def demo(*arguments, cwd="/"):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRANSCRIPTION_"))}
    environment["EVENTBUS_DEMO_BIN"] = str(find_program("eventbusd").parent)
    return subprocess.run([PROJECT / "tools/demo-transcription", *arguments], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, check=False)


def test_it_shows_each_step_and_ends():
    done = demo()
    assert done.returncode == 0, done.stdout
    put = re.search(r"put +event ([0-9a-f-]{36})", done.stdout).group(1)
    steps = ["Job received.", "Audio fetched.", "Audio prepared.", "Speech transcribed.", "Transcript stored.", "Event published."]
    positions = [done.stdout.find(f"{step} job={put}") for step in steps]
    assert -1 not in positions and positions == sorted(positions), done.stdout
    said, heard = (re.search(rf"   {word} +(.+)", done.stdout).group(1) for word in ("said", "heard"))
    assert word_accuracy(said, heard) >= 0.8
    event = json.loads(re.search(r"^   (\{.*\})$", done.stdout, re.MULTILINE).group(1))
    assert event["detail-type"] == "Transcription Completed" and event["detail"]["jobId"] == put
    assert event["detail"]["status"] == "completed" and "Done." in done.stdout


def test_it_takes_the_users_own_file_and_says_when_there_is_none(tmp_path):
    missing = demo("nowhere.wav", cwd=tmp_path)
    assert missing.returncode == 1 and "nowhere.wav: there is no such file" in missing.stdout
    (tmp_path / "no talk.wav").write_text("this is no audio")
    done = demo("no talk.wav", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    event = json.loads(re.search(r"^   (\{.*\})$", done.stdout, re.MULTILINE).group(1))
    assert event["detail"]["status"] == "failed" and event["detail"]["error"]["code"] == "UnsupportedAudio"
    assert event["detail"]["sourceAudio"]["key"] == "audio/no_talk.wav"


def test_run_knows_no_other_demo():
    done = subprocess.run([PROJECT / "run", "--demo", "juggling"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "--demo transcription" in done.stderr
