"""Terraform with connections of every kind, API destinations and targets that use them: apply, plan, change, plan, destroy; and what
it made delivers."""

import json
import re
import shutil

import pytest

from daemon import Daemon
from receiver import Receiver, TokenServer
from terraform_test import ACCOUNT, HERE, Terraform, provider_mirror
from wire import Wire, json_body


def deliveries(terraform, receiver, count):
    """What three targets send for one event, by the first part of the path."""
    before = len(receiver.requests)
    with Wire(terraform.daemon.endpoint, ACCOUNT, "us-east-2") as wire:
        reply = json_body(wire.call("events", "PutEvents", {"Entries": [
            {"Source": "terraform", "DetailType": "t", "Detail": json.dumps({"id": "i1"})}]}))
    assert reply["FailedEntryCount"] == 0
    return {request.path.split("/")[1]: request for request in receiver.wait_for(before + count)[before:]}


def test_apply_plan_change_plan_destroy(tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    mirror = provider_mirror()
    if not mirror:
        pytest.skip("terraform's aws provider is in no filesystem mirror here (EVENTBUS_TERRAFORM_MIRROR names one)")
    with Daemon(["--durability", "memory"]) as daemon, TokenServer() as tokens, Receiver() as receiver:
        terraform = Terraform(tmp_path, daemon.endpoint, mirror, HERE / "api_destinations" / "main.tf")
        terraform.daemon = daemon
        first = ["-var", f"receiver={receiver.url}", "-var", f"token_server={tokens.url}"]
        second = [*first, "-var", "revision=2"]

        terraform("init", "-input=false")
        terraform("apply", "-input=false", "-auto-approve", *first)
        assert "No changes." in terraform("plan", "-input=false", "-detailed-exitcode", *first)
        outputs = json.loads(terraform("output", "-json"))
        assert re.fullmatch(rf"arn:aws:events:us-east-2:{ACCOUNT}:connection/oauth/[0-9a-f-]{{36}}", outputs["connection_arn"]["value"])
        assert "events!connection/basic/" in outputs["secret_arn"]["value"]
        sent = deliveries(terraform, receiver, 3)
        assert sent.keys() == {"basic", "key", "oauth"}
        assert all(request.path.endswith("/revision-1") and request.query["id"] == "i1" for request in sent.values())
        assert sent["basic"].headers["X-Secret"] == "hidden 1"
        assert sent["basic"].json["stamp"] == "body secret"
        assert sent["key"].headers["X-Api-Key"] == "k3y"
        assert tokens.admits(sent["oauth"])

        changed = terraform("apply", "-input=false", "-auto-approve", *second)
        assert "0 added" in changed and "0 destroyed" in changed, changed[-3000:]
        assert "No changes." in terraform("plan", "-input=false", "-detailed-exitcode", *second)
        sent = deliveries(terraform, receiver, 3)
        assert {request.method for request in sent.values()} == {"PUT"}
        assert sent["basic"].headers["X-Secret"] == "hidden 2"
        assert sent["key"].headers["X-Other-Key"] == "k3y"
        assert tokens.requests[-1].method == "PUT"

        terraform("destroy", "-input=false", "-auto-approve", *second)
        with Wire(daemon.endpoint, ACCOUNT, "us-east-2") as wire:
            assert json_body(wire.call("events", "ListConnections", {}))["Connections"] == []
            assert json_body(wire.call("events", "ListApiDestinations", {}))["ApiDestinations"] == []
