"""Everything a client can see is the same after the daemon was stopped, or killed, and started again."""

import json

import pytest

from aws_clients import Aws
from daemon import Daemon


def pages(call, key, **parameters):
    found = []
    while True:
        answer = call(**parameters)
        found += answer.get(key, [])
        if "NextToken" not in answer:
            return found
        parameters["NextToken"] = answer["NextToken"]


def picture(aws):
    """All that can be described of the account, as one comparable value."""
    seen = {}
    for bus in pages(aws.events.list_event_buses, "EventBuses"):
        described = aws.events.describe_event_bus(Name=bus["Name"])
        described.pop("ResponseMetadata")
        seen[bus["Arn"]] = (bus, described, aws.events.list_tags_for_resource(ResourceARN=bus["Arn"])["Tags"])
        for rule in pages(aws.events.list_rules, "Rules", EventBusName=bus["Name"], Limit=7):
            described = aws.events.describe_rule(Name=rule["Name"], EventBusName=bus["Name"])
            described.pop("ResponseMetadata")
            targets = pages(aws.events.list_targets_by_rule, "Targets", Rule=rule["Name"], EventBusName=bus["Name"])
            seen[rule["Arn"]] = (rule, described, targets, aws.events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"])
    for connection in pages(aws.events.list_connections, "Connections", Limit=1):
        described = aws.events.describe_connection(Name=connection["Name"])
        described.pop("ResponseMetadata")
        seen[connection["ConnectionArn"]] = (connection, described)
    for destination in pages(aws.events.list_api_destinations, "ApiDestinations", Limit=1):
        described = aws.events.describe_api_destination(Name=destination["Name"])
        described.pop("ResponseMetadata")
        seen[destination["ApiDestinationArn"]] = (destination, described)
    for url in sorted(pages(aws.sqs.list_queues, "QueueUrls")):
        attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        seen[url] = (attributes, aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}))
    return json.loads(json.dumps(seen, default=str, sort_keys=True))


def furnish(aws):
    """One of everything."""
    aws.events.create_event_bus(Name="orders", Description="all", Tags=[{"Key": "a", "Value": "1"}])
    aws.events.put_permission(EventBusName="orders", StatementId="s", Action="events:PutEvents", Principal="111122223333")
    aws.events.create_event_bus(Name="gone")
    aws.events.delete_event_bus(Name="gone")
    dead = aws.create_queue("dead")
    jobs = aws.create_queue("jobs", VisibilityTimeout=600, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}))
    ordered = aws.create_queue("ordered.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    aws.sqs.tag_queue(QueueUrl=jobs.url, Tags={"team": "x"})
    for number in range(20):
        aws.events.put_rule(Name=f"r{number}", EventBusName="orders", EventPattern=json.dumps({"source": [f"s{number}"]}),
                            State="DISABLED" if number % 5 == 4 else "ENABLED", Tags=[{"Key": "n", "Value": str(number)}])
        aws.events.put_targets(Rule=f"r{number}", EventBusName="orders", Targets=[
            {"Id": "jobs", "Arn": jobs.arn, "InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n":<n>}'}},
            {"Id": "ordered", "Arn": ordered.arn, "SqsParameters": {"MessageGroupId": "g"}}])
    aws.events.delete_rule(Name="r19", EventBusName="default")
    aws.events.remove_targets(Rule="r18", EventBusName="orders", Ids=["jobs", "ordered"])
    aws.events.delete_rule(Name="r18", EventBusName="orders")
    aws.events.put_rule(Name="tick", ScheduleExpression="rate(1 hour)")
    for name in ("crm", "gone"):
        connection = aws.events.create_connection(Name=name, AuthorizationType="BASIC", Description="for orders", AuthParameters={
            "BasicAuthParameters": {"Username": "ann", "Password": "swordfish"},
            "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Team", "Value": "blue"}]}})["ConnectionArn"]
        aws.events.create_api_destination(Name=f"hook-{name}", ConnectionArn=connection, HttpMethod="POST",
                                          InvocationEndpoint="https://api.example/*", InvocationRateLimitPerSecond=7)
    aws.events.delete_connection(Name="gone")
    return jobs, ordered


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_all_is_as_it_was(end):
    with Daemon(["--durability", "sync"]) as daemon:
        aws = Aws(daemon.endpoint)
        jobs, ordered = furnish(aws)
        ids = [aws.put(source=f"s{number}", detail={"n": number}, bus="orders") for number in range(18)]
        enabled = [number for number in range(18) if number % 5 != 4]
        deleted, = jobs.receive(1)
        jobs.delete(deleted)
        before = picture(aws)

        if end == "stop":
            assert daemon.stop() == 0
        else:
            daemon.kill()
        daemon.start()

        aws = Aws(daemon.endpoint, aws.account)
        jobs.aws = ordered.aws = aws
        assert picture(aws) == before
        waiting = {f'{{"n":{number}}}' for number in enabled} - {deleted["Body"]}
        bodies = set()
        while got := jobs.bodies():
            bodies |= set(got)
        assert bodies == waiting
        in_order = []
        while got := ordered.bodies():
            in_order += [json.loads(body)["id"] for body in got]
        assert in_order == [ids[number] for number in enabled]

        # And it works on: rules route, deduplication is remembered.
        aws.put(source="s0", detail={"n": 100}, bus="orders")
        assert jobs.bodies() == ['{"n":100}']
        ordered.bodies()
        sent = ordered.send("once", MessageGroupId="g", MessageDeduplicationId="d")
        daemon.kill()
        daemon.start()
        again = ordered.send("once", MessageGroupId="g", MessageDeduplicationId="d")
        assert again["MessageId"] == sent["MessageId"]
        assert ordered.bodies() == ["once"]
