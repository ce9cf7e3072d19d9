"""From rule to queue body, byte for byte: Input, InputPath, InputTransformer (eventbridge-behaviour §9, §10)."""

import json
import re

import pytest

covers = pytest.mark.covers

DETAIL = ('{"s":"plain","q":"say \\"hi\\"\\nbye","n":42,"f":1.50,"t":true,"f0":false,"z":null,"o":{"k":"v","n":[1,2]},"l":["ACTIVE","INACTIVE"],'
          '"objs":[{"id":"a"},{"id":"b"}],"a-b_c/d":"odd","empty":{},"e":"","u":"日本"}')


@pytest.fixture
def shape(aws):
    """shape(**target options) -> what the queue gets for DETAIL; None when nothing comes."""
    queue = aws.create_queue("shaped")

    def run(detail=DETAIL, **options):
        aws.rule_to_queue("shape", {"source": ["test"]}, queue, **options)
        run.event_id = aws.put(detail=detail, Resources=["arn:one", "arn:two"],
                               Time=1767323045, detail_type="thing")
        bodies = queue.bodies()
        assert len(bodies) <= 1
        return bodies[0] if bodies else None

    return run


def transformer(template, **paths):
    return {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template} if paths else {"InputTemplate": template}}


# --- constant input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ['{"a": 1}', ' [ 1 , 2 ] ', '"text"', "42", "null", "true", '{"a":\n\t"b"}', '{"d":1,"d":2}', '"\\u0041"'])
@covers("events.PutTargets", "events.PutEvents")
def test_constant_input_arrives_byte_for_byte(shape, text):
    assert shape(Input=text) == text


# --- a path -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, body", [
    ("$.detail.s", '"plain"'),
    ("$.detail.q", '"say \\"hi\\"\\nbye"'),
    ("$.detail.n", "42"),
    ("$.detail.f", "1.50"),
    ("$.detail.t", "true"),
    ("$.detail.z", "{}"),
    ("$.detail.none", "{}"),
    ("$.detail.none.deeper[3]", "{}"),
    ("", "{}"),
    ("$.detail.o", '{"k":"v","n":[1,2]}'),
    ("$.detail.o.n", "[1,2]"),
    ("$.detail.o.n[1]", "2"),
    ("$.detail.objs[1].id", '"b"'),
    ("$.detail.objs[*].id", '["a","b"]'),
    ("$.detail.a-b_c/d", '"odd"'),
    ("$.resources[0]", '"arn:one"'),
    ("$.resources", '["arn:one","arn:two"]'),
    ("$.detail-type", '"thing"'),
    ("$.source", '"test"'),
    ("$.time", '"2026-01-02T03:04:05Z"'),
    ("$.detail.u", '"日本"'),
])
@covers("events.PutTargets", "events.PutEvents")
def test_a_path_gives_the_json_text_of_its_value(shape, path, body):
    assert shape(InputPath=path) == body


@covers("events.PutTargets", "events.PutEvents")
def test_the_dollar_alone_is_the_whole_event(shape):
    whole = shape(InputPath="$")
    assert json.loads(whole)["id"] == shape.event_id
    assert whole.startswith('{"version":"0","id":"') and whole.endswith(f'"detail":{DETAIL}}}')


@covers("events.PutTargets", "events.PutEvents")
def test_no_option_is_the_whole_event_too(shape):
    assert shape().endswith(f'"resources":["arn:one","arn:two"],"detail":{DETAIL}}}')


# --- templates: an object ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template, paths, body", [
    # 1. unquoted in an object: the value's JSON text; a missing path is an empty string
    ('{"x":<v>}', {"v": "$.detail.s"}, '{"x":"plain"}'),
    ('{"x":<v>}', {"v": "$.detail.q"}, '{"x":"say \\"hi\\"\\nbye"}'),
    ('{"x":<v>}', {"v": "$.detail.n"}, '{"x":42}'),
    ('{"x":<v>}', {"v": "$.detail.t"}, '{"x":true}'),
    ('{"x":<v>}', {"v": "$.detail.z"}, '{"x":null}'),
    ('{"x":<v>}', {"v": "$.detail.o"}, '{"x":{"k":"v","n":[1,2]}}'),
    ('{"x":<v>}', {"v": "$.detail.l"}, '{"x":["ACTIVE","INACTIVE"]}'),
    ('{"x":<v>}', {"v": "$.detail.none"}, '{"x":""}'),
    ('{"x":[1,<v>,2]}', {"v": "$.detail.none"}, '{"x":[1,"",2]}'),
    ('{"x":{"y":<v>}}', {"v": "$.detail.objs[*].id"}, '{"x":{"y":["a","b"]}}'),
    # 2. inside a quoted string: the string's content, escaped; numbers and booleans as text; missing is nothing
    ('{"x":"is <v>!"}', {"v": "$.detail.s"}, '{"x":"is plain!"}'),
    ('{"x":"is <v>!"}', {"v": "$.detail.q"}, '{"x":"is say \\"hi\\"\\nbye!"}'),
    ('{"x":"is <v>!"}', {"v": "$.detail.n"}, '{"x":"is 42!"}'),
    ('{"x":"is <v>!"}', {"v": "$.detail.f0"}, '{"x":"is false!"}'),
    ('{"x":"is <v>!"}', {"v": "$.detail.none"}, '{"x":"is !"}'),
    # 5. variables repeat and share strings
    ('{"p":"users/<a>/second/<b>","q":"<a><a>","r":<a>}', {"a": "$.detail.s", "b": "$.detail.n"},
     '{"p":"users/plain/second/42","q":"plainplain","r":"plain"}'),
    # 8. what is no placeholder stays; 9. escaped quotes stay; 10. blanks stay
    ('{"x":"1 < 2 > 0 <not a name>"}', {"v": "$.detail.s"}, '{"x":"1 < 2 > 0 <not a name>"}'),
    ('{"x":"a \\"quoted\\" <v>"}', {"v": "$.detail.s"}, '{"x":"a \\"quoted\\" plain"}'),
    ('{ "x" : <v> ,\n  "y":\t[ ] }', {"v": "$.detail.n"}, '{ "x" : 42 ,\n  "y":\t[ ] }'),
    # no map at all: unknown names are literal text
    ('{"x":"<never-mapped> <aws.events.foo>"}', {}, '{"x":"<never-mapped> <aws.events.foo>"}'),
    # the event's own text is never read again for placeholders
    ('{"x":"<v>","y":"<w>"}', {"v": "$.detail.w", "w": "$.detail.s"}, '{"x":"<w>","y":"plain"}'),
])
@covers("events.PutTargets", "events.PutEvents")
def test_an_object_template(shape, template, paths, body):
    detail = DETAIL[:-1] + ',"w":"<w>"}'
    assert shape(detail, **transformer(template, **paths)) == body


# --- templates: anything else -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template, paths, body", [
    # 3. plain insertion without escaping
    ('"hello <v>"', {"v": "$.detail.s"}, '"hello plain"'),
    ('"n=<n> t=<t> z=<z>"', {"n": "$.detail.n", "t": "$.detail.t", "z": "$.detail.z"}, '"n=42 t=true z=null"'),
    ('"o=<v>"', {"v": "$.detail.o"}, '"o={k:v,n:[1,2]}"'),
    ('"l=<v>"', {"v": "$.detail.l"}, '"l=[ACTIVE,INACTIVE]"'),
    ('"none=<v>."', {"v": "$.detail.none"}, '"none=."'),
    ('"first <v>"\n"second <v>"', {"v": "$.detail.s"}, '"first plain"\n"second plain"'),
    ("<v>", {"v": "$.detail.n"}, "42"),
    ("<v>", {"v": "$.detail.t"}, "true"),
    ("[<v>]", {"v": "$.detail.z"}, "[null]"),
    ("[<v>, <n>]", {"v": "$.detail.n", "n": "$.detail.f"}, "[42, 1.50]"),
    ('["<v>"]', {"v": "$.detail.s"}, '["plain"]'),
    ("null", {}, "null"),
    ('[1, {"a": "b"}]', {}, '[1, {"a": "b"}]'),
    ('"  two  blanks  "', {}, '"  two  blanks  "'),
    ('"a \\"b\\" <v>"', {"v": "$.detail.s"}, '"a \\"b\\" plain"'),
])
@covers("events.PutTargets", "events.PutEvents")
def test_a_template_of_another_kind(shape, template, paths, body):
    assert shape(**transformer(template, **paths)) == body


# --- 4. what comes out must be JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("template, paths, rendered", [
    ('{"x":"list: <v>"}', {"v": "$.detail.l"}, '{"x":"list: ["ACTIVE","INACTIVE"]"}'),
    ('{"x":"object: <v>"}', {"v": "$.detail.o"}, '{"x":"object: {"k":"v","n":[1,2]}"}'),
    ('"quoted <v>"', {"v": "$.detail.q"}, '"quoted say "hi"\nbye"'),
    ("[<v>]", {"v": "$.detail.s"}, "[plain]"),
    ("[1,<v>,2]", {"v": "$.detail.none"}, "[1,,2]"),
])
@covers("events.PutTargets", "events.PutEvents")
def test_a_result_that_is_no_json_is_a_permanent_failure(aws, template, paths, rendered):
    queue, dead = aws.create_queue("shaped"), aws.create_queue("dead")
    rule = aws.rule_to_queue("shape", {"source": ["test"]}, queue, DeadLetterConfig={"Arn": dead.arn}, **transformer(template, **paths))
    aws.put(detail=DETAIL)
    assert queue.receive() == []
    message, = dead.receive(wait=5)
    assert message["Body"] == rendered
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "INVALID_JSON"
    assert attributes["ERROR_MESSAGE"] == "Invalid input for target."
    assert attributes["RULE_ARN"] == rule
    assert attributes["TARGET_ARN"] == queue.arn


@pytest.mark.parametrize("options", [{"Input": ""}, transformer("<v>", v="$.detail.none")], ids=["empty-input", "bare-missing"])
@covers("events.PutTargets", "events.PutEvents")
def test_what_renders_to_nothing_reaches_nobody(aws, options):
    queue, dead = aws.create_queue("shaped"), aws.create_queue("dead")
    aws.rule_to_queue("shape", {"source": ["test"]}, queue, DeadLetterConfig={"Arn": dead.arn}, **options)
    aws.rule_to_queue("proof", {"source": ["test"]}, aws.create_queue("proof"))
    aws.put(detail=DETAIL)
    assert queue.receive() == [] and dead.receive(wait=1) == []


# --- predefined variables ---------------------------------------------------------------------------------------------------


@covers("events.PutTargets", "events.PutEvents")
def test_rule_and_ingestion_time_are_known_without_a_map(aws, shape):
    body = json.loads(shape(**transformer(
        '{"arn":<aws.events.rule-arn>,"name":"rule <aws.events.rule-name>","at":<aws.events.event.ingestion-time>}')))
    assert body["arn"] == aws.rule_arn("shape")
    assert body["name"] == "rule shape"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["at"])


@covers("events.PutTargets", "events.PutEvents")
def test_they_work_in_text_templates(aws, shape):
    assert shape(**transformer('"<aws.events.rule-name> of <aws.events.rule-arn>"')) == f'"shape of {aws.rule_arn("shape")}"'


@covers("events.PutTargets", "events.PutEvents")
def test_the_whole_event_as_json(shape):
    body = shape(**transformer('{"event":<aws.events.event.json>}'))
    event = json.loads(body)["event"]
    assert event["id"] == shape.event_id and event["detail-type"] == "thing" and event["time"] == "2026-01-02T03:04:05Z"
    assert body.endswith(f'"detail":{DETAIL}}}}}')


@covers("events.PutTargets", "events.PutEvents")
def test_the_event_without_detail_has_other_names_and_a_number_as_time(aws, shape):
    body = shape(**transformer('{"event":<aws.events.event>}'))
    event = json.loads(body)["event"]
    assert event == {"id": shape.event_id, "account": aws.account, "detailType": "thing", "time": 1767323045000, "source": "test",
                     "region": "us-east-1", "resources": ["arn:one", "arn:two"], "version": "0"}


@covers("events.PutTargets", "events.PutEvents")
def test_bare_words_after_a_placeholder_are_admitted_and_never_delivered(aws):
    queue, dead = aws.create_queue("shaped"), aws.create_queue("dead")
    aws.rule_to_queue("shape", {"source": ["test"]}, queue, DeadLetterConfig={"Arn": dead.arn}, **transformer("<v> words", v="$.detail.s"))
    aws.put(detail=DETAIL)
    assert queue.receive() == []
