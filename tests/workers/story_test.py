"""Upload → rule → queue → worker → transcript → Transcription Completed, with an engine that is a script: what the job loop promises,
whatever the engine."""

import contextlib
import json
import sys
import uuid

import pytest

from aws_clients import Aws, new_account
from daemon import Daemon
from worker import Story, Worker, until, wav

TRANSCRIPT = {"language": "en", "model": "script", "segments": [
    {"start": 0.0, "end": 1.5, "text": "go forward", "words": [{"word": "go", "start": 0.0, "end": 0.5, "score": 0.9},
                                                               {"word": "forward", "start": 0.5, "end": 1.5, "score": 0.7}]},
    {"start": 1.5, "end": 2.0, "text": "ten meters"}]}


@pytest.fixture
def buckets(tmp_path):
    wav(tmp_path / "uploads" / "users" / "a.wav", seconds=2)
    return tmp_path


@pytest.fixture
def story(aws):
    return Story(aws)


def script(tmp_path, text, name="engine.py"):
    """An engine: a Python script that is given the audio's path. Its command for --engine-command."""
    path = tmp_path / name
    path.write_text(f"import json, os, pathlib, sys, time\naudio = sys.argv[1]\nTRANSCRIPT = {TRANSCRIPT!r}\n{text}\n")
    return f"{sys.executable} -S -E {path} {{audio}}"


def worker(story, buckets, command, *arguments, **settings):
    return Worker(story.aws.endpoint, ["--engine", "command", "--engine-command", command, "--bus", story.bus, *arguments],
                  buckets=buckets, account=story.aws.account, **settings)


def good(tmp_path):
    return script(tmp_path, "print(json.dumps(TRANSCRIPT))")


def test_an_upload_becomes_a_transcript_and_an_event(story, buckets):
    with worker(story, buckets, good(buckets), "--worker-id", "w-1"):
        event_id = story.upload("uploads", "users/a.wav", user="user-7")
        [detail] = story.events(1)
    assert detail["jobId"] == event_id and detail["userId"] == "user-7" and detail["status"] == "completed"
    assert detail["sourceAudio"] == {"bucket": "uploads", "key": "users/a.wav"}
    assert detail["transcriptLocation"] == {"bucket": "uploads", "textKey": "users/a.wav.txt", "jsonKey": "users/a.wav.json",
                                            "srtKey": "users/a.wav.srt"}
    metadata = detail["transcriptMetadata"]
    assert metadata.pop("processingTime") >= 0
    assert metadata == {"language": "en", "duration": 2.0, "wordCount": 4, "model": "script", "timestamps": False, "confidence": 0.8}
    assert "error" not in detail and detail["deduplicationId"] == str(
        uuid.uuid5(uuid.NAMESPACE_URL, f"transcription-completed:{event_id}:completed"))
    assert (buckets / "uploads/users/a.wav.txt").read_text() == "go forward\nten meters\n"
    assert (buckets / "uploads/users/a.wav.srt").read_text() == (
        "1\n00:00:00,000 --> 00:00:01,500\ngo forward\n\n2\n00:00:01,500 --> 00:00:02,000\nten meters\n\n")
    document = json.loads((buckets / "uploads/users/a.wav.json").read_text())
    assert document["job_id"] == event_id and document["worker_id"] == "w-1" and document["user_id"] == "user-7"
    assert document["transcript"] == {"language": "en", "segments": TRANSCRIPT["segments"]}
    assert document["actual_transcription_time_seconds"] >= 0 and document["processed_at"].endswith("Z")
    assert story.no_more_events() == 1
    assert [json.loads(body)["detail"]["jobId"] for body in story.search.bodies()] == [event_id]


def test_the_bus_holds_everybody_to_the_contracts(story, buckets):
    """Mode reject: an upload that fits none becomes no job, and what the worker publishes fits both versions of its contract."""
    with worker(story, buckets, good(buckets)):
        answer = story.aws.events.put_events(Entries=[{
            "EventBusName": story.bus, "Source": "custom.upload-service", "DetailType": "Audio Uploaded", "Detail": json.dumps(detail)}
            for detail in ({"userId": "u"}, upload_detail(size=-1), upload_detail())])
        first, second, third = answer["Entries"]
        assert (first["ErrorCode"], second["ErrorCode"]) == ("SchemaViolation", "SchemaViolation")
        assert second["ErrorMessage"].endswith("/metadata/size must be at least 0, is -1.")
        [detail] = story.events(1)
        assert detail["jobId"] == third["EventId"] and story.no_more_events() == 1
    counts = story.contract("audio-uploaded")
    assert (counts["fits"], counts["rejected"]) == (1, 2)
    assert story.contract("transcription-completed", "2")["fits"] == 1
    assert story.contract("transcription-completed", "2")["rejected"] == 0


def test_a_bus_that_warns_counts_and_lets_pass(aws, buckets):
    story = Story(aws, validation="warn")
    with worker(story, buckets, good(buckets)):
        event_id = story.aws.put("custom.upload-service", "Audio Uploaded", upload_detail(size=-1), story.bus)
        [detail] = story.events(1)
    assert detail["jobId"] == event_id and detail["status"] == "completed"
    assert (story.contract("audio-uploaded")["violates"], story.contract("audio-uploaded")["rejected"]) == (1, 0)
    assert story.contract("transcription-completed", "2")["fits"] == 1


def upload_detail(size=1):
    return {"userId": "user-1", "fileId": str(uuid.uuid4()), "s3Location": {"bucket": "uploads", "key": "users/a.wav"},
            "metadata": {"format": "wav", "contentType": "audio/wav", "size": size}}


def test_the_senders_own_job_shape_works_as_it_did(story, buckets):
    job = {"job_id": "job-42", "s3_input_path": "s3://uploads/users/a.wav", "s3_output_path": "s3://results/out/42.json",
           "estimated_duration_seconds": 300, "priority": 1, "retry_count": 0}
    with worker(story, buckets, good(buckets)):
        story.send_job(**job)
        [detail] = story.events(1)
    assert detail["jobId"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "job-42"))
    assert detail["userId"] == "unknown" and detail["fileId"] == str(uuid.uuid5(uuid.NAMESPACE_URL, job["s3_input_path"]))
    assert detail["transcriptLocation"] == {"bucket": "results", "textKey": "out/42.txt", "jsonKey": "out/42.json", "srtKey": "out/42.srt"}
    document = json.loads((buckets / "results/out/42.json").read_text())
    assert {name: document[name] for name in job} == job


def test_a_job_that_keeps_failing_publishes_failed_once_and_ends_in_the_dead_letter_queue(story, buckets):
    command = script(buckets, "sys.exit('the engine has no ears')")
    with worker(story, buckets, command, "--retry-delay", "0s"):
        event_id = story.upload("uploads", "users/a.wav")
        [detail] = story.events(1)
        letters = until(lambda: story.dead.receive(wait=1))
        assert story.no_more_events() == 1
    assert detail["jobId"] == event_id and detail["status"] == "failed" and "transcriptLocation" not in detail
    assert detail["error"] == {"code": "EngineFailed", "message": "command: exit 1: the engine has no ears", "retryable": True}
    assert json.loads(letters[0]["Body"])["id"] == event_id
    assert story.search.bodies() == []
    record = json.loads((buckets / "uploads/users/a.wav.failed.json").read_text())
    assert record["job_id"] == event_id and record["error"] == detail["error"] and record["failed_at"].endswith("Z")


def test_failures_are_told_once_by_whichever_worker_sees_the_dead_letters(story, buckets):
    """Three workers that all look at the dead-letter queue all the time; jobs that fail in the ordinary way."""
    command = script(buckets, "sys.exit('no ears')")
    eager = ("--retry-delay", "0s", "--dead-letter-watch", "100ms")
    with contextlib.ExitStack() as running:
        workers = [running.enter_context(worker(story, buckets, command, *eager)) for _ in range(3)]
        ids = [story.upload("uploads", "users/a.wav"), story.send_job(job_id="2", s3_input_path="s3://uploads/users/a.wav",
                                                                      s3_output_path="s3://results/2.json")]
        story.jobs.send("no json")
        story.events(3)
        until(lambda: sum(story.dead.depth()) == 3, what="three dead letters")
        assert [each.stop() for each in workers] == [0, 0, 0]
    letters = until(lambda: len(receive_counts(story.dead)) == 3 and receive_counts(story.dead), what="three dead letters, given back")
    with worker(story, buckets, command, *eager):
        wait_until_looked_at(story.dead, letters)
        assert story.no_more_events() == len(ids) + 1


@pytest.mark.parametrize("receives", [1, 2])
def test_a_worker_killed_in_the_last_receive_loses_no_job(aws, buckets, receives):
    """kill -9 in every receive that the queue allows: the job is in the dead-letter queue, and `failed` is published by the next worker."""
    story = Story(aws, receives=receives)
    marks = buckets / "runs"
    command = script(buckets, f"open({str(marks)!r}, 'a').write('run\\n')\ntime.sleep(600)")
    event_id = story.upload("uploads", "users/a.wav")
    for number in range(receives):
        with worker(story, buckets, command, "--visibility", "1s") as running:
            until(lambda: marks.exists() and len(marks.read_text().splitlines()) == number + 1, what="the engine")
            running.kill()
    assert story.notifications.bodies() == []
    with worker(story, buckets, good(buckets), "--dead-letter-watch", "200ms") as last:
        [detail] = story.events(1)
        assert detail["jobId"] == event_id and detail["status"] == "failed" and detail["error"]["code"] == "WorkerDied"
        assert detail["deduplicationId"] == str(uuid.uuid5(uuid.NAMESPACE_URL, f"transcription-completed:{event_id}:failed"))
        last.wait_for_log("job that died with its worker")
        [letter] = until(lambda: story.dead.receive(VisibilityTimeout=0), what="the dead letter, given back")
        assert json.loads(letter["Body"])["id"] == event_id
        assert last.stop() == 0
    letters = receive_counts(story.dead)
    with worker(story, buckets, good(buckets), "--dead-letter-watch", "100ms"):
        wait_until_looked_at(story.dead, letters)
        assert story.no_more_events() == 1, "a worker that starts later knows that it was told"
    assert len(marks.read_text().splitlines()) == receives


def test_a_transcript_whose_worker_died_before_it_told_is_told_all_the_same(aws, buckets):
    """The only receive that the queue allows: the transcript is stored, the bus does not take the event, kill -9."""
    story = Story(aws, receives=1)
    with worker(story, buckets, good(buckets), "--visibility", "1s", "--source", "x" * 300) as running:
        event_id = story.upload("uploads", "users/a.wav")
        running.wait_for_log(r"Transcript stored\.")
        running.wait_for_log(r"The event was not accepted")
        running.kill()
    with worker(story, buckets, script(buckets, "sys.exit('not again')"), "--dead-letter-watch", "200ms"):
        [detail] = story.events(1)
        assert detail["jobId"] == event_id and detail["status"] == "completed"
        assert detail["transcriptMetadata"]["wordCount"] == 4 and detail["transcriptMetadata"]["duration"] == 2.0
        until(lambda: story.dead.depth() == (0, 0, 0), what="an empty dead-letter queue")
        assert story.no_more_events() == 1


@pytest.mark.parametrize("body", ["no json", "{}", '{"job_id": "x"}', '{"job_id": "x", "s3_input_path": "ftp://a/b", '
                                  '"s3_output_path": "s3://results/x"}'])
def test_what_is_no_job_fails_too_and_blocks_nothing(story, buckets, body):
    with worker(story, buckets, good(buckets)):
        message_id = story.jobs.send(body)["MessageId"]
        event_id = story.upload("uploads", "users/a.wav")
        details = story.events(2)
    by_status = {detail["status"]: detail for detail in details}
    assert by_status["completed"]["jobId"] == event_id
    failed = by_status["failed"]
    assert failed["error"]["code"] == "InvalidJob" and failed["jobId"] == message_id


def test_a_missing_file_fails_as_that(story, buckets):
    with worker(story, buckets, good(buckets)):
        story.upload("uploads", "users/nowhere.wav")
        [detail] = story.events(1)
    assert detail["error"]["code"] == "AudioNotFound"


def test_without_a_redrive_policy_a_failed_job_is_gone(aws, buckets):
    story = Story(aws)
    story.jobs.set(RedrivePolicy="")
    with worker(story, buckets, script(buckets, "sys.exit(3)"), "--retry-delay", "0s", "--receives-max", "2"):
        story.upload("uploads", "users/a.wav")
        [detail] = story.events(1)
        assert detail["status"] == "failed" and story.no_more_events() == 1
    assert story.dead.bodies() == []


def test_a_part_of_a_transcript_is_partial(story, buckets):
    command = script(buckets, "print(json.dumps(dict(TRANSCRIPT, partial=True)))")
    with worker(story, buckets, command):
        story.upload("uploads", "users/a.wav")
        [detail] = story.events(1)
    assert detail["status"] == "partial" and detail["error"]["code"] == "EngineFailed"
    assert detail["transcriptLocation"]["jsonKey"] == "users/a.wav.json"


def test_an_engine_that_takes_too_long_leaves_what_it_had(story, buckets):
    command = script(buckets, "print(json.dumps(TRANSCRIPT), flush=True)\ntime.sleep(600)")
    with worker(story, buckets, command, "--engine-timeout", "1s"):
        story.upload("uploads", "users/a.wav")
        [detail] = story.events(1)
    assert detail["status"] == "partial" and detail["error"] == {"code": "EngineTimeout", "message": "command: not done in time", "retryable": False}


def test_a_job_longer_than_its_visibility_stays_its_own(story, buckets):
    story.jobs.set(VisibilityTimeout=1)
    marks = buckets / "marks"
    marks.mkdir()
    command = script(buckets, f"(pathlib.Path({str(marks)!r}) / str(os.getpid())).touch()\ntime.sleep(3.5)\nprint(json.dumps(TRANSCRIPT))")
    with worker(story, buckets, command, "--visibility", "1s", "--jobs", "2"), worker(story, buckets, command, "--visibility", "1s"):
        story.upload("uploads", "users/a.wav")
        assert story.events(1)[0]["status"] == "completed"
        assert story.no_more_events() == 1
    assert len(list(marks.iterdir())) == 1, "the engine ran more than once"


def test_sigterm_lets_a_job_finish(story, buckets):
    command = script(buckets, "time.sleep(1)\nprint(json.dumps(TRANSCRIPT))")
    with worker(story, buckets, command) as running:
        story.upload("uploads", "users/a.wav")
        running.wait_for_log(r"Audio prepared\.")
        assert running.stop() == 0
        assert story.events(1)[0]["status"] == "completed" and story.no_more_events() == 1


def test_sigterm_gives_a_long_job_back_at_once(story, buckets):
    command = script(buckets, "time.sleep(600)")
    with worker(story, buckets, command, "--stop-timeout", "0s", "--visibility", "1h") as running:
        story.upload("uploads", "users/a.wav")
        running.wait_for_log(r"Audio prepared\.")
        assert running.stop() == 0
        assert list(running.work_dir.iterdir()) == []
    with worker(story, buckets, good(buckets)):
        assert story.events(1)[0]["status"] == "completed" and story.no_more_events() == 1


def test_it_stops_by_itself_when_there_is_nothing_to_do(story, buckets):
    with worker(story, buckets, good(buckets), "--idle-stop", "1s") as running:
        story.upload("uploads", "users/a.wav")
        assert running.process.wait(30) == 0
        assert len(story.events(1)) == 1


def test_metrics_and_logs_tell_what_happens(story, buckets):
    with worker(story, buckets, good(buckets), "--metrics-listen", "127.0.0.1:0", "--log-format", "json") as running:
        event_id = story.upload("uploads", "users/a.wav")
        story.events(1)
        until(lambda: running.metrics()["transcription_jobs_running"] == 0)
        metrics = running.metrics()
        lines = [json.loads(line) for line in running.log().splitlines()]
    assert metrics['transcription_jobs_total{status="completed"}'] == 1
    assert metrics['transcription_audio_seconds_total{device="cpu"}'] == 2
    assert metrics['transcription_audio_seconds_per_second{device="cpu"}'] > 0
    assert metrics['transcription_slots{device="cpu"}'] == 1 and metrics["transcription_queue_age_seconds"] >= 0
    of_job = [line["message"] for line in lines if line.get("job") == event_id]
    assert of_job == ["Job received.", "Audio fetched.", "Audio prepared.", "Speech transcribed.", "Transcript stored.", "Event published."]
    assert next(line for line in lines if line["message"] == "Job received.")["event"] == event_id


def test_a_job_may_not_leave_its_folder(story, buckets):
    (buckets / "secret.wav").write_bytes((buckets / "uploads/users/a.wav").read_bytes())
    (buckets / "uploads" / "link.wav").symlink_to("/etc/hostname")
    with worker(story, buckets / "uploads" / "..", good(buckets)):
        story.send_job(job_id="1", s3_input_path="s3://uploads/../secret.wav", s3_output_path="s3://results/1")
        story.send_job(job_id="2", s3_input_path="file:///etc/hostname", s3_output_path="s3://results/2")
        story.upload("uploads", "link.wav")
        codes = sorted(detail["error"]["code"] for detail in story.events(3))
    assert codes == ["AccessDenied", "AccessDenied", "InvalidJob"]
    # What is noted of a failure has its place where the job's transcript would have had it, and nothing else is there.
    assert [path.name for path in (buckets / "results").iterdir()] == ["2.failed.json"]


def test_engines_get_no_credentials(story, buckets):
    command = script(buckets, "found = [n for n in os.environ if n.startswith('AWS_')]\n"
                              "print(json.dumps({'text': 'seen ' + ' '.join(found)}))")
    with worker(story, buckets, command):
        story.upload("uploads", "users/a.wav")
        story.events(1)
    assert (buckets / "uploads/users/a.wav.txt").read_text() == "seen\n"


def test_every_job_survives_kill_9_of_worker_and_daemon(tmp_path, buckets):
    """Ten jobs; in the middle the worker dies, then the daemon, then the worker again."""
    command = script(buckets, "time.sleep(0.2)\nprint(json.dumps(TRANSCRIPT))")
    for number in range(10):
        wav(buckets / "uploads" / f"{number}.wav")
    with Daemon() as daemon:
        aws = Aws(daemon.endpoint, new_account())
        story = Story(aws, receives=20)
        running = worker(story, buckets, command, "--visibility", "2s", "--jobs", "2")
        with running:
            ids = {story.upload("uploads", f"{number}.wav") for number in range(10)}
            running.wait_for_log(r"Event published\.", count=1)
            running.kill()
            running.start(wait=False)
            running.wait_for_log(r"Event published\.", count=3)
            daemon.kill()
            daemon.start()
            running.wait_for_log(r"Event published\.", count=5)
            running.kill()
            running.start(wait=False)
            done = {}
            until(lambda: done.update({detail["jobId"]: detail for detail in story.events(len(story.heard))}) or
                  story.heard.extend(json.loads(body) for body in story.notifications.bodies(wait=1)) or len(done) == 10)
            assert set(done) == ids and {detail["status"] for detail in done.values()} == {"completed"}
            until(lambda: story.jobs.depth() == (0, 0, 0), what="an empty jobs queue")
            assert story.dead.bodies() == []
            assert all((buckets / "uploads" / f"{number}.wav.json").exists() for number in range(10))


def test_kill_9_leaves_no_engine_and_no_files_behind(story, buckets):
    marks = buckets / "pid"
    command = script(buckets, f"pathlib.Path({str(marks)!r}).write_text(str(os.getpid()))\ntime.sleep(600)")
    with worker(story, buckets, command) as running:
        story.upload("uploads", "users/a.wav")
        until(lambda: marks.exists() and marks.read_text())
        running.kill()
        until(lambda: not alive(int(marks.read_text())), seconds=10, what="the engine's end")
        running.start()
        assert len(list(running.work_dir.iterdir())) == 1, "what the killed one left is gone"


def receive_counts(queue):
    """{message id: how often it was received, this receive included} of what can be received."""
    return {message["MessageId"]: int(message["Attributes"]["ApproximateReceiveCount"]) for message in queue.receive(VisibilityTimeout=0)}


def wait_until_looked_at(queue, before):
    """Until somebody else has received each of these messages since, `receive_counts()` of then, and given it back."""
    ours, left = dict(before), set(before)

    def all_were():
        for name, count in receive_counts(queue).items():
            ours[name] += 1
            if count > ours[name]:
                left.discard(name)
        return not left
    until(all_were, what="a receive that is not ours")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as status:
            return status.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
