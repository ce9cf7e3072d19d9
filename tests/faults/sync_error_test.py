"""A disk whose sync fails (EIO, injected by strace into the running daemon): the write is not acknowledged."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

import ledger as book
from daemon import Daemon
from raw_aws import Gone, RawAws, Refused

SEED = random.SystemRandom().getrandbits(32)
SYNC_CALLS = "fsync,fdatasync,sync_file_range,msync"


class FailingSyncs:
    """While open, every sync of the process fails with EIO."""

    def __init__(self, pid):
        self._pid = pid

    def __enter__(self):
        self._strace = subprocess.Popen(
            ["strace", "-f", "-q", "-p", str(self._pid), "-e", f"trace={SYNC_CALLS}", "-e", f"inject={SYNC_CALLS}:error=EIO",
             "-o", "/dev/null"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._is_traced():
            assert time.monotonic() < deadline and self._strace.poll() is None, "strace did not attach"
            time.sleep(0.01)
        return self

    def _is_traced(self):
        """Every thread has a tracer: one that has none yet would sync undisturbed."""
        try:
            threads = os.listdir(f"/proc/{self._pid}/task")
            statuses = [open(f"/proc/{self._pid}/task/{thread}/status").read() for thread in threads]
        except OSError:
            return False
        return all("TracerPid:\t0\n" not in status for status in statuses)

    def __exit__(self, kind, value, traceback):
        self._strace.send_signal(signal.SIGINT)  # detaches; the process goes on
        self._strace.wait(20)


@pytest.fixture(autouse=True)
def needs_strace():
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    probe = subprocess.Popen(["sleep", "5"])
    try:
        attached = subprocess.run(["timeout", "-s", "INT", "0.3", "strace", "-q", "-p", str(probe.pid), "-o", "/dev/null"],
                                  capture_output=True, text=True, check=False)
    finally:
        probe.kill()
        probe.wait()
    if "Operation not permitted" in attached.stderr:
        pytest.skip("strace may not attach to processes here (ptrace_scope, or no CAP_SYS_PTRACE)")


def put(aws, ledger):
    numbers = ledger.new_events(1)
    aws.call("events", "PutEvents", Entries=[{"Source": "ledger", "DetailType": "numbered",
                                              "Detail": f'{{"number":{numbers[0]}}}'}])
    ledger.acknowledge(numbers, time.monotonic())


def test_a_failed_sync_is_never_acknowledged():
    ledger = book.Ledger(SEED)
    with Daemon(["--durability", "sync"]) as daemon:
        queue_url = book.set_up(daemon.port)
        aws = RawAws(daemon.port)
        for _ in range(20):
            put(aws, ledger)
        with FailingSyncs(daemon.process.pid):
            for _ in range(5):
                with pytest.raises(Refused) as refusal:
                    put(aws, ledger)
                assert refusal.value.status == 503, refusal.value
                assert refusal.value.code and refusal.value.message, refusal.value.body
            assert daemon.request("GET", "/_eventbus/health").status == 200
            assert aws.call("events", "ListRules")["Rules"]

        # The disk works again. What the kernel did with the pages it could not write is unknown, so either the daemon starts a
        # fresh log by itself, or it refuses until it is restarted: never a false acknowledgement.
        deadline = time.monotonic() + 20
        recovered = False
        while not recovered and time.monotonic() < deadline:
            try:
                put(aws, ledger)
                recovered = True
            except Refused as refusal:
                assert refusal.status == 503, refusal
                time.sleep(0.1)
        assert recovered, "no write was accepted within 20 s of the disk's recovery"
        daemon.kill()
        daemon.start()
        book.drain(daemon.port, queue_url, ledger)
    ledger.check()


def test_failing_syncs_under_load_lose_nothing():
    ledger = book.Ledger(SEED)
    with Daemon(["--durability", "sync"]) as daemon:
        queue_url = book.set_up(daemon.port)
        load = book.Load(daemon.port, queue_url, ledger, through_refusals=True)
        for _ in range(3):
            time.sleep(0.2)
            with FailingSyncs(daemon.process.pid):
                time.sleep(0.3)
        time.sleep(0.5)
        load.stop()
        assert daemon.alive()
        daemon.kill()
        daemon.start()
        ledger.check_config(RawAws(daemon.port))
        book.drain(daemon.port, queue_url, ledger)
    print(ledger.summary())
    assert ledger.refusals, "no sync failed"
    unexpected = [refusal for refusal in ledger.refusals if refusal.status != 503]
    assert not unexpected, unexpected
    ledger.check()
