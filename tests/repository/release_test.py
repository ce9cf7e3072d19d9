"""What belongs together says the same: version and changelog, program and README, licence."""

import re
import subprocess
import sys

import pytest

from daemon import find_program
from tree import PROJECT, text


def version():
    return re.search(r"project\(eventbusd VERSION (\S+)", text("CMakeLists.txt")).group(1)


def test_the_changelog_has_an_entry_for_the_version():
    assert re.search(rf"^## \[?{re.escape(version())}\]?", text("CHANGELOG.md"), re.MULTILINE), f"CHANGELOG.md says nothing of {version()}"


def test_the_program_says_the_version():
    program = find_program("eventbusd")
    assert program, "eventbusd is not built"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert version() in done.stdout


def test_the_feature_matrix_is_what_the_tables_say():
    program = find_program("list-operations")
    assert program, "list-operations is not built"
    done = subprocess.run([sys.executable, str(PROJECT / "tools/feature-matrix"), str(program), "--check"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


def test_every_package_is_listed_once_with_a_reason():
    rows = [line.split(None, 2) for line in text("tools/packages.txt").splitlines() if line and not line.startswith("#")]
    assert all(len(row) == 3 for row in rows)
    names = [(row[0], row[1]) for row in rows]
    assert len(set(names)) == len(names)


def test_the_licence_is_apache_2():
    assert "Apache License" in text("LICENSE") and "Version 2.0" in text("LICENSE")


@pytest.mark.parametrize("path", [".clang-format", ".clang-tidy", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md", "run", "test"])
def test_what_newcomers_look_for_is_there(path):
    assert (PROJECT / path).exists()
