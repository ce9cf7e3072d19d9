"""The layers: who may include whom, and where the heavy libraries may be seen (CONTRIBUTING.md, docs/architecture.md)."""

import re

from tree import cpp_files, text

# Folder -> the folders it may include, itself aside. The longest folder that a path begins with counts. What a layer reaches through
# the one below it, it may name; implementations of storage are named by the daemon and by tests.
MAY_INCLUDE = {
    "base": [],
    "rules-engine": ["base"],
    "schemas": ["base"],
    "storage": ["base"],
    "storage/memory": ["storage", "base"],
    "storage/rocksdb": ["storage", "base"],
    "bus": ["rules-engine", "schemas", "storage", "base"],
    "logs": ["bus", "schemas", "storage", "base"],
    "net": ["base"],
    "adapters/aws": ["bus", "logs", "net", "rules-engine", "schemas", "storage", "base"],
    "cli": ["bus", "net", "rules-engine", "schemas", "base"],
    "daemon": ["adapters/aws", "bus", "logs", "net", "rules-engine", "schemas", "storage", "base"],
    "workers/transcription": ["daemon", "adapters/aws", "net", "base"],
    "tests": None,
    "bench": None,
}
IMPLEMENTATIONS = ("storage/memory", "storage/rocksdb")
# The one file of the daemon that knows all types.
NAMES_IMPLEMENTATIONS = {"daemon/application.cpp"}

# Header prefix -> where it may be included from.
FENCED = {
    "boost/beast": ("net/", "bench/"),
    "rocksdb/": ("storage/rocksdb/", "bench/"),
    "simdjson": ("rules-engine/", "bus/", "adapters/aws/", "bench/", "tests/"),
    "prometheus/": ("daemon/", "bus/publisher_metrics", "bus/dispatcher_metrics", "bus/metric_family", "bus/replay_metrics", "bus/schedule_metrics", "bus/contract_metrics", "adapters/aws/targets/forward_metrics", "workers/", "tests/unit/daemon/", "tests/unit/bus/publisher_metrics"),
    "CLI/": ("daemon/", "cli/", "workers/", "tests/unit/daemon/", "bench/"),
    "yaml-cpp/": ("daemon/", "tests/unit/daemon/"),
    "valijson/": ("tests/",),
}
NEVER = {"boost/asio.hpp": "name the narrowest header, e.g. <boost/asio/awaitable.hpp>: this one costs every file that includes it seconds",
         "boost/beast.hpp": "name the narrowest header", "bits/stdc++.h": "not a standard header"}


def layer_of(path):
    matching = [layer for layer in MAY_INCLUDE if path.startswith(layer + "/")]
    return max(matching, key=len) if matching else None


def includes():
    for path in cpp_files():
        for number, line in enumerate(text(path).splitlines(), 1):
            if match := re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line):
                yield str(path), number, match.group(1) == '"', match.group(2)


def test_there_is_something_to_check():
    assert len(list(includes())) > 100


def test_every_file_belongs_to_a_layer():
    assert [str(path) for path in cpp_files() if layer_of(str(path)) is None] == []


def test_includes_follow_the_layers():
    wrong = []
    for path, number, _, header in includes():
        mine, theirs = layer_of(path), layer_of(header)
        if theirs is None or mine is None or MAY_INCLUDE[mine] is None or mine == theirs:
            continue
        if path in NAMES_IMPLEMENTATIONS and theirs in IMPLEMENTATIONS:
            continue
        if theirs not in MAY_INCLUDE[mine]:
            wrong.append(f"{path}:{number}: {mine} must not include {theirs} ({header})")
    assert not wrong, "\n" + "\n".join(wrong)


def test_own_headers_are_named_from_the_root():
    wrong = [f"{path}:{number}: {header}" for path, number, own, header in includes()
             if own and (header.startswith(".") or "/" not in header)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_heavy_libraries_stay_behind_their_fences():
    wrong = []
    for path, number, _, header in includes():
        for prefix, allowed in FENCED.items():
            if header.startswith(prefix) and not path.startswith(allowed):
                wrong.append(f"{path}:{number}: <{header}> is for {', '.join(allowed)}")
        if header in NEVER:
            wrong.append(f"{path}:{number}: <{header}>: {NEVER[header]}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_rocksdb_does_not_show_in_headers_of_interfaces():
    wrong = [str(path) for path in cpp_files() if str(path).startswith("storage/") and not str(path).startswith("storage/rocksdb/")
             and "rocksdb::" in text(path)]
    assert not wrong, "\n" + "\n".join(wrong)
