"""The whole story with real speech: flite says it, the built-in engine hears it. Needs the packages of the group `speech`."""

import json
import shutil

import pytest

from aws_clients import Aws, new_account
from daemon import Daemon, find_program
from worker import Story, Worker, say, until, word_accuracy

SENTENCES = {
    "meeting": "please schedule a meeting with the project team for next monday morning at nine in the main office",
    "fox": "the quick brown fox jumps over the lazy dog",
    "weather": "the weather is nice today and we are going to walk along the river before dinner",
}
FLOOR = 0.8

engine = find_program("transcription-pocketsphinx")
pytestmark = pytest.mark.skipif(not (engine and engine.exists() and shutil.which("flite") and shutil.which("sox")),
                                reason="SKIPPED: no flite, sox or pocketsphinx (tools/install-packages speech)")


@pytest.fixture(scope="module")
def buckets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("buckets")
    for name, text in SENTENCES.items():
        say(folder / "uploads" / f"{name}.wav", text)
    return folder


def test_what_was_said_is_what_search_hears_of(aws, buckets):
    story = Story(aws)
    with Worker(aws.endpoint, ["--bus", story.bus], buckets, aws.account):
        ids = {story.upload("uploads", f"{name}.wav"): name for name in SENTENCES}
        details = {detail["jobId"]: detail for detail in story.events(len(ids), seconds=90)}
        assert story.no_more_events() == len(ids)
    assert set(details) == set(ids)
    accuracies = {}
    for job_id, name in ids.items():
        detail = details[job_id]
        assert detail["status"] == "completed", detail
        metadata = detail["transcriptMetadata"]
        assert metadata["language"] == "en" and metadata["model"] == "pocketsphinx-en-us" and metadata["timestamps"] is True
        assert 0 < metadata["confidence"] <= 1 and 2 < metadata["duration"] < 12
        heard = (buckets / "uploads" / f"{name}.wav.txt").read_text()
        accuracies[name] = word_accuracy(SENTENCES[name], heard)
        segments = json.loads((buckets / "uploads" / f"{name}.wav.json").read_text())["transcript"]["segments"]
        words = [word for segment in segments for word in segment["words"]]
        assert all(0 <= word["start"] < word["end"] <= metadata["duration"] + 0.1 for word in words)
        assert [word["start"] for word in words] == sorted(word["start"] for word in words)
    said = {name: len(text.split()) for name, text in SENTENCES.items()}
    overall = sum(accuracies[name] * said[name] for name in SENTENCES) / sum(said.values())
    assert overall >= FLOOR, accuracies
    assert {json.loads(body)["detail"]["jobId"] for body in story.search.bodies()} == set(ids)


def test_every_transcript_comes_although_worker_and_daemon_are_killed(buckets, tmp_path):
    shutil.copytree(buckets / "uploads", tmp_path / "uploads", ignore=shutil.ignore_patterns("*.json", "*.txt"))
    with Daemon() as daemon:
        aws = Aws(daemon.endpoint, new_account())
        story = Story(aws, receives=20)
        with Worker(daemon.endpoint, ["--bus", story.bus, "--visibility", "2s"], tmp_path, aws.account) as worker:
            ids = {story.upload("uploads", f"{name}.wav"): name for name in SENTENCES}
            worker.wait_for_log(r"Audio prepared\.")
            worker.kill()
            worker.start(wait=False)
            worker.wait_for_log(r"Audio prepared\.", count=2)
            daemon.kill()
            daemon.start()
            done = {}

            def all_done():
                story.heard += [json.loads(body) for body in story.notifications.bodies(wait=1)]
                done.update({event["detail"]["jobId"]: event["detail"] for event in story.heard})
                return len(done) == len(ids)
            until(all_done, seconds=120)
        assert set(done) == set(ids)
        for job_id, name in ids.items():
            assert done[job_id]["status"] == "completed"
            assert word_accuracy(SENTENCES[name], (tmp_path / "uploads" / f"{name}.wav.txt").read_text()) >= 0.6
