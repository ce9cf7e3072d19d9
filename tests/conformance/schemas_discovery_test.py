"""EventBridge Schemas: discoverers, and what they find, through boto3."""

import json

import pytest

from aws_clients import Aws, new_account, refused
from daemon import Daemon
from until import until

covers = pytest.mark.covers
FOUND = "discovered-schemas"


@pytest.fixture
def schemas(aws):
    return aws.client("schemas")


@pytest.fixture
def unchecked(aws):
    return aws.client("schemas", checked=False)


def versions(schemas, name):
    listed = {each["SchemaName"]: each["VersionCount"] for each in schemas.list_schemas(RegistryName=FOUND)["Schemas"]}
    return listed.get(name, 0)


def detail_of(schemas, name):
    content = json.loads(schemas.describe_schema(RegistryName=FOUND, SchemaName=name)["Content"])
    components = content["components"]["schemas"]
    return components[content["info"]["title"]], components


def metric(daemon, line):
    text = daemon.request("GET", "/_eventbus/metrics").body.decode()
    return sum(float(each.rsplit(" ", 1)[1]) for each in text.splitlines() if each.startswith(line))


# ---- Discoverers ----

@covers("schemas.CreateDiscoverer", "schemas.DescribeDiscoverer", "schemas.UpdateDiscoverer", "schemas.StopDiscoverer",
        "schemas.StartDiscoverer", "schemas.DeleteDiscoverer")
def test_a_discoverer_from_birth_to_death(aws, schemas):
    aws.events.create_event_bus(Name="orders")
    made = schemas.create_discoverer(SourceArn=aws.bus_arn("orders"), Description="learns", Tags={"a": "b"})
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    assert made == {"DiscovererId": "events-event-bus-orders", "Description": "learns", "SourceArn": aws.bus_arn("orders"), "State": "STARTED",
                    "DiscovererArn": f"arn:aws:schemas:us-east-1:{aws.account}:discoverer/events-event-bus-orders",
                    "CrossAccount": True, "Tags": {"a": "b"}}
    identity = {"DiscovererId": made["DiscovererId"]}
    described = schemas.describe_discoverer(**identity)
    del described["ResponseMetadata"]
    assert described == made

    # As on AWS, a managed rule stands on the bus and holds it.
    rule = aws.events.describe_rule(Name="Schemas-events-event-bus-orders", EventBusName="orders")
    assert (rule["ManagedBy"], rule["State"]) == ("schemas.amazonaws.com", "ENABLED")
    with refused("ValidationException"):
        aws.events.delete_event_bus(Name="orders")

    stopped = schemas.stop_discoverer(**identity)
    assert (stopped["DiscovererId"], stopped["State"]) == (made["DiscovererId"], "STOPPED")
    assert aws.events.describe_rule(Name="Schemas-events-event-bus-orders", EventBusName="orders")["State"] == "DISABLED"
    changed = schemas.update_discoverer(Description="other", CrossAccount=False, **identity)
    assert (changed["Description"], changed["CrossAccount"], changed["State"]) == ("other", False, "STOPPED")
    assert schemas.start_discoverer(**identity)["State"] == "STARTED"
    assert schemas.describe_discoverer(**identity)["CrossAccount"] is False
    assert schemas.delete_discoverer(**identity)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert aws.events.list_rules(EventBusName="orders")["Rules"] == []
    aws.events.delete_event_bus(Name="orders")


@covers("schemas.CreateDiscoverer", "schemas.DescribeDiscoverer", "schemas.UpdateDiscoverer", "schemas.StopDiscoverer",
        "schemas.StartDiscoverer", "schemas.DeleteDiscoverer")
def test_errors_of_discoverers(aws, schemas, unchecked):
    schemas.create_discoverer(SourceArn=aws.bus_arn())
    with refused("ConflictException", "DiscovererId: events-event-bus-default already exists.", 409):
        schemas.create_discoverer(SourceArn=aws.bus_arn())
    for source in (aws.bus_arn("missing"), aws.queue_arn("some-long-name"), "not an arn, but long enough",
                   aws.elsewhere(region="eu-west-1").bus_arn(), aws.elsewhere(account="999999999999").bus_arn()):
        with refused("BadRequestException"):
            schemas.create_discoverer(SourceArn=source)
    with refused("BadRequestException", "1 validation error detected: Value…"):
        unchecked.create_discoverer(SourceArn="short")
    with refused("BadRequestException"):
        unchecked.create_discoverer()
    for call in (schemas.describe_discoverer, schemas.update_discoverer, schemas.start_discoverer, schemas.stop_discoverer,
                 schemas.delete_discoverer):
        with refused("NotFoundException", "Discoverer none does not exist.", 404):
            call(DiscovererId="none")
    with refused("BadRequestException"):
        unchecked.update_discoverer(DiscovererId="events-event-bus-default", CrossAccount="perhaps")


@covers("schemas.CreateDiscoverer")
def test_an_eleventh_discoverer_is_too_many(aws, schemas):
    for number in range(10):
        aws.events.create_event_bus(Name=f"b{number}")
        schemas.create_discoverer(SourceArn=aws.bus_arn(f"b{number}"))
    with refused("ForbiddenException", status=403):
        schemas.create_discoverer(SourceArn=aws.bus_arn())


@covers("schemas.ListDiscoverers")
def test_discoverers_are_listed(aws, schemas):
    for name in ("a", "ab", "b"):
        aws.events.create_event_bus(Name=name)
        schemas.create_discoverer(SourceArn=aws.bus_arn(name))
    first = schemas.list_discoverers(Limit=2)
    assert [each["DiscovererId"] for each in first["Discoverers"]] == ["events-event-bus-a", "events-event-bus-ab"]
    rest = schemas.list_discoverers(Limit=2, NextToken=first["NextToken"])
    assert [each["SourceArn"] for each in rest["Discoverers"]] == [aws.bus_arn("b")] and "NextToken" not in rest
    assert len(schemas.list_discoverers(SourceArnPrefix=aws.bus_arn("a"))["Discoverers"]) == 2
    assert len(schemas.list_discoverers(DiscovererIdPrefix="events-event-bus-b")["Discoverers"]) == 1
    with refused("BadRequestException"):
        schemas.list_discoverers(NextToken=first["NextToken"], DiscovererIdPrefix="e")


# ---- Discovery ----

@covers("schemas.CreateDiscoverer", "schemas.ExportSchema", "schemas.DescribeSchema")
def test_schemas_are_discovered_from_events(aws, schemas):
    schemas.create_discoverer(SourceArn=aws.bus_arn())
    name = "shop.orders@OrderPlaced"
    aws.put("shop.orders", "Order Placed", {"orderId": "o1", "placedAt": "2026-01-02T03:04:05Z", "lines": [{"sku": "a", "count": 2}],
                                            "address": {"city": "Bern", "zip": None}})
    until(lambda: versions(schemas, name) == 1)
    detail, components = detail_of(schemas, name)
    assert components["AWSEvent"]["x-amazon-events-source"] == "shop.orders"
    assert components["AWSEvent"]["x-amazon-events-detail-type"] == "Order Placed"
    assert set(components["AWSEvent"]["required"]) == {"detail-type", "resources", "detail", "id", "source", "time", "region", "version",
                                                       "account"}
    assert detail["properties"]["placedAt"] == {"type": "string", "format": "date-time"}
    assert detail["properties"]["lines"]["items"] == {"$ref": "#/components/schemas/OrderPlacedItem"}
    assert components["Address"]["properties"] == {"city": {"type": "string"}, "zip": {"nullable": True}}

    # The same structure again, and with it something new of another kind, so that there is something to wait for.
    aws.put("shop.orders", "Order Placed", {"orderId": "o2", "placedAt": "2026-01-03T03:04:05Z", "lines": [], "address": {"city": "", "zip": None}})
    aws.put("shop.orders", "Order Sent", {})
    until(lambda: versions(schemas, "shop.orders@OrderSent") == 1)
    assert versions(schemas, name) == 1

    aws.put("shop.orders", "Order Placed", {"orderId": 3, "lines": [], "address": {"city": "Bern", "zip": "3000"}})
    until(lambda: versions(schemas, name) == 2)
    detail, components = detail_of(schemas, name)
    assert detail["required"] == ["address", "lines", "orderId"]
    assert detail["properties"]["orderId"] == {"oneOf": [{"type": "number"}, {"type": "string"}]}
    assert components["Address"]["properties"]["zip"] == {"type": "string", "nullable": True}

    exported = json.loads(schemas.export_schema(RegistryName=FOUND, SchemaName=name, Type="JSONSchemaDraft4")["Content"])
    assert exported["definitions"]["Address"]["properties"]["zip"] == {"type": ["string", "null"]}
    first = json.loads(schemas.export_schema(RegistryName=FOUND, SchemaName=name, SchemaVersion="1", Type="JSONSchemaDraft4")["Content"])
    assert "placedAt" in first["definitions"]["OrderPlaced"]["required"]


@covers("schemas.StopDiscoverer")
def test_other_buses_stopped_discoverers_and_aws_are_left_alone(aws, schemas):
    for name in ("quiet", "stopped", "local"):
        aws.events.create_event_bus(Name=name)
    schemas.create_discoverer(SourceArn=aws.bus_arn("stopped"))
    schemas.stop_discoverer(DiscovererId="events-event-bus-stopped")
    schemas.create_discoverer(SourceArn=aws.bus_arn("local"), CrossAccount=False)
    aws.put("s", "On Quiet", {}, bus="quiet")
    aws.put("s", "On Stopped", {}, bus="stopped")
    aws.put("s", "On Local", {}, bus="local")
    until(lambda: versions(schemas, "s@OnLocal") == 1)
    assert [each["SchemaName"] for each in schemas.list_schemas(RegistryName=FOUND)["Schemas"]] == ["s@OnLocal"]


@covers("schemas.CreateDiscoverer")
def test_events_of_other_accounts_are_learned_unless_told_otherwise(daemon, aws, schemas):
    other = Aws(daemon.endpoint, new_account())
    for name, cross in (("open", True), ("closed", False)):
        aws.events.create_event_bus(Name=name)
        aws.events.put_permission(EventBusName=name, StatementId="all", Action="events:PutEvents", Principal="*")
        schemas.create_discoverer(SourceArn=aws.bus_arn(name), CrossAccount=cross)
    other.put("theirs", "In Closed", {}, bus=aws.bus_arn("closed"))
    other.put("theirs", "In Open", {}, bus=aws.bus_arn("open"))
    until(lambda: versions(schemas, "theirs@InOpen") == 1)
    assert versions(schemas, "theirs@InClosed") == 0


@covers("schemas.CreateDiscoverer")
def test_frequent_events_are_sampled(daemon, aws, schemas):
    schemas.create_discoverer(SourceArn=aws.bus_arn())
    before = metric(daemon, 'eventbus_schema_discovery_events_total{outcome="passed_over"}')
    for _ in range(5):
        aws.events.put_events(Entries=[{"Source": "busy", "DetailType": "Tick", "Detail": "{}"}] * 10)
    until(lambda: versions(schemas, "busy@Tick") == 1)
    assert metric(daemon, 'eventbus_schema_discovery_events_total{outcome="passed_over"}') - before > 0


@covers("schemas.CreateDiscoverer", "schemas.DescribeSchema")
def test_what_was_learned_outlives_a_restart_and_is_not_learned_again(tmp_path):
    with Daemon(data_dir=tmp_path / "data") as daemon:
        aws = Aws(daemon.endpoint)
        schemas = aws.client("schemas")
        schemas.create_discoverer(SourceArn=aws.bus_arn())
        aws.put("s", "T", {"a": 1, "b": None})
        until(lambda: versions(schemas, "s@T") == 1)
        before = schemas.describe_schema(RegistryName=FOUND, SchemaName="s@T")["Content"]
        assert daemon.stop() == 0
        daemon.start()
        aws = Aws(daemon.endpoint, aws.account)
        schemas = aws.client("schemas")
        assert schemas.describe_discoverer(DiscovererId="events-event-bus-default")["State"] == "STARTED"
        assert schemas.describe_schema(RegistryName=FOUND, SchemaName="s@T")["Content"] == before
        aws.put("s", "T", {"a": 2, "b": None})
        aws.put("s", "Later", {})
        until(lambda: versions(schemas, "s@Later") == 1)
        assert versions(schemas, "s@T") == 1


# ---- GetDiscoveredSchema ----

@covers("schemas.GetDiscoveredSchema")
def test_a_schema_is_made_of_given_events(schemas, unchecked):
    def event(detail, kind="Order Placed"):
        return json.dumps({"version": "0", "id": "1", "detail-type": kind, "source": "shop", "account": "1", "time": "2026-01-02T03:04:05Z",
                           "region": "us-east-1", "resources": [], "detail": detail})

    made = json.loads(schemas.get_discovered_schema(Events=[event({"a": 1}), event({"a": 2, "b": "x"})], Type="OpenApi3")["Content"])
    assert made["components"]["schemas"]["OrderPlaced"] == {
        "type": "object", "required": ["a"], "properties": {"a": {"type": "number"}, "b": {"type": "string"}}}
    draft4 = json.loads(schemas.get_discovered_schema(Events=[event({"a": 1})], Type="JSONSchemaDraft4")["Content"])
    assert draft4["$schema"] == "http://json-schema.org/draft-04/schema#" and draft4["title"] == "OrderPlaced"
    assert draft4["definitions"]["OrderPlaced"]["required"] == ["a"]
    # As SAM asks, for a test event of a Lambda function.
    plain = json.loads(schemas.get_discovered_schema(Events=['{"key1": "v"}'], Type="OpenApi3")["Content"])
    assert plain["components"]["schemas"]["Event"]["required"] == ["key1"]
    with refused("BadRequestException", "Events: Events must be of one source and detail-type."):
        schemas.get_discovered_schema(Events=[event({}), event({}, "Other")], Type="OpenApi3")
    with refused("BadRequestException", "Events: Not a JSON object."):
        schemas.get_discovered_schema(Events=["[]"], Type="OpenApi3")
    for events in ([], ["{}"] * 11, [""], ["x" * 100_001]):
        with refused("BadRequestException"):
            unchecked.get_discovered_schema(Events=events, Type="OpenApi3")
    with refused("BadRequestException"):
        unchecked.get_discovered_schema(Events=["{}"], Type="Avro")
