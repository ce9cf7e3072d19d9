"""eventbusctl schemas: contracts compared and tested without a daemon, and bound to a daemon's buses."""

import json

import pytest

import eventbusctl
from daemon import Daemon
from raw_aws import RawAws
from tree import PROJECT

CONTRACTS = PROJECT / "schemas"
V1, V2 = CONTRACTS / "transcription-completed.v1.json", CONTRACTS / "transcription-completed.v2.json"
AUDIO = CONTRACTS / "audio-uploaded.v1.json"


def examples(name, kind="valid"):
    return [example["detail"] for example in json.loads((CONTRACTS / "examples" / f"{name}.json").read_text())[kind]]


def event(detail, source="custom.upload-service", detail_type="Audio Uploaded"):
    return {"version": "0", "source": source, "detail-type": detail_type, "detail": detail}


# --- check

def test_a_compatible_change(ctl):
    done = ctl("schemas", "check", '{"required":["a","b"]}', '{"required":["a"]}')
    assert (done.status, done.out, done.error) == (0, "backward compatible\n", "")


def test_a_breaking_change_says_where_and_why(ctl):
    done = ctl("schemas", "check", V1, V2)
    assert done.status == 1
    assert done.lines[0] == 'breaking: /error must have "retryable" now'
    assert done.lines[-1] == "not backward compatible"
    assert 'breaking: the document must have "error" now, by `if`' in done.lines


def test_forward_and_full(ctl):
    older, newer = '{"enum":["a"]}', '{"enum":["a","b"]}'
    assert ctl("schemas", "check", older, newer).status == 0
    done = ctl("schemas", "check", older, newer, "--direction", "forward")
    assert (done.status, done.lines) == (1, ['breaking: the document may be "b" now', "not forward compatible"])
    done = ctl("schemas", "check", older, newer, "--direction", "full")
    assert (done.status, done.lines[0], done.lines[-1]) == (1, "backward compatible", "not forward compatible")


def test_notes_break_only_if_they_are_asked_to(ctl):
    older, newer = '{"type":"object"}', '{"type":"object","properties":{"a":{"type":"string"}}}'
    done = ctl("schemas", "check", older, newer)
    assert done.status == 0 and done.lines[0].startswith("note: /a is described now")
    assert ctl("schemas", "check", older, newer, "--strict").status == 1


def test_findings_as_json(ctl):
    done = ctl("schemas", "check", "{}", '{"required":["a"]}', "--json")
    assert done.status == 1
    assert [json.loads(line) for line in done.lines] == [{"direction": "backward", "kind": "breaking", "path": "", "reason": 'must have "a" now'}]


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["nowhere.json", "{}"], "nowhere.json"),
    (["{}", '{"type":"strin"}'], "the argument: at /type: must be a type of JSON"),
    (['{"$ref":"#"}', "{}"], "refers to itself"),
    (["{}"], "NEW is required"),
    (["{}", "{}", "--direction", "sideways"], "--direction"),
])
def test_what_cannot_be_compared(ctl, arguments, complaint):
    done = ctl("schemas", "check", *arguments)
    assert done.status == 2 and complaint in done.error and done.out == ""


# --- test

def test_events_against_a_contract(ctl, tmp_path):
    (tmp_path / "events.jsonl").write_text("\n".join(json.dumps(event(detail)) for detail in examples("audio-uploaded.v1")) + "\n\n")
    assert ctl("schemas", "test", AUDIO, "events.jsonl").status == 0
    bad = examples("audio-uploaded.v1", "invalid")[5]
    done = ctl("schemas", "test", AUDIO, stdin=json.dumps(event(examples("audio-uploaded.v1")[0])) + "\n" + json.dumps(event(bad)) + "\n")
    assert (done.status, done.out) == (1, "standard input:2: /metadata/size must be at least 0, is -1\n")
    done = ctl("schemas", "test", AUDIO, "--json", stdin=json.dumps(event(bad)))
    assert json.loads(done.out) == {"event": "standard input", "path": "/metadata/size", "reason": "must be at least 0, is -1"}


def test_a_plain_schema_is_about_what_is_given(ctl):
    assert ctl("schemas", "test", '{"required":["a"]}', '{"a":1}').status == 0
    assert ctl("schemas", "test", '{"required":["a"]}', '{"b":1}').out == 'the argument: the document must have "a"\n'
    done = ctl("schemas", "test", '{"required":["a"]}', '{"b":1}', "--subject", "detail")
    assert done.status == 2 and 'has no "detail"' in done.error


def test_an_envelopes_version_is_what_is_said(ctl):
    schema = '{"properties":{"version":{"const":"1.0"}}}'
    assert ctl("schemas", "test", schema, '{"version":"0","detail":{}}', "--subject", "envelope").status == 1
    assert ctl("schemas", "test", schema, '{"version":"0","detail":{}}', "--subject", "envelope", "--version", "1.0").status == 0


def test_a_line_that_is_no_json_ends_it(ctl):
    done = ctl("schemas", "test", AUDIO, stdin=json.dumps(event(examples("audio-uploaded.v1")[0])) + "\n{\n")
    assert done.status == 2 and "standard input:2: cannot be read as JSON" in done.error


# --- with a daemon

class World:
    counter = 333300000000

    def __init__(self, daemon, cwd):
        World.counter += 1
        self.account, self.daemon, self.cwd = str(World.counter), daemon, cwd

    def __call__(self, *arguments, stdin=b""):
        return eventbusctl.run("schemas", *arguments, cwd=self.cwd, stdin=stdin, environment={
            "EVENTBUS_ENDPOINT": self.daemon.endpoint, "AWS_ACCESS_KEY_ID": self.account, "AWS_REGION": "us-east-1"})

    def arn(self, bus="default"):
        return f"arn:aws:events:us-east-1:{self.account}:event-bus/{bus}"

    def put(self, detail):
        entry = {"Source": "custom.upload-service", "DetailType": "Audio Uploaded", "Detail": json.dumps(detail)}
        return RawAws(self.daemon.port, account=self.account).call("events", "PutEvents", Entries=[entry])["Entries"][0]


@pytest.fixture
def schemas(daemon, tmp_path):
    return World(daemon, tmp_path)


def test_bind_mode_put_unbind(schemas):
    assert schemas("bind", AUDIO).out == "audio-uploaded.v1 bound\n"
    assert schemas("bind", AUDIO).out == "audio-uploaded.v1 was bound already\n"
    assert "EventId" in schemas.put({})
    assert schemas("mode", "reject").out == "mode reject\n"
    assert schemas.put({})["ErrorCode"] == "SchemaViolation"
    assert schemas("unbind", "audio-uploaded", "1").out == "audio-uploaded.v1 unbound\n"
    assert schemas("unbind", "audio-uploaded", "1").status == 1
    assert "EventId" in schemas.put({})


def test_list_shows_what_is_bound(schemas):
    assert schemas("list", "--bus", schemas.arn()).status == 1
    schemas("bind", AUDIO)
    schemas("mode", "off", "--bus", "other")
    line = f"{schemas.arn()}\twarn\taudio-uploaded.v1\tcustom.upload-service\tAudio Uploaded\tdetail\tcatalog"
    assert schemas("list", "--bus", schemas.arn()).lines == [line]
    everything = schemas("list").lines
    assert line in everything and f"{schemas.arn('other')}\toff" in everything
    bus = json.loads(schemas("list", "--json", "--bus", "default").out)
    assert bus["contracts"][0]["fits"] == 0 and bus["modeFrom"] == "default"


def test_what_the_command_line_says_wins(schemas, tmp_path):
    (tmp_path / "plain.json").write_text('{"required":["n"]}')
    refused = schemas("bind", "plain.json")
    assert refused.status == 2 and "or give --name" in refused.error
    assert schemas("bind", "plain.json", "--name", "numbers", "--version", "2.1", "--source", "s", "--detail-type", "d", "--subject", "envelope").status == 0
    line = f"{schemas.arn()}\twarn\tnumbers.v2.1\ts\td\tenvelope\tcatalog"
    assert schemas("list", "--bus", "default").lines == [line]


def test_validate_asks_the_bus(schemas):
    schemas("bind", V1)
    schemas("bind", V2)
    about = {"source": "custom.transcription-service", "detail_type": "Transcription Completed"}
    assert schemas("validate", stdin=json.dumps(event(examples("transcription-completed.v1")[1], **about))).status == 0
    done = schemas("validate", stdin=json.dumps(event({**examples("transcription-completed.v2")[0], "status": "done"}, **about)))
    assert done.status == 1
    assert done.lines[0] == 'standard input: transcription-completed.v2: /status must be one of "completed", "failed", "partial", is "done"'
    assert done.lines[1].startswith("standard input: transcription-completed.v1: /status")
    assert schemas("validate", stdin=json.dumps(event({}))).out == "standard input: no contract is bound for it\n"


def test_refusals_of_the_daemon(schemas, tmp_path):
    (tmp_path / "loop.v1.json").write_text('{"x-eventbus":{"source":"s","detailType":"d"},"$ref":"#"}')
    assert "refers to itself" in schemas("bind", "loop.v1.json").error
    (tmp_path / "audio-uploaded.v1.json").write_text('{"x-eventbus":{"source":"s","detailType":"d"}}')
    schemas("bind", AUDIO)
    changed = schemas("bind", "audio-uploaded.v1.json")
    assert changed.status == 2 and "versions do not change" in changed.error
    assert schemas("mode", "strict").status == 2


def test_without_a_daemon(ctl):
    done = ctl("--endpoint", "http://127.0.0.1:9", "schemas", "list")
    assert done.status == 2 and "no answer from" in done.error


# --- asyncapi: checked by hand against AsyncAPI's own JSON Schema of 3.0.0, and here for what that cannot see


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from references(each)


def at(document, reference):
    assert reference.startswith("#/"), reference
    for name in reference[2:].split("/"):
        document = document[name.replace("~1", "/").replace("~0", "~")]
    return document


def test_the_story_as_an_asyncapi_document(ctl):
    """Who sends what to whom, read from the document alone: rules, queues and contracts of examples/transcription."""
    with Daemon(["--config", PROJECT / "examples/transcription/eventbusd.yaml", "--schemas-dir", CONTRACTS]) as daemon:
        done = ctl("--endpoint", daemon.endpoint, "schemas", "asyncapi", "--bus", "app-events")
        assert ctl("--endpoint", daemon.endpoint, "schemas", "asyncapi", "--bus", "none").status == 2
    document = json.loads(done.out)
    assert done.status == 0 and document["asyncapi"] == "3.0.0" and document["info"]["title"]
    for reference in set(references(document)):
        at(document, reference)
    consumers = {}
    for name, operation in document["operations"].items():
        if operation["action"] == "send":
            consumers[operation["channel"]["$ref"].rpartition(".")[2]] = [at(document, each["$ref"]) for each in operation["messages"]]
            assert operation["x-eventbridge-rule"]["state"] == "ENABLED", name
    assert set(consumers) == {"transcription-jobs", "search", "notifications"}
    [upload] = consumers["transcription-jobs"]
    upload = at(document, upload["$ref"])
    assert (upload["name"], upload["x-eventbridge-schema"]["registry"]) == ("Audio Uploaded", "contracts")
    envelope = at(document, upload["payload"]["$ref"])
    detail = at(document, envelope["properties"]["detail"]["$ref"])
    contract = json.loads(AUDIO.read_text())
    assert detail["required"] == contract["required"] and set(detail["properties"]) == set(contract["properties"])
