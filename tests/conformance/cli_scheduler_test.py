"""EventBridge Scheduler by the unmodified AWS CLI: all twelve operations, in the order a person would use them."""

import json

import pytest

from aws_cli import CliFailed

covers = pytest.mark.covers


@pytest.fixture(scope="module", autouse=True)
def knows_scheduler(aws_cli):
    try:
        aws_cli("scheduler", "list-schedule-groups")
    except CliFailed as failed:
        if "Invalid choice" in failed.text:
            pytest.skip("this AWS CLI is older than EventBridge Scheduler")
        raise


@covers("scheduler.CreateScheduleGroup", "scheduler.GetScheduleGroup", "scheduler.ListScheduleGroups", "scheduler.TagResource",
        "scheduler.UntagResource", "scheduler.ListTagsForResource", "scheduler.DeleteScheduleGroup")
def test_groups_and_tags(aws_cli):
    arn = aws_cli("scheduler", "create-schedule-group", "--name", "g", "--tags", "Key=a,Value=1")["ScheduleGroupArn"]
    assert aws_cli("scheduler", "get-schedule-group", "--name", "g")["State"] == "ACTIVE"
    assert [group["Name"] for group in aws_cli("scheduler", "list-schedule-groups")["ScheduleGroups"]] == ["default", "g"]
    aws_cli("scheduler", "tag-resource", "--resource-arn", arn, "--tags", "Key=b,Value=2")
    aws_cli("scheduler", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert aws_cli("scheduler", "list-tags-for-resource", "--resource-arn", arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    aws_cli("scheduler", "delete-schedule-group", "--name", "g")
    with pytest.raises(CliFailed) as failed:
        aws_cli("scheduler", "get-schedule-group", "--name", "g")
    assert failed.value.code == "ResourceNotFoundException"


@covers("scheduler.CreateSchedule", "scheduler.GetSchedule", "scheduler.UpdateSchedule", "scheduler.ListSchedules", "scheduler.DeleteSchedule")
def test_schedules(aws_cli):
    target = json.dumps({"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": "arn:aws:iam::000000000000:role/r", "Input": "x"})
    common = ["--name", "s", "--flexible-time-window", "Mode=OFF", "--target", target]
    aws_cli("scheduler", "create-schedule", *common, "--schedule-expression", "at(2099-01-01T00:00:00)",
            "--schedule-expression-timezone", "Europe/Berlin", "--start-date", "2098-01-01T00:00:00Z")
    shown = aws_cli("scheduler", "get-schedule", "--name", "s")
    assert (shown["ScheduleExpressionTimezone"], shown["Target"]["Input"]) == ("Europe/Berlin", "x")
    aws_cli("scheduler", "update-schedule", *common, "--schedule-expression", "rate(1 day)", "--state", "DISABLED")
    assert [schedule["State"] for schedule in aws_cli("scheduler", "list-schedules", "--name-prefix", "s")["Schedules"]] == ["DISABLED"]
    with pytest.raises(CliFailed) as failed:
        aws_cli("scheduler", "create-schedule", *common, "--schedule-expression", "rate(1 day)")
    assert failed.value.code == "ConflictException" and "Schedule s already exists." in failed.value.text
    aws_cli("scheduler", "delete-schedule", "--name", "s")
    with pytest.raises(CliFailed) as failed:
        aws_cli("scheduler", "delete-schedule", "--name", "s")
    assert failed.value.code == "ResourceNotFoundException"
