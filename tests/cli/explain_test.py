"""eventbusctl explain, without a daemon."""

import json

PATTERN = '{"source":["shop"],"detail":{"state":["running",{"prefix":"r"}]}}'
STOPPED = '{"source":"shop","detail":{"state":"stopped"}}'


def test_names_the_field_the_condition_and_the_value_seen(ctl):
    done = ctl("explain", "--pattern", PATTERN, "--event", STOPPED)
    assert (done.status, done.error) == (1, "")
    assert done.lines == ["no match", "  detail.state: no value fits", '    asked for  "running" or {"prefix":"r"}',
                          '    seen       "stopped" at detail.state', '               "stopped" is not "running"',
                          '               "stopped" does not begin with "r"', "  holds: source"]


def test_a_match_exits_with_zero(ctl):
    done = ctl("explain", "--pattern", PATTERN, "--event", STOPPED.replace("stopped", "run"))
    assert done.status == 0 and done.lines[0] == "match"


def test_json_tells_the_same(ctl):
    answer = json.loads(ctl("explain", "--pattern", PATTERN, "--event", STOPPED, "--json").out)
    assert answer["matches"] is False
    [branch] = answer["branches"]
    assert (branch["failure"], branch["failedPath"]) == ("field", "detail.state")
    field = answer["fields"][branch["failedField"]]
    assert field == {"path": "detail.state", "alternatives": ["running", {"prefix": "r"}], "verdict": "no-value-fits", "valueCount": 1,
                     "values": [{"place": "detail.state", "value": "stopped", "fits": False,
                                 "reasons": ['"stopped" is not "running"', '"stopped" does not begin with "r"']}]}


def test_reads_files_and_standard_input(ctl, tmp_path):
    (tmp_path / "pattern.json").write_text(PATTERN)
    (tmp_path / "event.json").write_text(json.dumps(json.loads(STOPPED), indent=2))
    expected = ctl("explain", "--pattern", PATTERN, "--event", STOPPED).out
    assert ctl("explain", "--pattern", "pattern.json", "--event", "event.json").out == expected
    assert ctl("explain", "--pattern", "pattern.json", "--event", "-", stdin=STOPPED).out == expected
    assert ctl("explain", "--pattern", "-", "--event", "event.json", stdin=PATTERN).out == expected


def test_takes_a_rule_of_a_rule_file(ctl, tmp_path):
    (tmp_path / "rules.json").write_text('{"one":' + PATTERN + ',"two":{"source":["x"]}}')
    assert ctl("explain", "--rules", "rules.json", "--rule", "two", "--event", STOPPED).lines[1] == "  source: no value fits"
    assert "which of the rules?" in ctl("explain", "--rules", "rules.json", "--event", STOPPED).error
    assert 'there is no rule "three"' in ctl("explain", "--rules", "rules.json", "--rule", "three", "--event", STOPPED).error


def test_what_cannot_be_read_is_an_error(ctl):
    for arguments, expected in ((("--pattern", '{"a":[]}', "--event", "{}"), "Reason: Empty arrays are not allowed"),
                                (("--pattern", '{"a":[1]}', "--event", "[1]"), "the argument: The event is not a JSON object"),
                                (("--pattern", '{"a":[1]}', "--event", "nowhere.json"), "nowhere.json: No such file or directory"),
                                (("--pattern", '{"a":[1]}'), "--event is required"), (("--event", "{}"), "--pattern")):
        done = ctl("explain", *arguments)
        assert done.status == 2 and expected in done.error and done.out == "", (arguments, done.error)
