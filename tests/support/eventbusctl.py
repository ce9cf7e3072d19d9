"""eventbusctl, run to its end. The program is the one beside the daemon that tests run (daemon.py)."""

import subprocess

from daemon import find_program

PROGRAM = find_program("eventbusctl")


class Done:
    def __init__(self, status, out, error):
        self.status, self.out, self.error = status, out, error

    @property
    def lines(self):
        return self.out.splitlines()


def run(*arguments, cwd, stdin=b"", environment=None, timeout=60):
    """Without any EVENTBUS_ variable but those of `environment`."""
    text = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=text, cwd=cwd, env=environment or {}, capture_output=True, timeout=timeout,
                          check=False)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
