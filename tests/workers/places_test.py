"""Where audio comes from and transcripts go: S3 (moto's server, signed requests), URLs, folders, files."""

import hashlib
import json
import os
import pathlib
import sys
import uuid

import boto3
import pytest
from botocore.config import Config

from moto_server import moto_server
from receiver import Receiver
from worker import Story, Worker, wav

# Answers with what it was given, so that the test sees that every byte arrived.
DIGEST = "import hashlib, json, sys; print(json.dumps({'text': hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()}))"


@pytest.fixture
def story(aws):
    return Story(aws)


@pytest.fixture(scope="module")
def s3():
    with moto_server() as endpoint:
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",
                              config=Config(s3={"addressing_style": "path"}))
        client.create_bucket(Bucket="uploads")
        client.create_bucket(Bucket="results")
        yield client


def worker(story, tmp_path, *arguments, code=DIGEST, **settings):
    script = tmp_path / "engine.py"
    script.write_text(code)
    return Worker(story.aws.endpoint, ["--engine", "command", "--engine-command", f"{sys.executable} -S -E {script} {{audio}}", "--bus",
                                       story.bus, "--converter", "none", *arguments], account=story.aws.account, **settings)


def test_s3_gives_large_audio_whole_and_takes_the_transcripts(story, s3, tmp_path):
    audio = os.urandom(20 << 20)  # three pieces
    key = "users/7/board meeting (ü) +1.mp3"
    s3.put_object(Bucket="uploads", Key=key, Body=audio)
    with worker(story, tmp_path, "--s3-endpoint", s3.meta.endpoint_url):
        story.upload("uploads", key)
        [detail] = story.events(1)
    assert detail["status"] == "completed", detail
    assert detail["transcriptLocation"] == {"bucket": "uploads", "textKey": key + ".txt", "jsonKey": key + ".json"}
    text = s3.get_object(Bucket="uploads", Key=key + ".txt")
    assert text["Body"].read().decode() == hashlib.sha256(audio).hexdigest() + "\n"
    assert text["ContentType"] == "text/plain; charset=utf-8"
    document = s3.get_object(Bucket="uploads", Key=key + ".json")
    assert document["ContentType"] == "application/json"
    assert json.loads(document["Body"].read())["transcript"]["segments"] == [{"text": hashlib.sha256(audio).hexdigest()}]


def test_s3_objects_that_are_empty_or_missing_fail_as_that(story, s3, tmp_path):
    s3.put_object(Bucket="uploads", Key="empty.wav", Body=b"")
    with worker(story, tmp_path, "--s3-endpoint", s3.meta.endpoint_url):
        ids = {story.upload("uploads", "empty.wav"): "UnsupportedAudio", story.upload("uploads", "missing.wav"): "AudioNotFound",
               story.upload("no-such-bucket", "a.wav"): "AudioNotFound"}
        codes = {detail["jobId"]: detail["error"]["code"] for detail in story.events(3)}
    assert codes == ids


def test_a_place_that_cannot_be_written_to_is_tried_again_and_then_failed(story, s3, tmp_path):
    s3.put_object(Bucket="uploads", Key="a.wav", Body=b"audio")
    with worker(story, tmp_path, "--s3-endpoint", s3.meta.endpoint_url):
        story.send_job(job_id="1", s3_input_path="s3://uploads/a.wav", s3_output_path="s3://nobody-made-it/1.json")
        [detail] = story.events(1)
    assert detail["error"]["code"] == "StoreFailed" and "NoSuchBucket" in detail["error"]["message"]


def test_too_large_is_refused_before_it_is_fetched(story, s3, tmp_path):
    s3.put_object(Bucket="uploads", Key="big.wav", Body=b"x" * (9 << 20))
    with worker(story, tmp_path, "--s3-endpoint", s3.meta.endpoint_url, "--audio-bytes-max", "8MiB"):
        story.upload("uploads", "big.wav")
        [detail] = story.events(1)
    assert detail["error"]["code"] == "AudioTooLarge"


@pytest.mark.parametrize("ranges", [True, False], ids=["in pieces", "all at once"])
def test_urls_are_fetched(story, tmp_path, ranges):
    audio = os.urandom(10 << 20)

    def answer(request):
        wanted = request.headers.get("Range", "")
        if not ranges or not wanted:
            return 200, {"Content-Type": "audio/mpeg"}, audio
        first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
        return 206, {"Content-Range": f"bytes {first}-{min(last, len(audio) - 1)}/{len(audio)}"}, audio[first:last + 1]

    with Receiver(answer) as server, worker(story, tmp_path, buckets=tmp_path / "buckets"):
        url = f"{server.url}/audio/a.mp3?signature=secret"
        story.send_job(job_id="1", s3_input_path=url, s3_output_path="s3://results/1.json")
        [detail] = story.events(1)
    assert detail["status"] == "completed", detail
    assert detail["sourceAudio"] == {"bucket": "127.0.0.1", "key": "audio/a.mp3"}
    assert detail["fileId"] == str(uuid.uuid5(uuid.NAMESPACE_URL, url))
    assert (tmp_path / "buckets/results/1.txt").read_text() == hashlib.sha256(audio).hexdigest() + "\n"
    assert len(server.requests) == (2 if ranges else 1)


def test_urls_fail_by_what_they_answer(story, tmp_path):
    statuses = {"/gone.wav": 404, "/secret.wav": 403, "/broken.wav": 500}
    with Receiver(lambda request: (statuses[request.path], {}, b"")) as server, \
            worker(story, tmp_path, "--retry-delay", "0s", buckets=tmp_path / "buckets") as running:
        ids = {}
        for path in statuses:
            ids[path] = str(uuid.uuid5(uuid.NAMESPACE_URL, "job" + path))
            story.send_job(job_id="job" + path, s3_input_path=server.url + path + "?signature=secret", s3_output_path="s3://results/x.json")
        codes = {detail["jobId"]: detail["error"]["code"] for detail in story.events(3)}
        log = running.log()
    assert codes == {ids["/gone.wav"]: "AudioNotFound", ids["/secret.wav"]: "AccessDenied", ids["/broken.wav"]: "AudioUnreachable"}
    assert "signature" not in log, "a URL's query may be a secret"


def test_urls_can_be_switched_off(story, tmp_path):
    with worker(story, tmp_path, "--http-sources=false", buckets=tmp_path / "buckets"):
        story.send_job(job_id="1", s3_input_path="http://127.0.0.1:1/a.wav", s3_output_path="s3://results/1.json")
        assert story.events(1)[0]["error"]["code"] == "AccessDenied"


def test_files_below_their_root(story, tmp_path):
    audio = wav(tmp_path / "share" / "in" / "a b.wav")
    with worker(story, tmp_path, "--file-root", tmp_path / "share"):
        story.send_job(job_id="1", s3_input_path=(tmp_path / "share/in").as_uri() + "/a%20b.wav",
                       s3_output_path=(tmp_path / "share/out").as_uri() + "/")
        [detail] = story.events(1)
    assert detail["sourceAudio"] == {"bucket": "file", "key": str(audio)}
    assert pathlib.Path(detail["transcriptLocation"]["textKey"]) == tmp_path / "share/out/a b.wav.txt"
    assert (tmp_path / "share/out/a b.wav.txt").read_text() == hashlib.sha256(audio.read_bytes()).hexdigest() + "\n"


def test_transcripts_of_uploads_can_have_a_place_of_their_own(story, tmp_path):
    wav(tmp_path / "buckets/uploads/users/a.wav")
    with worker(story, tmp_path, "--output", "s3://transcripts/speech/", buckets=tmp_path / "buckets"):
        story.upload("uploads", "users/a.wav")
        [detail] = story.events(1)
    assert detail["transcriptLocation"] == {"bucket": "transcripts", "textKey": "speech/users/a.wav.txt",
                                            "jsonKey": "speech/users/a.wav.json"}  # no times, no subtitles
    assert (tmp_path / "buckets/transcripts/speech/users/a.wav.json").exists()
