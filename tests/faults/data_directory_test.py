"""Whose data directory it is: one daemon's at a time, and only of a version that knows its format."""

import pathlib
import shutil
import subprocess
import time

import pytest

from daemon import Daemon, free_port
from raw_aws import RawAws

LDB = shutil.which("ldb")
FORMAT_COLUMN, FORMAT_KEY = "default", "f"  # storage/key_codec.h


def run_to_its_end(daemon, data_dir, seconds=20):
    """Starts another daemon that is expected to refuse: (exit code, what it said, seconds it took)."""
    begin = time.monotonic()
    ended = subprocess.run([str(daemon.binary), "--listen", f"127.0.0.1:{free_port()}", "--data-dir", str(data_dir)],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds,
                           check=False)
    return ended.returncode, ended.stdout, time.monotonic() - begin


def test_a_second_daemon_refuses_the_directory_of_a_running_one():
    with Daemon(["--durability", "sync"]) as first:
        aws = RawAws(first.port)
        url = aws.create_queue("mine")
        aws.call("sqs", "SendMessage", QueueUrl=url, MessageBody="kept")
        code, said, _ = run_to_its_end(first, first.data_dir)
        assert code not in (0, None) and code > 0, said  # an orderly refusal, not a signal
        assert str(first.data_dir) in said, said
        assert "another" in said or "in use" in said, said
        # The first has not noticed anything.
        assert [message["Body"] for message in aws.receive(url)] == ["kept"]
        aws.call("sqs", "SendMessage", QueueUrl=url, MessageBody="still writable")


def test_a_killed_daemon_leaves_no_lock_behind():
    with Daemon(["--durability", "sync"]) as daemon:
        RawAws(daemon.port).create_queue("mine")
        daemon.kill()
        daemon.start()
        assert RawAws(daemon.port).call("sqs", "ListQueues")["QueueUrls"]


@pytest.mark.skipif(LDB is None, reason="needs ldb (apt-get install rocksdb-tools)")
def test_the_format_of_a_newer_version_is_refused_and_left_alone():
    with Daemon(["--durability", "sync"]) as daemon:
        aws = RawAws(daemon.port)
        url = aws.create_queue("mine")
        aws.call("sqs", "SendMessage", QueueUrl=url, MessageBody="kept")
        daemon.stop()
        database = find_database(daemon.data_dir)
        now = ldb(database, "get", FORMAT_KEY.encode())
        newer = (int.from_bytes(now, "little") + 1).to_bytes(len(now), "little")
        ldb(database, "put", FORMAT_KEY.encode(), newer)

        code, said, _ = run_to_its_end(daemon, daemon.data_dir)
        assert code > 0, said
        assert "version" in said, said
        assert str(int.from_bytes(newer, "little")) in said and str(int.from_bytes(now, "little")) in said, said

        # A downgrade is a way back: nothing was touched.
        assert ldb(database, "get", FORMAT_KEY.encode()) == newer
        ldb(database, "put", FORMAT_KEY.encode(), now)
        daemon.start()
        assert [message["Body"] for message in RawAws(daemon.port).receive(url)] == ["kept"]


def find_database(data_dir):
    """RocksDB's own directory: where its CURRENT file is."""
    return next(pathlib.Path(data_dir).rglob("CURRENT")).parent


def ldb(database, command, *values):
    arguments = ["0x" + value.hex().upper() for value in values]
    run = subprocess.run([LDB, f"--db={database}", f"--column_family={FORMAT_COLUMN}", "--hex", command, *arguments],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return bytes.fromhex(run.stdout.strip()[2:]) if command == "get" else None
