"""Every command in the documentation is run, as it stands, against a running daemon.

The convention: a fenced block tagged `sh` holds commands. The blocks of one page are one script, run by bash (-euo pipefail) in a
folder that has everything the project's has, and takes what the commands write; with EVENTBUS_ENDPOINT and credentials in the
environment and our programs on the path. `<!-- expect: text -->` on the line before a block: its output must contain the text.
`<!-- run by: tests/… -->`: the block is run by that test instead (it needs root, a container, a minute). Blocks tagged `text`, `json`,
`yaml`, `cpp`, … are no commands; a block without a tag, or tagged bash or console, is an error, so that no command escapes by its
spelling.
"""

import os
import re
import shutil
import subprocess

import pytest

from daemon import Daemon, find_program
from tree import PROJECT, files, text

TAGS = {"sh", "text", "json", "yaml", "cpp", "hcl", "python", "javascript", "ini", "xml", "http", "dockerfile"}
SECONDS_MAX = 120


def blocks(page):
    """(line number, tag, directive or "", content) of each fenced block."""
    found, lines = [], text(page).splitlines()
    opened, directive = None, ""
    for number, line in enumerate(lines, 1):
        if opened is None and line.startswith("```"):
            opened, tag, content = number, line[3:].strip(), []
            before = lines[number - 2].strip() if number > 1 else ""
            directive = before if before.startswith("<!--") else ""
        elif opened is not None and line.startswith("```"):
            found.append((opened, tag, directive, "\n".join(content)))
            opened = None
        elif opened is not None:
            content.append(line)
    assert opened is None, f"{page}:{opened}: this block never ends"
    return found


PAGES = files(".md")
WITH_COMMANDS = [page for page in PAGES
                 if any(tag == "sh" and not directive.startswith("<!-- run by:") for _, tag, directive, _ in blocks(page))]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_blocks_say_what_they_are(page):
    wrong = [f"{page}:{line}: {tag or 'no tag'}" for line, tag, _, _ in blocks(page) if tag not in TAGS]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_tests_that_run_a_block_exist(page):
    for line, _, directive, _ in blocks(page):
        if match := re.match(r"<!-- run by: (\S+) -->", directive):
            assert (PROJECT / match.group(1)).exists(), f"{page}:{line}: {match.group(1)} is not there"


def test_there_are_commands_to_run():
    assert "README.md" in {str(page) for page in WITH_COMMANDS}


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=str)
def test_the_commands_of_a_page_work(page, tmp_path):
    if not shutil.which("aws"):
        pytest.skip("the AWS CLI is not installed")
    script = []
    for line, tag, directive, content in blocks(page):
        if tag == "sh" and not directive.startswith("<!-- run by:"):
            script += [f"echo '=== {page}:{line}'", content]
    for entry in PROJECT.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    with Daemon(["--durability", "memory"]) as daemon:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "EVENTBUS_"))}
        environment.update(EVENTBUS_ENDPOINT=daemon.endpoint, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                           AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="", AWS_EC2_METADATA_DISABLED="true",
                           PATH=f"{find_program('eventbusctl').parent}{os.pathsep}{os.environ['PATH']}")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(script)], cwd=tmp_path, env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_MAX, check=False)
    assert done.returncode == 0, done.stdout
    outputs = dict(re.findall(r"^=== \S+:(\d+)\n(.*?)(?=^=== |\Z)", done.stdout, re.MULTILINE | re.DOTALL))
    for line, _, directive, _ in blocks(page):
        if match := re.match(r"<!-- expect: (.+) -->", directive):
            assert match.group(1) in outputs[str(line)], f"{page}:{line}: no '{match.group(1)}' in\n{outputs[str(line)]}"
