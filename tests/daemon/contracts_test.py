"""Contracts on a running daemon: from its configuration file and by its admin API, in PutEvents, metrics, logs, after a crash."""

import itertools
import json
import shutil

import pytest

from daemon import Daemon, DaemonFailed
from raw_aws import RawAws
from tree import PROJECT

CONTRACTS = PROJECT / "schemas"
ACCOUNT = "000000000000"


def example(name, kind="valid", number=0):
    return json.loads((CONTRACTS / "examples" / f"{name}.json").read_text())[kind][number]["detail"]


def admin(daemon, command, status=200, **request):
    reply = daemon.request("POST", f"/_eventbus/schemas/{command}", json.dumps(request), {"Content-Type": "application/json"})
    assert reply.status == status, reply.body
    return json.loads(reply.body)


def audio_contract(**changes):
    return {"name": "audio-uploaded", "version": "1", "source": "custom.upload-service", "detailType": "Audio Uploaded",
            "schema": json.loads((CONTRACTS / "audio-uploaded.v1.json").read_text()), **changes}


class Put:
    """PutEvents of details of one source and detail-type to the bus of an account."""

    def __init__(self, daemon, account=ACCOUNT):
        self.aws = RawAws(daemon.port, account=account)

    def __call__(self, *details, source="custom.upload-service", detail_type="Audio Uploaded", bus="default"):
        entries = [{"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": bus} for detail in details]
        return self.aws.call("events", "PutEvents", Entries=entries)


def config_file(tmp_path, text):
    path = tmp_path / "eventbusd.yaml"
    path.write_text(text)
    return path


def test_a_bus_of_the_file_rejects_what_does_not_fit_and_takes_the_rest(tmp_path):
    path = config_file(tmp_path, f"schemas:\n  directory: {CONTRACTS}\n  buses:\n    - bus: default\n      mode: reject\n      contracts: [audio-uploaded, user-registered.v1]\n")
    with Daemon(["--config", path]) as daemon:
        answer = Put(daemon)(example("audio-uploaded.v1"), example("audio-uploaded.v1", "invalid", 5), {})
        assert answer["FailedEntryCount"] == 2
        assert "EventId" in answer["Entries"][0]
        assert answer["Entries"][1] == {"ErrorCode": "SchemaViolation", "ErrorMessage":
                                        "Event does not fit the contract audio-uploaded, version 1: /metadata/size must be at least 0, is -1."}
        assert answer["Entries"][2]["ErrorCode"] == "SchemaViolation"
        # Not in the list of the file.
        assert Put(daemon)({}, detail_type="Video Uploaded")["FailedEntryCount"] == 0
        [bus] = admin(daemon, "list")["buses"]
        assert (bus["mode"], bus["modeFrom"], bus["name"]) == ("reject", "configuration", "default")
        assert [(c["name"], c["version"], c["from"], c["fits"], c["violates"], c["rejected"]) for c in bus["contracts"]] == [
            ("audio-uploaded", "1", "configuration", 1, 0, 2), ("user-registered", "1", "configuration", 0, 0, 0)]
        # What the file says is not changed here.
        assert "configuration file" in admin(daemon, "mode", 409, mode="off")["error"]
        assert "configuration file" in admin(daemon, "unbind", 409, name="audio-uploaded", version="1")["error"]


def refusal_to_start(path):
    daemon = Daemon(["--config", path])
    try:
        with pytest.raises(DaemonFailed) as raised:
            daemon.start()
        return str(raised.value)
    finally:
        daemon.close()


@pytest.mark.parametrize(("section", "complaint"), [
    ("directory: ./nowhere", "schemas.directory: the directory of contracts ./nowhere cannot be read"),
    ("buses: {}", "schemas.buses: must be a list"),
    ("buses: [{mode: warn}]", "schemas.buses[0]: bus is missing"),
    ("buses: [{bus: a, mode: strict}]", "schemas.buses[0].mode: must be off, warn or reject"),
    ("buses: [{bus: a, mod: warn}]", 'unknown key "mod"; did you mean mode?'),
    ("buses: [{bus: a}, {bus: a}]", "schemas.buses[1].bus: stands in the list twice"),
    ("buses: [{bus: 'arn:aws:sqs:us-east-1:000000000000:a'}]", "must be the name or the ARN of an event bus"),
    ("directory: DIRECTORY\n  buses: [{bus: a, contracts: [audio-upload]}]", "there is no contract audio-upload in the directory; did you mean audio-uploaded?"),
])
def test_a_wrong_section_is_refused_with_its_place(tmp_path, section, complaint):
    path = config_file(tmp_path, "schemas:\n  " + section.replace("DIRECTORY", str(CONTRACTS)) + "\n")
    assert complaint in refusal_to_start(path)


def test_a_broken_contract_stops_the_start(tmp_path):
    shutil.copytree(CONTRACTS, tmp_path / "schemas")
    (tmp_path / "schemas/audio-uploaded.v2.json").write_text('{"x-eventbus": {"source": "s", "detailType": "d"}, "$ref": "#"}')
    path = config_file(tmp_path, f"schemas:\n  directory: {tmp_path}/schemas\n  buses: [{{bus: default}}]\n")
    assert "audio-uploaded.v2.json: at the root: refers to itself without going down into the document" in refusal_to_start(path)


def test_bindings_and_modes_survive_a_crash(tmp_path):
    with Daemon(data_dir=tmp_path / "data") as daemon:
        assert admin(daemon, "bind", **audio_contract()) == {"bound": True}
        assert admin(daemon, "bind", **audio_contract()) == {"bound": False}
        admin(daemon, "bind", bus="arn:aws:events:eu-west-1:111122223333:event-bus/far", **audio_contract())
        admin(daemon, "mode", mode="reject")
        before = admin(daemon, "list")
        daemon.kill()
        daemon.start()
        assert admin(daemon, "list") == before
        assert Put(daemon)({})["Entries"][0]["ErrorCode"] == "SchemaViolation"
        admin(daemon, "unbind", name="audio-uploaded", version="1")
        assert Put(daemon)({})["FailedEntryCount"] == 0
        daemon.kill()
        daemon.start()
        assert [bus["contracts"] for bus in admin(daemon, "list")["buses"] if bus["name"] == "default"] == [[]]


ACCOUNTS = itertools.count(222200000001)


@pytest.fixture
def put(daemon):
    """On an account of the test's own."""
    account = str(next(ACCOUNTS))
    result = Put(daemon, account=account)
    result.where = {"account": account, "region": "us-east-1"}
    return result


def metric(daemon, where, result):
    bus = f'arn:aws:events:us-east-1:{where["account"]}:event-bus/default'
    return daemon.metrics()[f'eventbus_contract_events_total{{bus="{bus}",contract="audio-uploaded",version="1",result="{result}"}}']


def test_warn_counts_logs_and_accepts(daemon, put):
    admin(daemon, "bind", **put.where, **audio_contract())
    answer = put({}, example("audio-uploaded.v1"), {"userId": 1})
    assert answer["FailedEntryCount"] == 0 and all("EventId" in entry for entry in answer["Entries"])
    assert metric(daemon, put.where, "violates") == 2 and metric(daemon, put.where, "fits") == 1
    lines = [line for line in daemon.log_path.read_text().splitlines() if "event does not fit its contract" in line and put.where["account"] in line]
    assert len(lines) == 1 and answer["Entries"][0]["EventId"] in lines[0] and 'path=""' in lines[0]


def test_the_log_of_the_bus_marks_what_does_not_fit(daemon, put):
    admin(daemon, "bind", **put.where, **audio_contract())
    put.aws.call("events", "UpdateEventBus", Name="default", LogConfig={"Level": "INFO"})
    event_id = put({"userId": "u"})["Entries"][0]["EventId"]
    admin(daemon, "mode", **put.where, mode="reject")
    assert put({"userId": "u"})["FailedEntryCount"] == 1
    records = [line for line in daemon.log_path.read_text().splitlines() if put.where["account"] in line and "EVENT_INGEST_" in line]
    assert len(records) == 2
    assert event_id in records[0] and "contract_violation" in records[0] and "must have" in records[0]
    assert "EVENT_INGEST_FAILURE" in records[1] and "Event does not fit the contract audio-uploaded, version 1" in records[1]


def test_versions_side_by_side_until_the_old_one_is_silent(daemon, put):
    """The worked migration of docs/contracts.md."""
    for version in ("1", "2"):
        schema = json.loads((CONTRACTS / f"transcription-completed.v{version}.json").read_text())
        admin(daemon, "bind", **put.where, name="transcription-completed", version=version, source="custom.transcription-service",
              detailType="Transcription Completed", schema=schema)
    admin(daemon, "mode", **put.where, mode="reject")
    old, new = example("transcription-completed.v1", number=1), example("transcription-completed.v2", number=1)
    about = {"source": "custom.transcription-service", "detail_type": "Transcription Completed"}
    assert put(old, new, **about)["FailedEntryCount"] == 0
    [bus] = [bus for bus in admin(daemon, "list")["buses"] if put.where["account"] in bus["bus"]]
    assert [(contract["version"], contract["fits"]) for contract in bus["contracts"]] == [("1", 1), ("2", 1)]
    admin(daemon, "unbind", **put.where, name="transcription-completed", version="1")
    answer = put(old, new, **about)
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == ["SchemaViolation", None]
    assert 'version 2: /error must have "retryable"' in answer["Entries"][0]["ErrorMessage"]


def test_validate_says_what_would_be_and_counts_nothing(daemon, put):
    admin(daemon, "bind", **put.where, **audio_contract())
    event = {"source": "custom.upload-service", "detail-type": "Audio Uploaded", "detail": example("audio-uploaded.v1", "invalid", 5)}
    answer = admin(daemon, "validate", **put.where, event=event)
    assert answer == {"contracts": [{"name": "audio-uploaded", "version": "1", "fits": False,
                                     "violations": [{"path": "/metadata/size", "reason": "must be at least 0, is -1"}]}]}
    assert admin(daemon, "validate", **put.where, event={**event, "source": "other"}) == {"contracts": []}
    assert metric(daemon, put.where, "violates") == 0


@pytest.mark.parametrize(("command", "request_", "complaint"), [
    ("bind", {}, '"name" is missing'),
    ("bind", {"name": "a", "version": "1", "source": "s", "detailType": "d"}, '"schema" is missing'),
    ("bind", {"name": "a", "version": 1, "source": "s", "detailType": "d", "schema": {}}, '"version" must be text'),
    ("bind", {"name": "a", "version": "1", "source": "s", "detailType": "d", "schema": {"type": "strin"}}, "at /type: must be a type of JSON"),
    ("bind", {"name": "a", "version": "1", "source": "s", "detailType": "d", "schema": {}, "subject": "body"}, "must be detail or envelope"),
    ("bind", {"name": "a", "version": "1", "source": "s", "detailType": "d", "schema": {}, "x": 1}, "members that mean nothing here"),
    ("bind", {"name": "a", "version": "1", "source": "s", "detailType": "d", "schema": {}, "bus": "arn:aws:sqs:r:1:q"}, "not the ARN of an event bus"),
    ("mode", {"mode": "strict"}, '"mode" must be off, warn or reject'),
    ("validate", {"event": []}, '"event" must be an object'),
    ("validate", {"event": {}}, 'the event has no "source"'),
])
def test_requests_that_are_refused(daemon, command, request_, complaint):
    assert complaint in admin(daemon, command, 400, **request_)["error"]


def test_unbinding_what_is_not_bound(daemon):
    assert "has no contract" in admin(daemon, "unbind", 404, name="nothing", version="1")["error"]


def test_another_contract_of_a_bound_version_is_refused(daemon, put):
    admin(daemon, "bind", **put.where, **audio_contract())
    assert "versions do not change" in admin(daemon, "bind", 409, **put.where, **audio_contract(schema={}))["error"]
