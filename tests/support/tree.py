"""The project's own files, for the repository tests. Standard library only."""

import pathlib
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {"build", ".git", "node_modules", "eventbus-data", "__pycache__", ".pytest_cache"}


def files(*suffixes, under="."):
    """Every file of the project with one of these endings (all files without), sorted; relative paths. Asks git, so that what is
    ignored does not count; walks the folders where there is no git."""
    root = PROJECT / under
    listed = subprocess.run(["git", "-C", str(PROJECT), "ls-files", "--cached", "--others", "--exclude-standard", "--", under],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        paths = [pathlib.Path(line) for line in listed.stdout.splitlines()]
    else:
        paths = [path.relative_to(PROJECT) for path in root.rglob("*") if path.is_file()]
    paths = [path for path in paths if not SKIPPED_FOLDERS & set(path.parts) and (PROJECT / path).is_file()]
    return sorted(path for path in paths if not suffixes or path.suffix in suffixes)


def cpp_files():
    return files(".cpp", ".h")


def text(path):
    return (PROJECT / path).read_text(encoding="utf-8")
