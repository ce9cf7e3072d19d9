"""eventbusctl match: rule files over JSON lines, as a shell sees it."""

import json
import resource
import subprocess

import pytest

from eventbusctl import PROGRAM

RULES = {"big-orders": {"detail": {"total": [{"numeric": [">", 100]}]}}, "shop": {"source": ["shop"]}}
EVENTS = ['{"source":"shop","detail":{"total":150}}', '{"source":"x"}', '{"source":"shop","detail":{"total":5}}']


@pytest.fixture
def files(tmp_path):
    (tmp_path / "rules.json").write_text(json.dumps(RULES))
    (tmp_path / "events.jsonl").write_text("\n".join(EVENTS) + "\n")
    return tmp_path


def test_prints_line_rules_and_event_of_each_match(ctl, files):
    done = ctl("match", "rules.json", "events.jsonl")
    assert (done.status, done.error) == (0, "")
    assert done.lines == [f"1\tbig-orders, shop\t{EVENTS[0]}", f"3\tshop\t{EVENTS[2]}"]


def test_reads_standard_input_without_files_and_for_a_dash(ctl, files):
    text = "\r\n".join(EVENTS)
    expected = ctl("match", "rules.json", "events.jsonl").out
    assert ctl("match", "rules.json", stdin=text).out == expected
    assert ctl("match", "rules.json", "-", stdin=text).out == expected
    assert ctl("match", "-", "events.jsonl", stdin=json.dumps(RULES)).out == expected
    both = ctl("match", "-", stdin=text)
    assert both.status == 2 and "cannot both come from standard input" in both.error


def test_names_the_file_where_there_are_several(ctl, files):
    (files / "more.jsonl").write_text(EVENTS[1] + "\n" + EVENTS[2])
    assert ctl("match", "rules.json", "events.jsonl", "more.jsonl", "--names").lines == [
        "events.jsonl:1\tbig-orders, shop", "events.jsonl:3\tshop", "more.jsonl:2\tshop"]


def test_names_leaves_the_events_out(ctl, files):
    assert ctl("match", "rules.json", "events.jsonl", "--names").lines == ["1\tbig-orders, shop", "3\tshop"]


def test_json_lines_hold_line_rules_and_the_event_to_the_letter(ctl, files):
    odd = '{"source": "shop", "n": 12345678901234567890, "n": 1e400}'
    done = ctl("match", "rules.json", "--json", stdin=odd)
    assert done.out == '{"line":1,"rules":["shop"],"event":' + odd + "}\n"
    assert ctl("match", "rules.json", "--json", "--names", stdin=odd).out == '{"line":1,"rules":["shop"]}\n'
    several = ctl("match", "rules.json", "events.jsonl", "events.jsonl", "--json")
    assert [json.loads(line)["file"] for line in several.lines] == ["events.jsonl"] * 4


def test_count_counts_per_rule(ctl, files):
    assert ctl("match", "rules.json", "events.jsonl", "--count").out == "1\tbig-orders\n2\tshop\n2\tof 3 events\n"
    assert json.loads(ctl("match", "rules.json", "events.jsonl", "--count", "--json").out) == {
        "events": 3, "matched": 2, "rules": {"big-orders": 1, "shop": 2}}


def test_unmatched_shows_the_others(ctl, files):
    done = ctl("match", "rules.json", "events.jsonl", "--unmatched")
    assert (done.status, done.out) == (0, f"2\t{EVENTS[1]}\n")
    assert ctl("match", "rules.json", "events.jsonl", "--unmatched", "--json").out == f'{{"line":2,"event":{EVENTS[1]}}}\n'
    assert ctl("match", "rules.json", "--unmatched", stdin=EVENTS[0]).status == 1


def test_exit_status_is_that_of_grep(ctl, files):
    assert ctl("match", "rules.json", stdin=EVENTS[1]).status == 1
    assert ctl("match", "rules.json", stdin="").status == 1
    quiet = ctl("match", "rules.json", "events.jsonl", "--quiet")
    assert (quiet.status, quiet.out) == (0, "")
    assert ctl("match", "rules.json", "-q", stdin=EVENTS[1]).status == 1
    missing = ctl("match", "rules.json", "nowhere.jsonl", "events.jsonl", "--names")
    assert missing.status == 2 and len(missing.lines) == 2
    assert missing.error == "eventbusctl: nowhere.jsonl: No such file or directory\n"


def test_bad_lines_are_named_counted_and_passed_over(ctl, files):
    done = ctl("match", "rules.json", "--names", stdin="\n".join([EVENTS[0], '{"a":', "", "[1]", EVENTS[2], "\xff"]))
    assert done.status == 2
    assert done.lines == ["1\tbig-orders, shop", "5\tshop"]
    assert [line.split(": ")[1] for line in done.error.splitlines()] == ["line 2", "line 4", "line 6", "3 lines were no event"]


def test_many_bad_lines_do_not_flood(ctl, files):
    done = ctl("match", "rules.json", stdin="no\n" * 5000)
    assert done.status == 2 and len(done.error.splitlines()) == 12
    assert "5000 lines were no event" in done.error


def test_a_pattern_may_stand_in_place_of_the_rules(ctl, files):
    pattern = '{"source":[{"prefix":"sh"}]}'
    (files / "pattern.json").write_text(pattern)
    for given in (pattern, "pattern.json"):
        assert ctl("match", "--pattern", given, "events.jsonl", "--names").lines == ["1\tpattern", "3\tpattern"]
    faulty = ctl("match", "--pattern", '{"source":[]}', "events.jsonl")
    assert faulty.status == 2 and "Reason: Empty arrays are not allowed" in faulty.error


def test_output_of_list_rules_is_a_rule_file(ctl, files):
    listed = {"Rules": [{"Name": "shop", "Arn": "arn:aws:events:us-east-1:000000000000:rule/shop", "State": "ENABLED",
                         "EventPattern": json.dumps(RULES["shop"]), "EventBusName": "default"},
                        {"Name": "off", "State": "DISABLED", "EventPattern": json.dumps(RULES["shop"])},
                        {"Name": "nightly", "State": "ENABLED", "ScheduleExpression": "rate(1 day)"}]}
    done = ctl("match", "-", "events.jsonl", "--names", stdin=json.dumps(listed, indent=4))
    assert done.lines == ["1\tshop", "3\tshop"]
    assert done.error.splitlines() == ["eventbusctl: left out: off: it is disabled", "eventbusctl: left out: nightly: it has no event pattern"]


def test_all_faulty_rules_are_named_before_any_event_is_read(ctl, files):
    (files / "faulty.json").write_text('{"a":{"x":[]},"b":{"x":[1]},"c":{"x":[{"prefix":1}]}}')
    done = ctl("match", "faulty.json", "events.jsonl")
    assert done.status == 2 and done.out == ""
    assert 'rule "a"' in done.error and 'rule "c"' in done.error and 'rule "b"' not in done.error


def test_explain_tells_of_one_rule_on_every_event(ctl, files):
    done = ctl("match", "rules.json", "events.jsonl", "--explain", "big-orders")
    assert done.status == 0
    assert done.lines[0] == "1: match" and "2: no match" in done.lines
    assert "               5 is not > 100" in done.lines
    rows = [json.loads(line) for line in ctl("match", "rules.json", "events.jsonl", "--explain", "shop", "--json").lines]
    assert [(row["line"], row["rule"], row["explanation"]["matches"]) for row in rows] == [(1, "shop", True), (2, "shop", False),
                                                                                            (3, "shop", True)]
    unknown = ctl("match", "rules.json", "events.jsonl", "--explain", "nope")
    assert unknown.status == 2 and 'there is no rule "nope"' in unknown.error


def test_time_says_how_many_events_a_second(ctl, files):
    done = ctl("match", "rules.json", "events.jsonl", "--count", "--time")
    assert done.error.startswith("2 rules compiled in ") and "\n3 events, " in done.error and " events/s; " in done.error


def test_matches_show_while_a_pipe_is_open(files):
    process = subprocess.Popen([PROGRAM, "match", "rules.json", "--names"], cwd=files, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})
    try:
        for event, expected in ((EVENTS[0], b"1\tbig-orders, shop\n"), (EVENTS[2], b"2\tshop\n")):
            process.stdin.write(event.encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == expected
    finally:
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        process.stdout.close()


def test_a_long_line_is_matched_and_memory_stays_constant(files):
    """300 MB of events, then a line of 5 MB, in 150 MB of memory."""
    event = b'{"source":"x","filler":"' + b"x" * 976 + b'"}\n'
    block = event * 10_000

    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (150_000_000, 150_000_000))

    process = subprocess.Popen([PROGRAM, "match", "rules.json", "--count", "--json"], cwd=files, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env={}, preexec_fn=limit)
    for _ in range(30):
        process.stdin.write(block)
    process.stdin.write(b'{"source":"shop","filler":"' + b"x" * 5_000_000 + b'"}\n')
    process.stdin.close()
    out = process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert json.loads(out) == {"events": 300_001, "matched": 1, "rules": {"big-orders": 0, "shop": 1}}


def test_a_full_disk_is_an_error(files):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, "match", "rules.json", "events.jsonl"], cwd=files, stdout=full, stderr=subprocess.PIPE, env={},
                              check=False)
    assert done.returncode == 2 and b"standard output cannot be written" in done.stderr


def test_wrong_arguments_are_errors_with_a_way_on(ctl, files):
    for arguments, expected in ((("match", "--nope"), "try eventbusctl match --help"), ((), "which command?"),
                                (("macth",), "try eventbusctl --help"), (("match",), "RULES is missing"),
                                (("match", "rules.json", "events.jsonl", "--count", "--names"), "excludes")):
        done = ctl(*arguments)
        assert done.status == 2 and expected in done.error and done.out == "", (arguments, done.error)


def test_help_and_version(ctl):
    assert ctl("--version").out.startswith("eventbusctl ")
    for command in ((), ("match",), ("explain",)):
        done = ctl(*command, "--help")
        assert done.status == 0 and "Examples:" in done.out and "Exit status:" in done.out
