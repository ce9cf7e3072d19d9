"""Calls that the product must not make: time and chance come from Clock and Rng, output from the logger, and nothing sleeps."""

import re

from tree import cpp_files, text

PRODUCT = ("base/", "rules-engine/", "storage/", "bus/", "net/", "adapters/", "daemon/", "cli/", "workers/")

BANNED = {
    r"\b(system_clock|steady_clock|high_resolution_clock)::now\b": "time comes from Clock",
    r"\b(clock_gettime|gettimeofday|std::time|::time)\s*\(": "time comes from Clock",
    r"\b(std::)?(rand|srand|rand_r|random)\s*\(": "chance comes from Rng",
    r"\brandom_device\b|\bmt19937": "chance comes from Rng",
    r"\bstd::(cout|cerr|clog)\b|\b(printf|puts|fprintf)\s*\(": "output goes through the logger",
    r"\bsleep_for\b|\bsleep_until\s*\(\s*std|\bu?sleep\s*\(|\bnanosleep\b": "waiting is co_await clock.sleep_until",
    r"\bgetenv\b|\bsetenv\b": "the environment is read once, by the configuration",
    r"\.detach\s*\(\s*\)|\bstd::async\b": "a thread has an owner that joins it",
    r"\b(localtime|gmtime|ctime|strtok)\s*\(": "not safe with threads",
    r"\b(strcpy|strcat|sprintf|gets|atoi|atol)\s*\(": "no bounds or no errors",
    r"\busing namespace (?!std::(string_view_)?literals|std::chrono_literals)": "names are qualified",
    r"\b(TODO|FIXME|XXX)\b": "an open end is an issue, not a comment",
}

# (file, pattern) -> why it may. An entry that nothing uses any more fails the test.
ALLOWED = {
    ("base/rng.h", "chance comes from Rng"): "SeededRng is an Rng",
    ("base/stopwatch.cpp", "time comes from Clock"): "how long a request took, for metrics: no behaviour hangs on it",
    ("base/clock.cpp", "time comes from Clock"): "SystemClock is where the system's clock becomes a Clock",
    ("cli/main.cpp", "the environment is read once, by the configuration"): "it is read once, here",
    ("base/rng.cpp", "chance comes from Rng"): "the operating system's entropy becomes an Rng",
}


def code_of(line, in_comment):
    """The line without comments and string literals: (code, still inside a block comment)."""
    if in_comment:
        _, end, line = line.partition("*/")
        if not end:
            return "", True
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    line = re.sub(r"/\*.*?\*/", "", line)
    before, begin, _ = line.partition("/*")
    return before.partition("//")[0], bool(begin)


# A file with a main is a program: it may print, and use the names of its own library.
PROGRAMS_MAY = {"output goes through the logger", "names are qualified"}


def findings():
    for path in cpp_files():
        name = str(path)
        if not name.startswith(PRODUCT):
            continue
        in_comment = False
        program = re.search(r"^int main\(", text(path), re.MULTILINE)
        for number, line in enumerate(text(path).splitlines(), 1):
            code, in_comment = code_of(line, in_comment)
            for pattern, reason in BANNED.items():
                where = line if reason.startswith("an open end") else code
                if program and reason in PROGRAMS_MAY:
                    continue
                if re.search(pattern, where):
                    yield name, number, reason, line.strip()


def test_nothing_banned_is_called():
    wrong = [f"{name}:{number}: {reason}: {line}" for name, number, reason, line in findings() if (name, reason) not in ALLOWED]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_allowance_is_used():
    used = {(name, reason) for name, _, reason, _ in findings()}
    assert [entry for entry in ALLOWED if entry not in used] == []


def test_headers_guard_themselves():
    assert [str(path) for path in cpp_files() if path.suffix == ".h" and "#pragma once" not in text(path)] == []
