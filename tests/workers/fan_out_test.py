"""Many jobs through several workers: none lost, none done twice. The full size is bench/transcription_fan_out; this is the small one."""

import collections
import json
import stat

from worker import Story, Worker, wav

JOBS, WORKERS = 120, 4


def engine(tmp_path, marks):
    """A script that notes each run of it, and answers. Its command."""
    path = tmp_path / "engine"
    path.write_text(f'#!/bin/sh\necho run >> "{marks}"\necho \'{{"text": "one two"}}\'\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"{path} {{audio}}"


def test_none_lost_and_none_done_twice(aws, tmp_path):
    story = Story(aws)
    wav(tmp_path / "buckets" / "uploads" / "a.wav")
    marks = tmp_path / "marks"
    command = engine(tmp_path, marks)
    workers = [Worker(aws.endpoint, ["--engine", "command", "--engine-command", command, "--bus", story.bus], tmp_path / "buckets",
                      aws.account) for _ in range(WORKERS)]
    try:
        ids = [story.send_job(job_id=f"job-{number}", s3_input_path="s3://uploads/a.wav", s3_output_path=f"s3://results/{number}.json")
               for number in range(JOBS)]
        for worker in workers:
            worker.start(wait=False)
        details = story.events(JOBS)
        assert story.no_more_events() == JOBS
    finally:
        for worker in workers:
            worker.__exit__(None, None, None)
    assert len(ids) == JOBS
    assert max(collections.Counter(detail["jobId"] for detail in details).values()) == 1
    assert {detail["status"] for detail in details} == {"completed"}
    assert {json.loads((tmp_path / "buckets/results" / f"{number}.json").read_text())["job_id"] for number in range(JOBS)} == {
        f"job-{number}" for number in range(JOBS)}
    assert len(marks.read_text().splitlines()) == JOBS
    assert story.dead.bodies() == []
