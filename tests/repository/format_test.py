"""What a formatter or a linter can decide: clang-format on all C++, shellcheck on all shell scripts, syntax of all Python."""

import ast
import shutil
import subprocess

import pytest

from tree import PROJECT, cpp_files, files, text


def test_cpp_is_formatted():
    program = shutil.which("clang-format-16")
    if not program:
        pytest.skip("clang-format-16 is not installed")
    done = subprocess.run([program, "--dry-run", "--Werror", *map(str, cpp_files())], cwd=PROJECT, capture_output=True, text=True, check=False)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    assert done.returncode == 0, f"not formatted (clang-format-16 -i FILE): {wrong}\n{done.stderr[-2000:]}"


def shell_scripts():
    scripts = []
    for path in files():
        if path.suffix in (".sh", ""):
            try:
                first = text(path).split("\n", 1)[0]
            except UnicodeDecodeError:
                continue
            if path.suffix == ".sh" or (first.startswith("#!") and ("bash" in first or first.rstrip().endswith("/sh"))):
                scripts.append(str(path))
    return scripts


def test_shell_scripts_pass_shellcheck():
    scripts = shell_scripts()
    assert {"test", "tools/install-packages"} <= set(scripts)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    # SC2317, "unreachable", takes functions that a trap calls for dead code.
    done = subprocess.run(["shellcheck", "-x", "-e", "SC2317", *scripts], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_python_parses_and_has_no_tabs():
    for path in files(".py"):
        source = text(path)
        ast.parse(source, str(path))
        assert "\t" not in source.replace("\\t", ""), path


def test_text_files_end_with_one_newline_and_have_no_trailing_blanks():
    wrong = []
    for path in files(".cpp", ".h", ".py", ".md", ".cmake", ".yaml", ".yml", ".tf", ".sh"):
        content = text(path)
        if content and not content.endswith("\n") or content.endswith("\n\n"):
            wrong.append(f"{path}: does not end with one newline")
        wrong += [f"{path}:{number}: trailing blanks" for number, line in enumerate(content.splitlines(), 1)
                  if line != line.rstrip() and path.suffix != ".md"]
        if "\r" in content:
            wrong.append(f"{path}: carriage returns")
    assert not wrong, "\n" + "\n".join(wrong)
