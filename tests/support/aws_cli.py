"""The unmodified AWS CLI against a daemon.

Starting Python and importing the CLI takes a second of processor time, fifty times over in a suite. So where the CLI belongs to the running
Python, it is imported once and every call is a fork of this process that runs the CLI's own main(): the same code with the same
arguments, environment, output and exit code, without the start. `started=True` starts the program as a shell does.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

try:
    from awscli import __version__ as imported_version
    from awscli import clidriver
except ImportError:
    clidriver = None


class CliFailed(Exception):
    """`code` is the AWS error code, "" when the CLI failed by itself; `text` is all it said."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text
        found = re.search(r"An error occurred \(([^)]+)\) when calling", text)
        self.code = found.group(1) if found else ""


class Cli:
    def __init__(self, endpoint, account, region="us-east-1"):
        self.program = shutil.which("aws")
        self.endpoint = endpoint
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {**kept, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": region,
                            "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
                            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def version(self):
        """(1, 45) or (2, 9)"""
        if clidriver:
            return tuple(int(part) for part in imported_version.split(".")[:2])
        text = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in re.search(r"aws-cli/(\d+)\.(\d+)", text).groups())

    def __call__(self, *arguments, cwd=None, started=False):
        """Runs `aws ARGUMENTS`; dicts and lists become JSON. The parsed answer, {} when there was none."""
        words = ["--endpoint-url", self.endpoint, "--output", "json",
                 *[argument if isinstance(argument, str) else json.dumps(argument) for argument in arguments]]
        run = self._fork if clidriver and not started else self._start
        status, output, errors = run(words, cwd)
        if status:
            raise CliFailed(errors.strip())
        return json.loads(output) if output.strip() else {}

    def _start(self, words, cwd):
        done = subprocess.run([self.program, *words], capture_output=True, text=True, env=self.environment, cwd=cwd,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def _fork(self, words, cwd):
        with tempfile.TemporaryDirectory() as folder:
            outputs = [pathlib.Path(folder) / "out", pathlib.Path(folder) / "err"]
            child = os.fork()
            if child == 0:
                self._become_the_cli(words, cwd, outputs)
            _, status = os.waitpid(child, 0)
            return os.waitstatus_to_exitcode(status), *[path.read_text(encoding="utf-8") for path in outputs]

    def _become_the_cli(self, words, cwd, outputs):
        """In the fork: never returns."""
        status = 70
        try:
            for descriptor, path in ((0, os.devnull), (1, outputs[0]), (2, outputs[1])):
                opened = os.open(path, os.O_RDWR | os.O_CREAT)
                os.dup2(opened, descriptor)
            sys.stdin, sys.stdout, sys.stderr = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8")
            models = os.environ.get("AWS_DATA_PATH", "")  # set by importing awscli
            os.environ.clear()
            os.environ.update(self.environment, AWS_DATA_PATH=models)
            os.chdir(cwd or os.getcwd())
            sys.argv = ["aws", *words]
            status = clidriver.main()
        except SystemExit as ended:
            status = ended.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
