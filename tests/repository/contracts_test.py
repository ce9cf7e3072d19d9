"""Published contracts (schemas/) are never edited: consumers rely on what was published, not on what it became."""

import hashlib
import importlib.machinery
import importlib.util
import json
import subprocess

import pytest

from tree import PROJECT

SCHEMAS = PROJECT / "schemas"


def load_tool():
    loader = importlib.machinery.SourceFileLoader("publish_contract", str(PROJECT / "tools/publish-contract"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


TOOL = load_tool()


def test_every_contract_is_published_as_it_stands():
    assert len(TOOL.contracts()) >= 6
    assert list(TOOL.problems()) == []


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A tree of contracts of the test's own, with one that has been published."""
    monkeypatch.setattr(TOOL, "SCHEMAS", tmp_path)
    monkeypatch.setattr(TOOL, "LOCK", tmp_path / "published.lock")
    monkeypatch.setattr("sys.argv", ["publish-contract"])
    (tmp_path / "retired").mkdir()
    (tmp_path / "a.v1.json").write_text("{}")
    assert TOOL.main() == 0 and list(TOOL.problems()) == []
    return tmp_path


def test_an_edit_of_a_published_version_is_found_and_not_published(copy):
    (copy / "a.v1.json").write_text('{"type": "object"}')
    assert [problem.split(" ")[0] for problem in TOOL.problems()] == ["a.v1.json"] and "was edited" in next(TOOL.problems())
    before = (copy / "published.lock").read_text()
    assert TOOL.main() == 1 and (copy / "published.lock").read_text() == before


def test_a_published_version_may_retire_but_not_disappear(copy):
    (copy / "a.v1.json").rename(copy / "retired/a.v1.json")
    assert list(TOOL.problems()) == []
    (copy / "retired/a.v1.json").unlink()
    assert "is gone" in next(TOOL.problems())


def test_the_next_version_stands_beside_it(copy):
    (copy / "a.v2.json").write_text('{"type": "object"}')
    assert "is not published" in next(TOOL.problems())
    assert TOOL.main() == 0 and list(TOOL.problems()) == []
    assert len(TOOL.read_lock((copy / "published.lock").read_text())) == 2


def test_no_commit_has_changed_a_digest():
    """The lock itself only grows, as far back as this clone remembers."""
    git = ["git", "-C", str(PROJECT)]
    if subprocess.run([*git, "rev-parse", "--git-dir"], capture_output=True, check=False).returncode != 0:
        pytest.skip("not a clone")
    commits = subprocess.run([*git, "log", "--format=%H", "--", "schemas/published.lock"], capture_output=True, text=True, check=True)
    now = TOOL.read_lock((SCHEMAS / "published.lock").read_text())
    for commit in commits.stdout.split():
        then = subprocess.run([*git, "show", f"{commit}:schemas/published.lock"], capture_output=True, text=True, check=False)
        if then.returncode == 0:
            assert TOOL.read_lock(then.stdout).items() <= now.items(), f"{commit} had other digests"


def test_the_lock_holds_sha256_of_the_bytes():
    name, digest = next(iter(TOOL.read_lock((SCHEMAS / "published.lock").read_text()).items()))
    path = SCHEMAS / name if (SCHEMAS / name).exists() else SCHEMAS / "retired" / name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", sorted(TOOL.contracts()))
def test_every_contract_has_examples(name):
    examples = json.loads((SCHEMAS / "examples" / name).read_text())
    assert len(examples["valid"]) >= 2 and len(examples["invalid"]) >= 5
