"""EventBridge Schemas by the unmodified AWS CLI, in the order a person would use it."""

import json

import pytest

from aws_cli import CliFailed
from until import until

covers = pytest.mark.covers
SCHEMA = json.dumps({"type": "object", "title": "Order"})


@covers("schemas.CreateRegistry", "schemas.UpdateRegistry", "schemas.DescribeRegistry", "schemas.ListRegistries", "schemas.CreateSchema",
        "schemas.UpdateSchema", "schemas.DescribeSchema", "schemas.ListSchemas", "schemas.ListSchemaVersions", "schemas.SearchSchemas",
        "schemas.DeleteSchemaVersion", "schemas.DeleteSchema", "schemas.DeleteRegistry")
def test_registries_and_schemas(aws_cli):
    aws_cli("schemas", "create-registry", "--registry-name", "shop", "--tags", "a=b")
    aws_cli("schemas", "update-registry", "--registry-name", "shop", "--description", "of the shop")
    assert aws_cli("schemas", "describe-registry", "--registry-name", "shop")["Description"] == "of the shop"
    assert "shop" in [each["RegistryName"] for each in aws_cli("schemas", "list-registries", "--scope", "LOCAL")["Registries"]]
    schema = ("--registry-name", "shop", "--schema-name", "shop@Order")
    aws_cli("schemas", "create-schema", *schema, "--type", "JSONSchemaDraft4", "--content", SCHEMA)
    changed = aws_cli("schemas", "update-schema", *schema, "--content", SCHEMA.replace("Order", "Bill"))
    assert changed["SchemaVersion"] == "2"
    assert json.loads(aws_cli("schemas", "describe-schema", *schema, "--schema-version", "1")["Content"])["title"] == "Order"
    assert aws_cli("schemas", "list-schemas", "--registry-name", "shop")["Schemas"][0]["VersionCount"] == 2
    assert len(aws_cli("schemas", "list-schema-versions", *schema)["SchemaVersions"]) == 2
    assert aws_cli("schemas", "search-schemas", "--registry-name", "shop", "--keywords", "bill")["Schemas"][0]["SchemaName"] == "shop@Order"
    aws_cli("schemas", "delete-schema-version", *schema, "--schema-version", "1")
    with pytest.raises(CliFailed) as failed:
        aws_cli("schemas", "create-registry", "--registry-name", "shop")
    assert failed.value.code == "ConflictException"
    aws_cli("schemas", "delete-schema", *schema)
    aws_cli("schemas", "delete-registry", "--registry-name", "shop")
    with pytest.raises(CliFailed) as failed:
        aws_cli("schemas", "describe-registry", "--registry-name", "shop")
    assert failed.value.code == "NotFoundException" and "Registry shop does not exist." in failed.value.text


@covers("schemas.PutResourcePolicy", "schemas.GetResourcePolicy", "schemas.DeleteResourcePolicy", "schemas.TagResource",
        "schemas.ListTagsForResource", "schemas.UntagResource")
def test_policies_and_tags(aws_cli):
    arn = aws_cli("schemas", "create-registry", "--registry-name", "guarded")["RegistryArn"]
    put = aws_cli("schemas", "put-resource-policy", "--registry-name", "guarded", "--policy", {"Statement": []})
    with pytest.raises(CliFailed) as failed:
        aws_cli("schemas", "put-resource-policy", "--registry-name", "guarded", "--policy", {"Statement": []}, "--revision-id", "other")
    assert failed.value.code == "PreconditionFailedException"
    assert aws_cli("schemas", "get-resource-policy", "--registry-name", "guarded")["RevisionId"] == put["RevisionId"]
    aws_cli("schemas", "delete-resource-policy", "--registry-name", "guarded")
    aws_cli("schemas", "tag-resource", "--resource-arn", arn, "--tags", "a=b,c=d")
    aws_cli("schemas", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert aws_cli("schemas", "list-tags-for-resource", "--resource-arn", arn)["Tags"] == {"c": "d"}


@covers("schemas.CreateDiscoverer", "schemas.ListDiscoverers", "schemas.DescribeDiscoverer", "schemas.UpdateDiscoverer",
        "schemas.StopDiscoverer", "schemas.StartDiscoverer", "schemas.DeleteDiscoverer", "schemas.ExportSchema", "schemas.PutCodeBinding",
        "schemas.DescribeCodeBinding", "schemas.GetCodeBindingSource", "schemas.GetDiscoveredSchema")
def test_discovery_and_code(aws_cli, tmp_path):
    bus = aws_cli("events", "describe-event-bus")["Arn"]
    made = aws_cli("schemas", "create-discoverer", "--source-arn", bus)
    identity = ("--discoverer-id", made["DiscovererId"])
    assert aws_cli("schemas", "list-discoverers")["Discoverers"][0]["SourceArn"] == bus
    assert aws_cli("schemas", "stop-discoverer", *identity)["State"] == "STOPPED"
    assert aws_cli("schemas", "start-discoverer", *identity)["State"] == "STARTED"
    aws_cli("schemas", "update-discoverer", *identity, "--no-cross-account")
    assert aws_cli("schemas", "describe-discoverer", *identity)["CrossAccount"] is False
    aws_cli("events", "put-events", "--entries", [{"Source": "cli", "DetailType": "Order Placed", "Detail": '{"id": 1}'}])
    schema = ("--registry-name", "discovered-schemas", "--schema-name", "cli@OrderPlaced")
    until(lambda: aws_cli("schemas", "list-schemas", "--registry-name", "discovered-schemas")["Schemas"], what="a discovery")
    exported = aws_cli("schemas", "export-schema", *schema, "--type", "JSONSchemaDraft4")
    assert json.loads(exported["Content"])["definitions"]["OrderPlaced"]["required"] == ["id"]
    aws_cli("schemas", "put-code-binding", *schema, "--language", "Python36")
    assert aws_cli("schemas", "describe-code-binding", *schema, "--language", "Python36")["Status"] == "CREATE_COMPLETE"
    aws_cli("schemas", "get-code-binding-source", *schema, "--language", "Python36", str(tmp_path / "code.zip"))
    assert (tmp_path / "code.zip").read_bytes()[:2] == b"PK"
    made_of = aws_cli("schemas", "get-discovered-schema", "--type", "OpenApi3", "--events", '{"a": 1}')
    assert "Event" in json.loads(made_of["Content"])["components"]["schemas"]
    aws_cli("schemas", "delete-discoverer", *identity)
    assert aws_cli("schemas", "list-discoverers")["Discoverers"] == []
