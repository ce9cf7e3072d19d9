"""EventBridge Schemas: registries, schemas, versions, search, export, policies, tags, through boto3: success and each modelled error."""

import datetime
import json

import pytest

from aws_clients import Aws, refused
from daemon import PROJECT, Daemon

covers = pytest.mark.covers
OBJECT = json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "title": "Order"})
DRAFT_7 = json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"a": {"const": 1}}})
OPEN_API = json.dumps({"openapi": "3.0.0", "info": {"title": "Order", "version": "1.0.0"}, "paths": {},
                       "components": {"schemas": {"Order": {"type": "object", "properties": {"id": {"type": "string"}}}}}})


@pytest.fixture
def schemas(aws):
    return aws.client("schemas")


@pytest.fixture
def unchecked(aws):
    return aws.client("schemas", checked=False)


@pytest.fixture
def orders(schemas):
    schemas.create_registry(RegistryName="orders")
    return "orders"


def arn(aws, resource):
    return f"arn:aws:schemas:{aws.region}:{aws.account}:{resource}"


def body(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def create(schemas, name, content=OBJECT, kind="JSONSchemaDraft4", **more):
    return schemas.create_schema(RegistryName="orders", SchemaName=name, Content=content, Type=kind, **more)


def pages(call, member, **parameters):
    found, tokens = [], 0
    while True:
        answer = call(**parameters)
        found += answer[member]
        if "NextToken" not in answer:
            return found, tokens
        parameters["NextToken"] = answer["NextToken"]
        tokens += 1


# ---- Registries ----

@covers("schemas.CreateRegistry", "schemas.DescribeRegistry", "schemas.UpdateRegistry", "schemas.DeleteRegistry")
def test_a_registry_from_birth_to_death(aws, schemas):
    made = schemas.create_registry(RegistryName="orders", Description="of the shop", Tags={"team": "a"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert body(made) == {"RegistryName": "orders", "RegistryArn": arn(aws, "registry/orders"), "Description": "of the shop",
                          "Tags": {"team": "a"}}
    assert body(schemas.describe_registry(RegistryName="orders")) == body(made)
    assert schemas.update_registry(RegistryName="orders", Description="new")["Description"] == "new"
    assert "Description" not in schemas.update_registry(RegistryName="orders", Description="")
    assert schemas.delete_registry(RegistryName="orders")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NotFoundException", "Registry orders does not exist.", 404):
        schemas.describe_registry(RegistryName="orders")


@covers("schemas.CreateRegistry", "schemas.DescribeRegistry", "schemas.UpdateRegistry", "schemas.DeleteRegistry")
def test_errors_of_registries(schemas, unchecked, orders):
    with refused("ConflictException", "Registry orders already exists.", 409):
        schemas.create_registry(RegistryName="orders")
    with refused("BadRequestException"):
        schemas.create_registry(RegistryName="no blanks")
    with refused("BadRequestException", "1 validation error detected: Value…"):
        unchecked.create_registry(RegistryName="long", Description="x" * 257)
    with refused("NotFoundException", status=404):
        schemas.update_registry(RegistryName="none", Description="x")
    with refused("NotFoundException", status=404) as failed:
        schemas.delete_registry(RegistryName="none")
    assert failed.headers["x-amzn-errortype"] == "NotFoundException"
    create(schemas, "a")
    with refused("BadRequestException", "Registry orders cannot be deleted since it has schemas."):
        schemas.delete_registry(RegistryName="orders")
    for name in ("aws.events", "discovered-schemas"):
        with refused("ForbiddenException", status=403):
            schemas.delete_registry(RegistryName=name)
    for number in range(9):
        schemas.create_registry(RegistryName=f"r{number}")
    with refused("ForbiddenException", "The quota of 10 registries is reached.", 403):
        schemas.create_registry(RegistryName="too-many")


@covers("schemas.UpdateRegistry", "schemas.UpdateSchema", "schemas.DeleteSchema", "schemas.DeleteSchemaVersion", "schemas.PutResourcePolicy")
def test_what_is_of_aws_can_be_read_and_not_changed(schemas):
    own = {"RegistryName": "aws.events", "SchemaName": "aws.s3@ObjectCreated"}
    assert schemas.describe_schema(**own)["SchemaVersion"] == "1"
    for call in (lambda: schemas.update_registry(RegistryName="aws.events", Description="mine"),
                 lambda: schemas.update_schema(Content=OPEN_API, Type="OpenApi3", **own),
                 lambda: schemas.delete_schema(**own),
                 lambda: schemas.delete_schema_version(SchemaVersion="1", **own),
                 lambda: schemas.put_resource_policy(RegistryName="aws.events", Policy="{}")):
        with refused("ForbiddenException", status=403):
            call()


@covers("schemas.DescribeRegistry")
def test_a_registry_that_is_not_there_is_not_found(unchecked):
    for name in ("none", "x" * 65):  # AWS's model: a path has no constraints
        with refused("NotFoundException", status=404):
            unchecked.describe_registry(RegistryName=name)


@covers("schemas.ListRegistries")
def test_registries_are_listed(aws, schemas, unchecked):
    for name in ("b", "a", "ab"):
        schemas.create_registry(RegistryName=name)
    names = [registry["RegistryName"] for registry in schemas.list_registries()["Registries"]]
    assert names == ["a", "ab", "aws.events", "b", "discovered-schemas"]
    assert [each["RegistryName"] for each in schemas.list_registries(Scope="LOCAL", RegistryNamePrefix="a")["Registries"]] == ["a", "ab"]
    only, = schemas.list_registries(Scope="AWS")["Registries"]
    assert (only["RegistryName"], only["RegistryArn"]) == ("aws.events", "arn:aws:schemas:us-east-1::registry/aws.events")
    found, tokens = pages(schemas.list_registries, "Registries", Limit=2)
    assert ([each["RegistryName"] for each in found], tokens) == (names, 2)
    with refused("BadRequestException", "Parameter NextToken is not valid."):
        schemas.list_registries(NextToken="nonsense")
    with refused("BadRequestException", "Scope must be LOCAL or AWS."):
        schemas.list_registries(Scope="ALL")
    for limit in (0, 101):
        with refused("BadRequestException"):
            unchecked.list_registries(Limit=limit)
    assert [each["RegistryName"] for each in aws.elsewhere(region="eu-west-1").client("schemas").list_registries()["Registries"]] == [
        "aws.events", "discovered-schemas"]


# ---- Schemas ----

@covers("schemas.CreateSchema", "schemas.DescribeSchema", "schemas.DeleteSchema")
def test_a_schema_is_created_described_and_deleted(aws, schemas, orders):
    made = create(schemas, "shop.order@OrderPlaced", Description="an order", Tags={"a": "b"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert isinstance(made["LastModified"], datetime.datetime) and isinstance(made["VersionCreatedDate"], datetime.datetime)
    assert {key: made[key] for key in ("SchemaName", "SchemaArn", "SchemaVersion", "Type", "Description", "Tags")} == {
        "SchemaName": "shop.order@OrderPlaced", "SchemaArn": arn(aws, "schema/orders/shop.order@OrderPlaced"), "SchemaVersion": "1",
        "Type": "JSONSchemaDraft4", "Description": "an order", "Tags": {"a": "b"}}
    described = body(schemas.describe_schema(RegistryName="orders", SchemaName="shop.order@OrderPlaced"))
    assert described.pop("Content") == OBJECT
    assert described == body(made)
    assert schemas.delete_schema(RegistryName="orders", SchemaName="shop.order@OrderPlaced")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NotFoundException", "Schema shop.order@OrderPlaced does not exist in registry orders.", 404):
        schemas.describe_schema(RegistryName="orders", SchemaName="shop.order@OrderPlaced")


@covers("schemas.CreateSchema", "schemas.DescribeSchema", "schemas.DeleteSchema")
def test_errors_of_schemas(schemas, unchecked, orders):
    create(schemas, "a", OPEN_API, "OpenApi3")
    create(schemas, "seven", DRAFT_7)
    with refused("ConflictException", "Schema a already exists in registry orders.", 409):
        create(schemas, "a")
    with refused("BadRequestException", "Not valid JSON…"):
        create(schemas, "b", "openapi: 3.0.0", "OpenApi3")
    with refused("BadRequestException", "OpenApi3 content must begin with openapi…"):
        create(schemas, "b", OBJECT, "OpenApi3")
    with refused("BadRequestException", "type at #/properties/x is not a type of JSON Schema."):
        create(schemas, "b", json.dumps({"type": "object", "properties": {"x": {"type": "text"}}}))
    with refused("BadRequestException", "Schema names are…"):
        create(schemas, "with blank")
    with refused("BadRequestException", "1 validation error detected: Value 'Avro' at 'type' failed to satisfy constraint: "
                                        "Member must satisfy enum value set…"):
        unchecked.create_schema(RegistryName="orders", SchemaName="b", Content="{}", Type="Avro")
    with refused("BadRequestException"):
        unchecked.create_schema(RegistryName="orders", SchemaName="b", Type="OpenApi3")
    with refused("BadRequestException"):
        create(schemas, "b", " " * 100_001)
    with refused("NotFoundException", "Registry none does not exist.", 404):
        schemas.create_schema(RegistryName="none", SchemaName="b", Content=OBJECT, Type="JSONSchemaDraft4")
    with refused("ForbiddenException", status=403):
        schemas.create_schema(RegistryName="aws.events", SchemaName="b", Content=OBJECT, Type="JSONSchemaDraft4")
    with refused("NotFoundException", status=404):
        schemas.delete_schema(RegistryName="orders", SchemaName="none")
    with refused("BadRequestException", "SchemaVersion must be a number."):
        schemas.describe_schema(RegistryName="orders", SchemaName="a", SchemaVersion="x")
    for version in ("0", "2", "18446744073709551615"):
        with refused("NotFoundException", status=404):
            schemas.describe_schema(RegistryName="orders", SchemaName="a", SchemaVersion=version)


@covers("schemas.UpdateSchema", "schemas.ListSchemaVersions", "schemas.DeleteSchemaVersion")
def test_changed_content_is_a_version(schemas, orders):
    create(schemas, "a")
    same = json.dumps(json.loads(OBJECT), indent=3, sort_keys=True)
    assert schemas.update_schema(RegistryName="orders", SchemaName="a", Content=same, ClientTokenId="t-1")["SchemaVersion"] == "1"
    assert schemas.update_schema(RegistryName="orders", SchemaName="a", Description="d")["SchemaVersion"] == "1"
    second = schemas.update_schema(RegistryName="orders", SchemaName="a", Content=OPEN_API, Type="OpenApi3")
    assert (second["SchemaVersion"], second["Type"], second["Description"]) == ("2", "OpenApi3", "d")
    for number in range(3, 12):
        content = json.dumps({"type": "object", "title": str(number)})
        schemas.update_schema(RegistryName="orders", SchemaName="a", Content=content, Type="JSONSchemaDraft4")
    found, tokens = pages(schemas.list_schema_versions, "SchemaVersions", RegistryName="orders", SchemaName="a", Limit=4)
    assert ([each["SchemaVersion"] for each in found], tokens) == ([str(number) for number in range(1, 12)], 2)
    assert found[1]["Type"] == "OpenApi3" and found[1]["SchemaName"] == "a"
    assert schemas.describe_schema(RegistryName="orders", SchemaName="a", SchemaVersion="2")["Content"] == OPEN_API

    schemas.delete_schema_version(RegistryName="orders", SchemaName="a", SchemaVersion="11")
    assert schemas.describe_schema(RegistryName="orders", SchemaName="a")["SchemaVersion"] == "10"
    for gone in ("11", "12"):
        with refused("NotFoundException", f"Schema a of registry orders does not have version {gone}.", 404):
            schemas.delete_schema_version(RegistryName="orders", SchemaName="a", SchemaVersion=gone)
    with refused("BadRequestException"):
        schemas.delete_schema_version(RegistryName="orders", SchemaName="a", SchemaVersion="latest")
    content = json.dumps({"type": "object", "title": "again"})
    assert schemas.update_schema(RegistryName="orders", SchemaName="a", Content=content)["SchemaVersion"] == "12"
    with refused("BadRequestException"):
        schemas.update_schema(RegistryName="orders", SchemaName="a", Content="{")
    with refused("NotFoundException", status=404):
        schemas.update_schema(RegistryName="orders", SchemaName="none", Content=OBJECT)
    with refused("NotFoundException", status=404):
        schemas.list_schema_versions(RegistryName="orders", SchemaName="none")


@covers("schemas.ListSchemas")
def test_schemas_are_listed(schemas, unchecked, orders):
    for name in ("b@C", "a@A", "a@B"):
        create(schemas, name, Tags={"n": name})
    found, tokens = pages(schemas.list_schemas, "Schemas", RegistryName="orders", Limit=2)
    assert ([each["SchemaName"] for each in found], tokens) == (["a@A", "a@B", "b@C"], 1)
    assert found[0]["VersionCount"] == 1 and found[0]["Tags"] == {"n": "a@A"} and "SchemaArn" in found[0] and "LastModified" in found[0]
    assert [each["SchemaName"] for each in schemas.list_schemas(RegistryName="orders", SchemaNamePrefix="a@")["Schemas"]] == ["a@A", "a@B"]
    assert "aws.events@ScheduledEvent" in [each["SchemaName"] for each in schemas.list_schemas(RegistryName="aws.events")["Schemas"]]
    with refused("NotFoundException", status=404):
        schemas.list_schemas(RegistryName="none")
    with refused("BadRequestException"):
        unchecked.list_schemas(RegistryName="orders", Limit=0)
    with refused("BadRequestException"):
        unchecked.list_schemas(RegistryName="orders", Limit="many")


@covers("schemas.SearchSchemas")
def test_schemas_are_found_by_name_and_by_content(schemas, unchecked, orders):
    create(schemas, "shop@OrderPlaced", json.dumps({"type": "object", "description": "Bought by a customer"}))
    create(schemas, "shop@OrderSent", json.dumps({"type": "object"}))
    schemas.update_schema(RegistryName="orders", SchemaName="shop@OrderSent",
                          Content=json.dumps({"type": "object", "description": "CUSTOMER"}))

    def search(words, **more):
        return [(each["SchemaName"], [version["SchemaVersion"] for version in each["SchemaVersions"]])
                for each in schemas.search_schemas(RegistryName="orders", Keywords=words, **more)["Schemas"]]

    assert search("ordersent") == [("shop@OrderSent", ["1", "2"])]
    assert search("customer") == [("shop@OrderPlaced", ["1"]), ("shop@OrderSent", ["2"])]
    assert search("customer placed") == [("shop@OrderPlaced", ["1"])]
    assert search("nowhere") == []
    first = schemas.search_schemas(RegistryName="orders", Keywords="shop", Limit=1)
    assert first["Schemas"][0]["RegistryName"] == "orders"
    assert search("shop", NextToken=first["NextToken"]) == [("shop@OrderSent", ["1", "2"])]
    with refused("BadRequestException", "Parameter NextToken is not valid."):
        search("customer", NextToken=first["NextToken"])
    with refused("BadRequestException"):
        search(" ")
    with refused("BadRequestException"):
        schemas.search_schemas(RegistryName="none", Keywords="x")


@covers("schemas.ExportSchema")
def test_schemas_of_aws_are_exported(schemas, orders):
    exported = schemas.export_schema(RegistryName="aws.events", SchemaName="aws.ec2@EC2InstanceStateChangeNotification",
                                     Type="JSONSchemaDraft4")
    assert (exported["SchemaVersion"], exported["Type"]) == ("1", "JSONSchemaDraft4")
    content = json.loads(exported["Content"])
    assert content["$schema"] == "http://json-schema.org/draft-04/schema#" and content["x-amazon-events-source"] == "aws.ec2"
    assert content["properties"]["detail"] == {"$ref": "#/definitions/EC2InstanceStateChangeNotification"}
    assert set(content["definitions"]["EC2InstanceStateChangeNotification"]["required"]) == {"instance-id", "state"}
    create(schemas, "mine", OPEN_API, "OpenApi3")
    with refused("BadRequestException", "Only discovered schemas and schemas of AWS events can be exported."):
        schemas.export_schema(RegistryName="orders", SchemaName="mine", Type="JSONSchemaDraft4")
    with refused("BadRequestException", "Type must be JSONSchemaDraft4."):
        schemas.export_schema(RegistryName="aws.events", SchemaName="aws.s3@ObjectCreated", Type="OpenApi3")
    with refused("NotFoundException", status=404):
        schemas.export_schema(RegistryName="aws.events", SchemaName="aws.none@Such", Type="JSONSchemaDraft4")


# ---- Policies and tags ----

@covers("schemas.PutResourcePolicy", "schemas.GetResourcePolicy", "schemas.DeleteResourcePolicy")
def test_resource_policies_have_revisions(schemas, unchecked, orders):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "schemas:*", "Resource": "*"}]}

    def text(answer):
        return answer["Policy"] if isinstance(answer["Policy"], dict) else json.loads(answer["Policy"])

    with refused("NotFoundException", "Registry orders does not have a resource policy.", 404):
        schemas.get_resource_policy(RegistryName="orders")
    with refused("NotFoundException", status=404):
        schemas.delete_resource_policy(RegistryName="orders")
    first = schemas.put_resource_policy(RegistryName="orders", Policy=json.dumps(policy))
    assert text(first) == policy
    got = schemas.get_resource_policy(RegistryName="orders")
    assert (text(got), got["RevisionId"]) == (policy, first["RevisionId"])
    policy["Statement"][0]["Action"] = "schemas:Describe*"
    second = schemas.put_resource_policy(RegistryName="orders", Policy=json.dumps(policy), RevisionId=first["RevisionId"])
    assert second["RevisionId"] != first["RevisionId"]
    with refused("PreconditionFailedException", status=412):
        schemas.put_resource_policy(RegistryName="orders", Policy=json.dumps(policy), RevisionId=first["RevisionId"])
    with refused("BadRequestException", "The policy must be…"):
        schemas.put_resource_policy(RegistryName="orders", Policy="{}")
    with refused("NotFoundException", status=404):
        schemas.put_resource_policy(RegistryName="none", Policy=json.dumps(policy))
    with refused("ForbiddenException", status=403):
        schemas.put_resource_policy(RegistryName="aws.events", Policy=json.dumps(policy))
    with refused("BadRequestException", "RegistryName must be specified."):
        unchecked.get_resource_policy()
    assert schemas.delete_resource_policy(RegistryName="orders")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NotFoundException", status=404):
        schemas.get_resource_policy(RegistryName="orders")


@covers("schemas.TagResource", "schemas.UntagResource", "schemas.ListTagsForResource")
def test_registries_schemas_and_discoverers_are_tagged(aws, schemas, unchecked, orders):
    create(schemas, "shop@Order")
    discoverer = schemas.create_discoverer(SourceArn=aws.bus_arn())["DiscovererArn"]
    for resource in (arn(aws, "registry/orders"), arn(aws, "schema/orders/shop@Order"), discoverer):
        assert schemas.tag_resource(ResourceArn=resource, Tags={"a": "1", "b": "2"})["ResponseMetadata"]["HTTPStatusCode"] == 204
        schemas.untag_resource(ResourceArn=resource, TagKeys=["a", "c"])
        schemas.tag_resource(ResourceArn=resource, Tags={"d": "ä"})
        assert schemas.list_tags_for_resource(ResourceArn=resource)["Tags"] == {"b": "2", "d": "ä"}
    with refused("NotFoundException", status=404):
        schemas.list_tags_for_resource(ResourceArn=arn(aws, "registry/none"))
    with refused("NotFoundException", status=404):
        schemas.tag_resource(ResourceArn=arn(aws, "schema/orders/none"), Tags={"a": "b"})
    with refused("NotFoundException", status=404):
        schemas.untag_resource(ResourceArn=arn(aws, "discoverer/none"), TagKeys=["a"])
    with refused("BadRequestException"):
        schemas.list_tags_for_resource(ResourceArn=arn(aws, "thing/x"))
    with refused("BadRequestException", "A resource has 50 tags at most."):
        schemas.tag_resource(ResourceArn=discoverer, Tags={str(number): "" for number in range(51)})
    with refused("ForbiddenException", status=403):
        schemas.list_tags_for_resource(ResourceArn=arn(aws.elsewhere(account="999999999999"), "registry/orders"))
    with refused("ForbiddenException", status=403):
        schemas.tag_resource(ResourceArn="arn:aws:schemas:us-east-1::registry/aws.events", Tags={"a": "b"})
    with refused("BadRequestException"):
        unchecked.tag_resource(ResourceArn=discoverer)


# ---- Contracts ----

@covers("schemas.ListSchemas", "schemas.ListSchemaVersions")
def test_contracts_are_registered_at_each_start(tmp_path):
    with Daemon(["--schemas-dir", PROJECT / "schemas"], data_dir=tmp_path / "data") as daemon:
        for _ in range(2):
            schemas = Aws(daemon.endpoint, "000000000000").client("schemas")
            counts = {each["SchemaName"]: each["VersionCount"] for each in schemas.list_schemas(RegistryName="contracts")["Schemas"]}
            assert counts["custom.upload-service@AudioUploaded"] == 1
            assert counts["custom.transcription-service@TranscriptionCompleted"] == 2
            assert daemon.stop() == 0
            daemon.start()
