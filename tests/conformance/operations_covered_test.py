"""The feature matrix is honest: every operation that the tables call implemented has a conformance case, and every case names an
operation that is implemented."""

import ast
import pathlib
import subprocess

import pytest

from daemon import find_program

HERE = pathlib.Path(__file__).resolve().parent


def implemented():
    program = find_program("list-operations")
    assert program, "list-operations is not built"
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines if line.strip()]
    assert len(rows) >= 57 + 23 + 1, "the tables do not list all operations"
    return {f"{service}.{operation}" for service, operation, state in rows if state == "yes"}, {
        f"{service}.{operation}" for service, operation, _ in rows}


def covered():
    """What the `covers(…)` decorators of this folder name, read from the source: constants, and lists made of a constant table."""
    names = set()
    for path in HERE.glob("*_test.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tables = {node.targets[0].id: node.value for node in tree.body
                  if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Dict)}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) in ("covers", "pytest.mark.covers")):
                continue
            for argument in node.args:
                if isinstance(argument, ast.Constant):
                    names.add(argument.value)
                elif isinstance(argument, ast.Starred):
                    table = next(name.id for name in ast.walk(argument) if isinstance(name, ast.Name) and name.id in tables)
                    names |= {f"sqs.{key.value}" for key in tables[table].keys}
    return names


@pytest.mark.parametrize("kind", ["implemented without a case", "a case without an operation"])
def test_cases_and_tables_agree(kind):
    done, known = implemented()
    cases = covered()
    if kind == "implemented without a case":
        assert done - cases == set()
    else:
        assert cases - done == set(), f"named by a case, but not implemented (unknown: {cases - known})"
