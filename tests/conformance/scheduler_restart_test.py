"""Schedules through the end of the daemon, orderly or not: everything is there again, and each occurrence is fired once."""

import datetime
import time

import pytest

from aws_clients import Aws
from daemon import Daemon

covers = pytest.mark.covers
ROLE = "arn:aws:iam::000000000000:role/scheduler"


def now(**offset):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**offset)


def create(aws, name, when, queue, body, **members):
    aws.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=f"at({when:%Y-%m-%dT%H:%M:%S})", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue.arn, "RoleArn": ROLE, "Input": body}, **members)


def received(queue, count, seconds=20):
    """At least so many bodies, and whatever else is there then."""
    found, deadline = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        found += queue.bodies(wait=2)
    return sorted(found + queue.bodies())


@covers("scheduler.GetSchedule", "scheduler.ListScheduleGroups", "scheduler.ListTagsForResource")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_everything_is_there_again(end):
    with Daemon() as daemon:
        aws = Aws(daemon.endpoint)
        scheduler = aws.client("scheduler")
        group = scheduler.create_schedule_group(Name="g", Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
        scheduler.create_schedule(
            Name="s", GroupName="g", ScheduleExpression="cron(0 9 * * ? *)", ScheduleExpressionTimezone="Asia/Kolkata",
            FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 9}, Description="d", State="DISABLED",
            Target={"Arn": aws.queue_arn("q"), "RoleArn": ROLE, "Input": "x"})
        picture = lambda: [  # noqa: E731
            {name: value for name, value in answer.items() if name != "ResponseMetadata"} for answer in (
                scheduler.get_schedule(Name="s", GroupName="g"), scheduler.list_schedules(), scheduler.list_schedule_groups(),
                scheduler.list_tags_for_resource(ResourceArn=group))]
        before = picture()
        getattr(daemon, end)()
        daemon.start()
        assert picture() == before


@covers("scheduler.CreateSchedule")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_fired_is_not_fired_again_and_what_came_due_meanwhile_is_late(end):
    with Daemon() as daemon:
        aws = Aws(daemon.endpoint)
        queue = aws.create_queue("q")
        create(aws, "before", now(), queue, "before", ActionAfterCompletion="DELETE")
        create(aws, "kept", now(), queue, "kept")
        assert received(queue, 2) == ["before", "kept"]
        create(aws, "meanwhile", now(seconds=2), queue, "meanwhile")
        create(aws, "after", now(seconds=8), queue, "after")
        getattr(daemon, end)()
        due = now(seconds=3)
        while now() < due:
            time.sleep(0.05)
        daemon.start()
        assert received(queue, 2) == ["after", "meanwhile"]
        names = [schedule["Name"] for schedule in aws.client("scheduler").list_schedules()["Schedules"]]
        assert names == ["after", "kept", "meanwhile"]


@covers("scheduler.CreateSchedule")
def test_kill_9_while_schedules_fire_loses_none_and_repeats_none():
    with Daemon(["--durability", "sync"]) as daemon:
        aws = Aws(daemon.endpoint)
        queue = aws.create_queue("q")
        wanted, number = set(), 0
        for round_number in range(6):
            for _ in range(20):
                create(aws, f"s{number}", now(seconds=round_number % 2), queue, str(number))
                wanted.add(str(number))
                number += 1
            daemon.kill()
            daemon.start()
        found = received(queue, len(wanted), seconds=30)
        assert len(found) == len(set(found)), "an occurrence was fired twice"
        assert set(found) == wanted
