"""A consumer of the jobs queue as our first users run it, in boto3: one message a receive, long polls of 20 s, 1,800 s of visibility,
all attributes asked for, deleted on success alone and otherwise left to the queue, stopped after having been idle. It drives eventbusd
with nothing changed but the endpoint."""

import json
import socket
import threading
import time

import pytest

from worker import Story, until


class TranscriptionConsumer:
    """The loop. `transcribe(job)` raises when it cannot."""

    def __init__(self, sqs, queue_url, transcribe, idle_seconds=300):
        self.sqs, self.queue_url, self.transcribe, self.idle_seconds = sqs, queue_url, transcribe, idle_seconds
        self.worker_id = f"{socket.gethostname()}-consumer"
        self.done, self.failed, self.stopping = [], [], False

    def poll(self):
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=20, VisibilityTimeout=1800,
                                          AttributeNames=["All"], MessageAttributeNames=["All"])
        return next(iter(answer.get("Messages", [])), None)

    def waiting(self):
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])

    def handle(self, message):
        job = json.loads(message["Body"])
        try:
            result = {**job, "transcript": self.transcribe(job), "worker_id": self.worker_id}
        except Exception as error:  # whatever it is, the message stays for the queue to hand out again
            self.failed.append((job["job_id"], str(error), message["Attributes"]["ApproximateReceiveCount"]))
            return
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        self.done.append(result)

    def run(self):
        idle_since = time.monotonic()
        while not self.stopping:
            message = self.poll()
            if message:
                self.handle(message)
                idle_since = time.monotonic()
            elif self.waiting() == 0 and time.monotonic() - idle_since >= self.idle_seconds:
                return


def job(number):
    return {"job_id": f"job-{number}", "s3_input_path": f"s3://uploads/{number}.mp3", "s3_output_path": f"s3://results/{number}.json",
            "estimated_duration_seconds": 300, "priority": 1, "retry_count": 0}


@pytest.fixture
def story(aws):
    return Story(aws, receives=2)


def let_time_pass(story, receipt_handle):
    """What 1,800 s without a word of the consumer do to a message."""
    story.aws.sqs.change_message_visibility(QueueUrl=story.jobs.url, ReceiptHandle=receipt_handle, VisibilityTimeout=0)


def running(consumer):
    thread = threading.Thread(target=consumer.run)
    thread.start()
    return thread


def test_jobs_sent_before_and_during_a_long_poll_are_done_and_deleted(story):
    consumer = TranscriptionConsumer(story.aws.sqs, story.jobs.url, lambda job: {"segments": [], "language": "en"}, idle_seconds=0)
    for number in range(3):
        story.jobs.send(json.dumps(job(number)))
    thread = running(consumer)
    until(lambda: len(consumer.done) == 3)
    # It waits in a long poll now; a message that comes ends the poll at once and not after 20 s.
    sent = time.monotonic()
    story.jobs.send(json.dumps(job(3)))
    until(lambda: len(consumer.done) == 4)
    consumer.stopping = True
    took = time.monotonic() - sent
    story.jobs.send(json.dumps(job(4)))
    thread.join(25)
    assert not thread.is_alive() and took < 15
    assert [result["job_id"] for result in consumer.done] == [f"job-{number}" for number in range(len(consumer.done))]
    assert all({**result, "transcript": 0, "worker_id": 0} == {**job(number), "transcript": 0, "worker_id": 0}
               for number, result in enumerate(consumer.done))


def test_a_job_that_fails_stays_and_ends_in_the_dead_letter_queue(story):
    def transcribe(job):
        if job["job_id"] == "job-1":
            raise RuntimeError("CUDA out of memory")
        return {"segments": [], "language": "en"}

    consumer = TranscriptionConsumer(story.aws.sqs, story.jobs.url, transcribe)
    for number in range(3):
        story.jobs.send(json.dumps(job(number)))
    handles = {}
    for _ in range(3):
        message = consumer.poll()
        handles[json.loads(message["Body"])["job_id"]] = message["ReceiptHandle"]
        consumer.handle(message)
    assert [result["job_id"] for result in consumer.done] == ["job-0", "job-2"]
    assert story.jobs.depth() == (0, 1, 0), "what failed is in flight for its 1,800 s, and nobody else's"
    let_time_pass(story, handles["job-1"])
    message = consumer.poll()
    consumer.handle(message)
    assert consumer.failed == [("job-1", "CUDA out of memory", "1"), ("job-1", "CUDA out of memory", "2")]
    let_time_pass(story, message["ReceiptHandle"])
    assert story.jobs.receive() == []
    assert json.loads(story.dead.body())["job_id"] == "job-1"
