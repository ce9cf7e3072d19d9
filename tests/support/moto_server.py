"""moto's server, an AWS that is not ours, for the tests that look at what arrives there."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile

import pytest

from daemon import free_port
from until import until


@contextlib.contextmanager
def moto_server():
    """Its URL, while it runs. Skips the test where it is not installed."""
    if shutil.which("moto_server") is None:
        pytest.skip("SKIPPED: moto_server is not installed")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="eventbusd-moto-") as home:
        process = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd=home, env=dict(os.environ, HOME=home))

        def answers():
            assert process.poll() is None, "moto_server does not start"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                return False

        try:
            until(answers, 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()
