"""kill -9 under load, again and again, on one data directory.

EVENTBUS_LONG_TESTS=1 (./test --long) makes it 3000 rounds, EVENTBUS_FAULT_ROUNDS=N any number; EVENTBUS_FAULT_SEED=N repeats the choices of a run (not its races).
"""

import os
import random
import time

import ledger as book
from daemon import Daemon
from raw_aws import RawAws

ROUNDS = int(os.environ.get("EVENTBUS_FAULT_ROUNDS", "3000" if os.environ.get("EVENTBUS_LONG_TESTS") else "100"))
SEED = int(os.environ.get("EVENTBUS_FAULT_SEED", random.SystemRandom().getrandbits(32)))


def test_what_was_acknowledged_survives_kill_9():
    ledger = book.Ledger(SEED)
    with Daemon(["--durability", "sync"]) as daemon:
        queue_url = book.set_up(daemon.port)
        for _ in range(ROUNDS):
            load = book.Load(daemon.port, queue_url, ledger)
            time.sleep(ledger.random.uniform(0.01, 0.15))
            daemon.kill()
            load.stop()
            if ledger.random.random() < 0.1:  # and once more while it recovers
                daemon.start(wait=False)
                time.sleep(ledger.random.uniform(0, 0.05))
                daemon.kill()
            daemon.start()
            aws = RawAws(daemon.port)
            ledger.check_config(aws)
            aws.close()
        book.drain(daemon.port, queue_url, ledger)
    print(f"{ROUNDS} rounds, {ledger.summary()}")
    ledger.check()
    assert not ledger.refusals, ledger.refusals[:3]
    # A run in which nothing happened would prove nothing.
    assert len(ledger.acknowledged) > 10 * ROUNDS
    assert len(ledger.deleted) > 5 * ROUNDS
    assert ledger.config_acknowledged > ROUNDS / 2
