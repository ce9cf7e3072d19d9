"""Power cuts under load: the file system loses everything that was not synced, which kill -9 never does.

Needs root (a loop-mounted ext4). EVENTBUS_LONG_TESTS=1 makes it long, EVENTBUS_POWER_CUT_ROUNDS=N any length.
"""

import os
import random
import time

import ledger as book
from daemon import Daemon
from loop_disk import LoopDisk
from raw_aws import RawAws

ROUNDS = int(os.environ.get("EVENTBUS_POWER_CUT_ROUNDS", "200" if os.environ.get("EVENTBUS_LONG_TESTS") else "10"))
SEED = int(os.environ.get("EVENTBUS_FAULT_SEED", random.SystemRandom().getrandbits(32)))


def test_what_was_acknowledged_survives_power_cuts():
    ledger = book.Ledger(SEED)
    with LoopDisk(megabytes=512) as disk, Daemon(["--durability", "sync"], data_dir=disk.path / "data") as daemon:
        queue_url = book.set_up(daemon.port)
        for _ in range(ROUNDS):
            load = book.Load(daemon.port, queue_url, ledger)
            time.sleep(ledger.random.uniform(0.2, 0.5))
            with ledger.power_cut():
                disk.cut_power()
            # The daemon lives on over a dead disk: what it acknowledges now would be a lie that the ledger finds.
            time.sleep(ledger.random.uniform(0, 0.2))
            daemon.kill()
            load.stop()
            disk.unmount()
            disk.mount()
            daemon.start()
            ledger.power_is_back()
            aws = RawAws(daemon.port)
            ledger.check_config(aws)
            aws.close()
        book.drain(daemon.port, queue_url, ledger)
        daemon.kill()
    print(f"{ROUNDS} rounds, {ledger.summary()}")
    ledger.check()
    for refusal in ledger.refusals:
        assert refusal.status == 503, refusal
    assert len(ledger.acknowledged) > 50 * ROUNDS
    assert len(ledger.deleted) > 20 * ROUNDS


def test_without_sync_a_power_cut_does_lose_events():
    """The same cut with --durability async: if this loses nothing, the cut above cuts nothing."""
    with LoopDisk(megabytes=512) as disk, Daemon(["--durability", "async"], data_dir=disk.path / "data") as daemon:
        aws = RawAws(daemon.port)
        queue_url = book.set_up(daemon.port)
        os.sync()
        for number in range(200):
            aws.call("events", "PutEvents", Entries=[{"Source": "ledger", "DetailType": "numbered",
                                                      "Detail": f'{{"number":{number}}}'}])
        disk.cut_power()
        daemon.kill()
        disk.unmount()
        disk.mount()
        daemon.start()
        assert RawAws(daemon.port).depth(queue_url) < 200
        daemon.kill()
