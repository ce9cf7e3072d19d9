"""EventBridge Schemas: code bindings, downloaded through boto3, compiled and used."""

import importlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from aws_clients import refused

covers = pytest.mark.covers
LANGUAGES = ("Go1", "Java8", "Python36", "TypeScript3")
EVENT = {"version": "0", "id": "1", "detail-type": "Order Placed", "source": "shop.orders", "account": "000000000000",
         "time": "2026-01-02T03:04:05Z", "region": "us-east-1", "resources": ["r"],
         "detail": {"order-id": "o1", "class": 1, "total": 9.5, "paid": True, "at": "2026-01-02T03:04:05.250+02:00",
                    "lines": [{"sku": "a", "object": {"java": "x"}}], "odd ' \" \\ \n name": "ä", "mixed": [1, "x"], "1st": None}}


@pytest.fixture
def schemas(aws):
    return aws.client("schemas")


@pytest.fixture
def registered(schemas):
    """A schema of EVENT: its names, for calls."""
    content = schemas.get_discovered_schema(Events=[json.dumps(EVENT)], Type="OpenApi3")["Content"]
    schemas.create_registry(RegistryName="r")
    schemas.create_schema(RegistryName="r", SchemaName="shop.orders@OrderPlaced", Type="OpenApi3", Content=content)
    return {"RegistryName": "r", "SchemaName": "shop.orders@OrderPlaced"}


def unpacked(schemas, names, language, folder):
    """The code in a folder; the path of the package in it."""
    assert schemas.put_code_binding(Language=language, **names)["Status"] in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    schemas.get_waiter("code_binding_exists").wait(Language=language, WaiterConfig={"Delay": 1, "MaxAttempts": 3}, **names)
    archive = zipfile.ZipFile(io.BytesIO(schemas.get_code_binding_source(Language=language, **names)["Body"].read()))
    assert archive.testzip() is None
    archive.extractall(folder)
    return pathlib.Path(folder) / "schema/shop/orders/order_placed"


@covers("schemas.PutCodeBinding", "schemas.DescribeCodeBinding", "schemas.GetCodeBindingSource")
def test_a_binding_is_asked_for_described_and_fetched(schemas, registered):
    with refused("NotFoundException", status=404):
        schemas.describe_code_binding(Language="Go1", **registered)
    with refused("NotFoundException", status=404):
        schemas.get_code_binding_source(Language="Go1", **registered)
    put = schemas.put_code_binding(Language="Go1", **registered)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 202 and put["SchemaVersion"] == "1"
    described = schemas.describe_code_binding(Language="Go1", SchemaVersion="1", **registered)
    assert described["Status"] == "CREATE_COMPLETE" and described["CreationDate"] == put["CreationDate"]
    again = schemas.put_code_binding(Language="Go1", **registered)
    assert again["CreationDate"] == put["CreationDate"]
    source = schemas.get_code_binding_source(Language="Go1", **registered)
    assert source["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(source["Body"].read())).namelist() == [
        "schema/shop/orders/order_placed/types.go", "schema/shop/orders/order_placed/marshaller.go"]
    # Code of AWS's own schemas is always there.
    own = {"RegistryName": "aws.events", "SchemaName": "aws.s3@ObjectCreated", "Language": "Java8"}
    assert schemas.describe_code_binding(**own)["Status"] == "CREATE_COMPLETE"
    assert schemas.get_code_binding_source(**own)["Body"].read(2) == b"PK"


@covers("schemas.PutCodeBinding", "schemas.DescribeCodeBinding", "schemas.GetCodeBindingSource")
def test_errors_of_bindings(schemas, registered):
    for call in (schemas.put_code_binding, schemas.describe_code_binding, schemas.get_code_binding_source):
        with refused("BadRequestException", "Language must be one of Go1, Java8, Python36, TypeScript3."):
            call(Language="Cobol", **registered)
        with refused("NotFoundException", status=404):
            call(Language="Go1", RegistryName="r", SchemaName="none")
        with refused("NotFoundException", status=404):
            call(Language="Go1", SchemaVersion="2", **registered)
        with refused("BadRequestException"):
            call(Language="Go1", SchemaVersion="x", **registered)
    schemas.delete_schema_version(SchemaVersion="1", **registered)
    with refused("GoneException", status=410):
        schemas.put_code_binding(Language="Go1", SchemaVersion="1", **registered)
    with refused("NotFoundException", status=404):
        schemas.describe_code_binding(Language="Go1", SchemaVersion="1", **registered)
    # No type can be made of this one.
    schemas.create_schema(RegistryName="r", SchemaName="text", Type="JSONSchemaDraft4", Content='{"type": "string"}')
    assert schemas.put_code_binding(RegistryName="r", SchemaName="text", Language="Go1")["Status"] == "CREATE_FAILED"
    with refused("BadRequestException"):
        schemas.get_code_binding_source(RegistryName="r", SchemaName="text", Language="Go1")


@covers("schemas.GetCodeBindingSource")
def test_python(schemas, registered, tmp_path, monkeypatch):
    unpacked(schemas, registered, "Python36", tmp_path / "bindings_under_test")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "bindings_under_test" / "__init__.py").write_text("", encoding="utf-8")
    package = importlib.import_module("bindings_under_test.schema.shop.orders.order_placed")
    event = package.Marshaller.unmarshall(EVENT, package.AWSEvent)
    assert (event.detail_type, event.detail.order_id, event.detail.class_, event.detail.n1st) == ("Order Placed", "o1", 1, None)
    assert type(event.detail) is package.OrderPlaced and event.detail.lines[0].object.java == "x"
    assert (event.time.year, event.detail.at.microsecond, event.detail.at.utcoffset().total_seconds()) == (2026, 250_000, 7200)
    written = package.Marshaller.marshall(event)
    assert written["time"] == EVENT["time"] and written["detail"]["lines"] == EVENT["detail"]["lines"]
    assert written["detail"]["odd ' \" \\ \n name"] == "ä"
    assert package.Marshaller.unmarshall(json.loads(json.dumps(written)), package.AWSEvent) == event


@covers("schemas.GetCodeBindingSource")
def test_typescript(schemas, registered, tmp_path):
    compiler = shutil.which("tsc")
    if not compiler or not shutil.which("node"):
        pytest.skip("tsc (Debian: node-typescript) or node is not installed")
    code = unpacked(schemas, registered, "TypeScript3", tmp_path)
    (code / "use.ts").write_text("""
import { AWSEvent } from './AWSEvent';
import { Marshaller } from './marshaller/Marshaller';
declare const require: any;
const event: AWSEvent = Marshaller.unmarshall(JSON.parse(require('fs').readFileSync(0, 'utf8')), AWSEvent);
const order: string = event.detail['order-id'];
const year: number = event.time.getUTCFullYear();
console.log(JSON.stringify([order, year, event['detail-type'], event.detail.lines[0].object.java, Marshaller.marshall(event)]));
""", encoding="utf-8")
    options = {"strict": True, "target": "es2017", "module": "commonjs", "lib": ["es2017", "dom"], "types": []}
    (code / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["use.ts"]}), encoding="utf-8")
    done = subprocess.run([compiler, "-p", "."], cwd=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run(["node", "use.js"], cwd=code, input=json.dumps(EVENT), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *seen, written = json.loads(done.stdout)
    assert seen == ["o1", 2026, "Order Placed", "x"]
    assert written["detail"]["lines"] == EVENT["detail"]["lines"] and written["detail"]["1st"] is None


@covers("schemas.GetCodeBindingSource")
def test_java(schemas, registered, tmp_path):
    if not shutil.which("javac"):
        pytest.skip("javac is not installed")
    code = unpacked(schemas, registered, "Java8", tmp_path)
    (tmp_path / "Use.java").write_text("""
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import schema.shop.orders.order_placed.AWSEvent;
public class Use {
    public static void main(String[] arguments) {
        Map<String, Object> inner = new HashMap<>();
        inner.put("order-id", "o1");
        inner.put("class", 1);
        inner.put("at", "2026-01-02T03:04:05Z");
        Map<String, Object> line = new HashMap<>();
        line.put("object", Collections.singletonMap("java", "x"));
        inner.put("lines", Collections.singletonList(line));
        AWSEvent event = AWSEvent.unmarshall(Collections.singletonMap("detail", inner));
        System.out.println(event.getDetail().getOrderId() + " " + event.getDetail().getClass_() + " "
            + event.getDetail().getLines().get(0).getObject().getJava_() + " " + event.getDetail().getAt().getYear());
        System.out.println(event.marshall());
    }
}
""", encoding="utf-8")
    sources = [str(path) for path in code.glob("*.java")]
    done = subprocess.run(["javac", "--release", "8", "-Xlint:-options", "-encoding", "US-ASCII", "Use.java", *sources], cwd=tmp_path, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(["java", "Use"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "o1 1.0 x 2026"
    assert "2026-01-02T03:04:05Z" in done.stdout.splitlines()[1]


@covers("schemas.GetCodeBindingSource")
def test_go(schemas, registered, tmp_path):
    if not shutil.which("go"):
        pytest.skip("go is not installed")
    unpacked(schemas, registered, "Go1", tmp_path)
    (tmp_path / "go.mod").write_text("module example\n\ngo 1.13\n", encoding="utf-8")
    (tmp_path / "use.go").write_text("""package main

import (
    "os"

    "example/schema/shop/orders/order_placed"
)

func main() {
    event, err := order_placed.UnmarshalEvent(os.Stdin)
    if err != nil {
        panic(err)
    }
    if event.Detail.OrderId != "o1" || event.Detail.Lines[0].Sku != "a" || event.Time.Year() != 2026 {
        panic(event)
    }
    if err := order_placed.MarshalEvent(os.Stdout, event); err != nil {
        panic(err)
    }
}
""", encoding="utf-8")
    # No module is downloaded: the code needs the standard library alone.
    environment = dict(os.environ, GOFLAGS="-mod=mod", GOPROXY="off", GOCACHE=str(tmp_path / "cache"))
    for command in (["go", "vet", "./..."], ["go", "run", "use.go"]):
        done = subprocess.run(command, cwd=tmp_path, env=environment, input=json.dumps(EVENT), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert written["time"] == EVENT["time"] and written["detail"]["order-id"] == "o1" and written["detail"]["paid"] is True
    assert written["detail"]["lines"] == EVENT["detail"]["lines"]


@covers("schemas.GetCodeBindingSource")
@pytest.mark.parametrize("language", LANGUAGES)
def test_any_schema_has_code_in_each_language(schemas, language):
    schemas.create_registry(RegistryName="r")
    content = {"type": "object", "properties": {"self": {"$ref": "#"}, "map": {"type": "object", "additionalProperties": {"$ref": "#"}},
                                                "free": {}, "": {"type": "integer"}, "`": {"type": "boolean"}}}
    schemas.create_schema(RegistryName="r", SchemaName="odd-one", Type="JSONSchemaDraft4", Content=json.dumps(content))
    names = {"RegistryName": "r", "SchemaName": "odd-one", "Language": language}
    assert schemas.put_code_binding(**names)["Status"] == "CREATE_COMPLETE"
    archive = zipfile.ZipFile(io.BytesIO(schemas.get_code_binding_source(**names)["Body"].read()))
    assert archive.testzip() is None
    assert all(name.startswith("schema/") for name in archive.namelist())
    if language == "Python36":
        for name in archive.namelist():
            compile(archive.read(name), name, "exec")
