"""A real Terraform against the daemon, by AWS_ENDPOINT_URL alone: apply, plan twice without changes, change, plan, destroy.

Where terraform or its aws provider is not installed the test skips with a notice. The provider is looked for in a filesystem mirror
(EVENTBUS_TERRAFORM_MIRROR, /opt/tf-plugins, Terraform's own default folders); nothing is downloaded.
"""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from daemon import Daemon
from wire import Wire, credential, json_body

HERE = pathlib.Path(__file__).resolve().parent
ACCOUNT = "123456789012"
MIRRORS = [os.environ.get("EVENTBUS_TERRAFORM_MIRROR"), "/opt/tf-plugins", "/usr/local/share/terraform/plugins",
           "/usr/share/terraform/plugins", os.path.expanduser("~/.terraform.d/plugins")]


def provider_mirror():
    for mirror in filter(None, MIRRORS):
        if list(pathlib.Path(mirror).glob("registry.terraform.io/hashicorp/aws/*")):
            return mirror
    return None


class Terraform:
    def __init__(self, folder, endpoint, mirror, source=HERE / "main.tf"):
        self.folder = folder
        shutil.copy(source, folder)
        config = folder / "terraformrc"
        config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n', encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        self.environment = {**kept, "TF_CLI_CONFIG_FILE": str(config), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
                            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "secret",
                            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                            "HOME": str(folder)}

    def __call__(self, *arguments, expected=0):
        done = subprocess.run(["terraform", *arguments, "-no-color"], cwd=self.folder, env=self.environment, text=True, timeout=420,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == expected, f"terraform {' '.join(arguments)} ended with {done.returncode}, not {expected}:\n{done.stdout[-8000:]}"
        return done.stdout


@pytest.fixture
def terraform(tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    mirror = provider_mirror()
    if not mirror:
        pytest.skip("terraform's aws provider is in no filesystem mirror here (EVENTBUS_TERRAFORM_MIRROR names one)")
    with Daemon(["--durability", "memory"]) as daemon:
        run = Terraform(tmp_path, daemon.endpoint, mirror)
        run.daemon = daemon
        yield run


def plan_is_clean(terraform, *variables):
    """0: no changes. With changes Terraform ends with 2, and what it would change is in the message."""
    assert "No changes." in terraform("plan", "-input=false", "-detailed-exitcode", *variables)


def test_apply_plan_change_plan_destroy(terraform):
    terraform("init", "-input=false")
    terraform("validate")
    terraform("apply", "-input=false", "-auto-approve")
    plan_is_clean(terraform)
    plan_is_clean(terraform)
    outputs = json.loads(terraform("output", "-json"))
    assert outputs["bus_arn"]["value"] == f"arn:aws:events:us-east-2:{ACCOUNT}:event-bus/shared"
    assert outputs["queue_url"]["value"] == f"{terraform.daemon.endpoint}/{ACCOUNT}/jobs"

    what_terraform_made_works(terraform.daemon, outputs["queue_url"]["value"])

    changed = terraform("apply", "-input=false", "-auto-approve", "-var", "revision=2")
    assert "0 added" in changed and "0 destroyed" in changed, changed[-3000:]
    plan_is_clean(terraform, "-var", "revision=2")
    plan_is_clean(terraform, "-var", "revision=2")

    terraform("destroy", "-input=false", "-auto-approve", "-var", "revision=2")
    with Wire(terraform.daemon.endpoint, ACCOUNT, "us-east-2") as wire:
        assert [bus["Name"] for bus in json_body(wire.call("events", "ListEventBuses", {}))["EventBuses"]] == ["default"]
        assert json_body(wire.call("events", "ListRules", {}))["Rules"] == []
        assert json_body(wire.call("events", "ListArchives", {}))["Archives"] == []
        assert json_body(wire.call("logs", "DescribeLogGroups", {}))["logGroups"] == []
        assert "QueueUrls" not in json_body(wire.call("sqs", "ListQueues", {}))
        headers = {"Authorization": credential("schemas", ACCOUNT, "us-east-2")}
        registries = json_body(wire.send("GET", "/v1/registries?scope=LOCAL", headers=headers))["Registries"]
        assert [registry["RegistryName"] for registry in registries] == ["discovered-schemas"]
        assert json_body(wire.send("GET", "/v1/discoverers", headers=headers))["Discoverers"] == []


def what_terraform_made_works(daemon, queue_url):
    detail = {"userId": "u1", "s3Location": {"bucket": "b", "key": "k"}, "metadata": {"size": 7, "note": "a < b && c > d \u2028"}}
    with Wire(daemon.endpoint, ACCOUNT, "us-east-2") as wire:
        reply = json_body(wire.call("events", "PutEvents", {"Entries": [{
            "Source": "custom.upload-service", "DetailType": "Audio Uploaded", "EventBusName": "application-events",
            "Detail": json.dumps(detail)}]}))
        assert reply["FailedEntryCount"] == 0
        messages = json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": queue_url, "MaxNumberOfMessages": 10}))["Messages"]
        bodies = [message["Body"] for message in messages]
        assert len(bodies) == 3
        assert any('"from": "s3://b/k"' in body and '"job": "uploads"' in body for body in bodies), bodies
        assert detail in [json.loads(body) for body in bodies]
        ordered = json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": queue_url.replace("/jobs", "/ordered.fifo"),
                                                                "AttributeNames": ["All"]}))["Messages"]
        assert [message["Attributes"]["MessageGroupId"] for message in ordered] == ["u1"]
        assert json_body(wire.call("events", "DescribeArchive", {"ArchiveName": "uploads"}))["EventCount"] == 1
