"""POST /_eventbus/service-events: events as AWS's services send them, for testing rules on them."""

import json
import urllib.error
import urllib.request

import pytest

from daemon import Daemon


def post(endpoint, body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(endpoint + "/_eventbus/service-events", data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def entry(aws, **members):
    return {"Source": "aws.s3", "DetailType": "Object Created", "Account": aws.account, "Region": aws.region, **members}


def counted(endpoint):
    with urllib.request.urlopen(endpoint + "/_eventbus/metrics", timeout=20) as answer:
        line, = [line for line in answer.read().decode().splitlines() if line.startswith("eventbridge_events_total ")]
    return float(line.split()[1])


def test_an_event_of_a_service_reaches_rules_on_the_default_bus(aws):
    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["aws.s3"], "detail": {"bucket": {"name": ["b"]}}}, queue)
    before = counted(aws.endpoint)
    status, answer = post(aws.endpoint, entry(aws, Detail={"bucket": {"name": "b"}, "big": 12345678901234567890123},
                                              Resources=["arn:aws:s3:::b"], Time="2026-01-02T03:04:05Z"))
    assert status == 200 and answer["FailedEntryCount"] == 0
    event = json.loads(queue.body())
    assert event == {"version": "0", "id": answer["Entries"][0]["EventId"], "detail-type": "Object Created", "source": "aws.s3",
                     "account": aws.account, "time": "2026-01-02T03:04:05Z", "region": aws.region, "resources": ["arn:aws:s3:::b"],
                     "detail": {"bucket": {"name": "b"}, "big": 12345678901234567890123}}
    assert counted(aws.endpoint) == before + 1


def test_lists_and_entries_and_detail_as_text(aws):
    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["aws.s3"]}, queue)
    text = entry(aws, Detail='{"n": 1}', Time=1_700_000_000)
    assert post(aws.endpoint, [text, entry(aws)])[0] == 200
    assert post(aws.endpoint, {"Entries": [text]})[0] == 200
    details = [json.loads(body)["detail"] for body in queue.bodies()]
    assert sorted(details, key=str) == sorted([{"n": 1}, {}, {"n": 1}], key=str)


@pytest.mark.parametrize("change", [{"Source": "mine"}, {"DetailType": ""}, {"Detail": "[]"}, {"Detail": [1]}, {"Account": "12"}, {"Region": "?"},
                                    {"Time": "yesterday"}, {"Resources": [1]}, {"Unknown": 1}, {"Source": None}])
def test_a_wrong_entry_fails_the_request_and_nothing_is_accepted(aws, change):
    queue = aws.create_queue("q")
    aws.rule_to_queue("r", {"source": ["aws.s3"]}, queue)
    status, answer = post(aws.endpoint, [entry(aws), entry(aws, **change)])
    assert status == 400 and answer["error"]
    assert queue.bodies() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"Entries": []}', b"\xff"])
def test_what_is_no_list_of_entries_is_refused(aws, body):
    assert post(aws.endpoint, body)[0] == 400


def test_with_a_configuration_file_a_setting_opens_it(tmp_path):
    for setting, expected in [("", 404), ("service_events: true\n", 200)]:
        config = tmp_path / "eventbusd.yaml"
        config.write_text("durability: memory\n" + setting, encoding="utf-8")
        with Daemon(["--config", str(config)]) as daemon:
            status, _ = post(daemon.endpoint, {"Source": "aws.x", "DetailType": "d"})
            assert (status == 200) == (expected == 200), status
