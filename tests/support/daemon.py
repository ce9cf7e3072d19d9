"""A real eventbusd for a test: its own port, its own data directory, its log kept for when the test fails.

Used by the conformance, fault, Terraform and documentation tests. Needs the standard library only, so that any Python 3.9+ can
run it. The binary is EVENTBUS_BIN, else build/<preset>/bin/eventbusd of EVENTBUS_PRESET, else of the first preset that was built.
"""

import http.client
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PRESETS = ("release", "dev", "asan", "tsan")
READY_SECONDS_MAX = 30  # sanitizers and a busy machine; a release daemon takes milliseconds


class DaemonFailed(Exception):
    """The daemon ended, or did not become ready; the text ends with the tail of its log."""


def find_program(name):
    """The path of a program of ours that was built, or None."""
    chosen = os.environ.get("EVENTBUS_BIN")
    if chosen:
        program = pathlib.Path(chosen).resolve()
        return program if name == "eventbusd" else program.with_name(name)
    presets = [os.environ["EVENTBUS_PRESET"]] if os.environ.get("EVENTBUS_PRESET") else PRESETS
    for preset in presets:
        program = PROJECT / "build" / preset / "bin" / name
        if program.exists():
            return program
    return None


def free_port():
    """A port nobody listens on now. Somebody else may take it first: Daemon.start tries again with another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """One eventbusd process and its data directory, which outlives the process: stop or kill it, then start() again.

    `arguments` are added to its command line, `environment` to its environment, `wrapper` (strace, …) is put before the command.
    With `data_dir` given, that directory is used and left alone in the end; otherwise a temporary one is made and removed.
    """

    def __init__(self, arguments=(), data_dir=None, environment=None, wrapper=(), port=None, binary=None, ca_file=None):
        self.binary = pathlib.Path(binary) if binary else find_program("eventbusd")
        self.arguments = [str(argument) for argument in arguments]
        self.environment = dict(environment or {})
        self.wrapper = [str(word) for word in wrapper]
        self.ca_file = ca_file  # the daemon speaks TLS, with a certificate of this CA for 127.0.0.1
        self._home = pathlib.Path(tempfile.mkdtemp(prefix="eventbusd-test-"))
        self.data_dir = pathlib.Path(data_dir) if data_dir else self._home / "data"
        self.log_path = self._home / "log"
        self._fixed_port = port
        self.port = port or 0
        self.process = None

    # --- life -----------------------------------------------------------------------------------------------------------------

    def start(self, wait=True, ready_seconds=READY_SECONDS_MAX):
        """Starts the process and, unless told otherwise, returns when it is ready. After a stop it comes back on its old port
        if that is still free, so that clients and queue URLs stay valid."""
        if self.binary is None:
            raise DaemonFailed("eventbusd is not built: run ./run --build-only, or set EVENTBUS_BIN")
        for attempt in range(5):
            if not self.port or (attempt and not self._fixed_port):
                self.port = free_port()
            self._spawn()
            if not wait:
                return self
            try:
                self.wait_ready(ready_seconds)
                return self
            except DaemonFailed:
                taken = "in use" in self.log_tail(4000)
                self.kill()
                if not taken or self._fixed_port:
                    raise
        raise DaemonFailed(f"no free port after five attempts\n{self.log_tail()}")

    def _spawn(self):
        command = [*self.wrapper, str(self.binary), "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.data_dir)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENTBUS_")}
        environment.update({name: str(value) for name, value in self.environment.items()})
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command + self.arguments, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, env=environment, cwd=self._home)

    def wait_ready(self, seconds=READY_SECONDS_MAX):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise DaemonFailed(f"eventbusd ended with {self.process.returncode} before it was ready\n{self.log_tail()}")
            try:
                if self.request("GET", "/_eventbus/ready", timeout=2).status == 200:
                    return
            except OSError:
                pass
            except http.client.HTTPException:
                pass
            time.sleep(0.01)
        raise DaemonFailed(f"eventbusd was not ready within {seconds} s\n{self.log_tail()}")

    def stop(self, seconds=20):
        """SIGTERM and wait: the exit code. Kills it and raises when it does not end in time."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise DaemonFailed(f"eventbusd did not stop within {seconds} s of SIGTERM\n{self.log_tail()}") from None

    def kill(self):
        """kill -9 of the daemon and of its wrapper, and wait."""
        if self.process is None:
            return
        if self.wrapper and self.process.poll() is None:
            for child in children_of(self.process.pid):
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def close(self):
        """Ends it without ceremony and removes what was made for it."""
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            print(f"--- tail of the log of eventbusd on port {self.port} ---\n{self.log_tail()}")
        self.close()

    # --- looking at it --------------------------------------------------------------------------------------------------------

    @property
    def endpoint(self):
        return f"{'https' if self.ca_file else 'http'}://127.0.0.1:{self.port}"

    def request(self, method, path, body=None, headers=None, timeout=30):
        """One request on a connection of its own: a Reply with status, headers and body."""
        if self.ca_file:
            context = ssl.create_default_context(cafile=self.ca_file)
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def metrics(self):
        """{name: value} and {name{labels}: value} of /_eventbus/metrics; a name's value is the sum over its labels."""
        values = {}
        for line in self.request("GET", "/_eventbus/metrics").body.decode().splitlines():
            if not line or line.startswith("#"):
                continue
            series, _, value = line.rpartition(" ")
            values[series] = float(value)
            name = series.partition("{")[0]
            if name != series:
                values[name] = values.get(name, 0.0) + float(value)
        return values

    def log_tail(self, size=6000):
        try:
            return self.log_path.read_bytes()[-size:].decode(errors="replace")
        except FileNotFoundError:
            return "(no log)"


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def __repr__(self):
        return f"Reply({self.status}, {self.headers}, {self.body[:500]!r})"


def children_of(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
