"""Terraform with schedules, a schedule group and scheduled rules: apply, plan, change, plan, destroy; and what it made fires."""

import datetime
import json
import shutil

import pytest

from daemon import Daemon
from terraform_test import ACCOUNT, HERE, Terraform, provider_mirror
from wire import Wire, json_body


def listed(daemon, path, member):
    scope = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-2/scheduler/aws4_request, SignedHeaders=host, Signature=0"
    answer = daemon.request("GET", path, headers={"Authorization": scope})
    assert answer.status == 200, answer
    return sorted(entry["Name"] for entry in json.loads(answer.body)[member])


def test_apply_plan_change_plan_destroy(tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    mirror = provider_mirror()
    if not mirror:
        pytest.skip("terraform's aws provider is in no filesystem mirror here (EVENTBUS_TERRAFORM_MIRROR names one)")
    with Daemon(["--durability", "memory"]) as daemon, Wire(daemon.endpoint, ACCOUNT, "us-east-2") as wire:
        url = json_body(wire.call("sqs", "CreateQueue", {"QueueName": "jobs"}))["QueueUrl"]
        terraform = Terraform(tmp_path, daemon.endpoint, mirror, HERE / "scheduler" / "main.tf")
        moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        first = ["-var", f"moment={moment}"]
        second = [*first, "-var", "revision=2"]

        terraform("init", "-input=false")
        terraform("apply", "-input=false", "-auto-approve", *first)
        assert "No changes." in terraform("plan", "-input=false", "-detailed-exitcode", *first)
        outputs = json.loads(terraform("output", "-json"))
        assert outputs["schedule_arn"]["value"] == f"arn:aws:scheduler:us-east-2:{ACCOUNT}:schedule/reminders/full"
        assert outputs["group_arn"]["value"] == f"arn:aws:scheduler:us-east-2:{ACCOUNT}:schedule-group/reminders"
        assert listed(daemon, "/schedules", "Schedules") == ["full", "once", "plain"]
        messages = json_body(wire.call("sqs", "ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20}))["Messages"]
        assert [message["Body"] for message in messages] == [moment + "Z"]

        changed = terraform("apply", "-input=false", "-auto-approve", *second)
        assert "0 added" in changed and "0 destroyed" in changed, changed[-3000:]
        assert "No changes." in terraform("plan", "-input=false", "-detailed-exitcode", *second)

        terraform("destroy", "-input=false", "-auto-approve", *second)
        assert listed(daemon, "/schedules", "Schedules") == []
        assert listed(daemon, "/schedule-groups", "ScheduleGroups") == ["default"]
        assert json_body(wire.call("events", "ListRules", {}))["Rules"] == []
