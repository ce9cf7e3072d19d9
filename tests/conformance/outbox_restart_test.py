"""Deliveries that wait for targets that nothing delivers to outlive everything: a crash, their target, their rule and their bus.
And what was put about buses, rules and targets of every kind comes back to the letter."""

import json

from aws_clients import Aws
from daemon import Daemon

ROLE = "arn:aws:iam::000000000000:role/r"


def targets_of(account):
    """One target of each kind whose parameters nothing here reads yet; five to a rule."""
    def arn(service, resource):
        return f"arn:aws:{service}:us-east-1:{account}:{resource}"

    return [
        {"Id": "1-lambda", "Arn": arn("lambda", "function:f"), "Input": ' {"a" : 1.50e2} ',
         "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
         "DeadLetterConfig": {"Arn": arn("sqs", "dead")}},
        {"Id": "2-ecs", "Arn": arn("ecs", "cluster/c"), "RoleArn": ROLE, "EcsParameters": {
            "TaskDefinitionArn": arn("ecs", "task-definition/t"), "TaskCount": 2, "LaunchType": "FARGATE",
            "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["s"], "AssignPublicIp": "ENABLED"}},
            "CapacityProviderStrategy": [{"capacityProvider": "x", "weight": 1, "base": 0}], "EnableECSManagedTags": True,
            "PlacementConstraints": [{"type": "memberOf", "expression": "e"}], "Tags": [{"Key": "k", "Value": ""}]}},
        {"Id": "3-http", "Arn": arn("execute-api", "abcdef/prod/POST/pets/*"), "RoleArn": ROLE, "HttpParameters": {
            "PathParameterValues": ["$.detail.x"], "HeaderParameters": {"X": "y"}, "QueryStringParameters": {"a": "$.b"}}},
        {"Id": "4-redshift", "Arn": arn("redshift", "cluster:c"), "RoleArn": ROLE,
         "RedshiftDataParameters": {"Database": "d", "Sql": "select 1", "WithEvent": True}},
        {"Id": "5-kinesis", "Arn": arn("kinesis", "stream/s"), "RoleArn": ROLE, "KinesisParameters": {"PartitionKeyPath": "$.detail.x"},
         "InputTransformer": {"InputPathsMap": {"a-b": "$.detail.l[*].n"}, "InputTemplate": '{ "x" : <a-b> }'}},
    ]


def backlog(daemon):
    """{lane: waiting deliveries}"""
    return {series: value for series, value in daemon.metrics().items() if series.startswith("eventbus_outbox_messages{")}


def described(aws):
    seen = []
    for answer in (aws.events.describe_event_bus(Name="b"), aws.events.describe_rule(Name="r", EventBusName="b"),
                   aws.events.list_targets_by_rule(Rule="r", EventBusName="b"), aws.events.describe_event_bus()):
        answer.pop("ResponseMetadata")
        seen.append(answer)
    return seen


def test_a_backlog_outlives_crash_target_rule_and_bus():
    with Daemon(["--durability", "sync"]) as daemon:
        aws = Aws(daemon.endpoint)
        policy = {"Version": "2012-10-17", "Id": "z", "Statement": [
            {"Sid": "s", "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents", "Resource": "*",
             "Condition": {"StringEquals": {"events:source": ["ü"]}}}]}
        bus = {"Description": "é\n\"", "KmsKeyIdentifier": "alias/x", "DeadLetterConfig": {"Arn": aws.queue_arn("dead")},
               "LogConfig": {"Level": "TRACE", "IncludeDetail": "FULL"}}
        rule = {"EventPattern": '{ "source" : ["test"], "detail":{"é":[{"prefix":""},1.0]} }', "Description": "d\t\\", "RoleArn": ROLE}
        aws.events.create_event_bus(Name="b", **bus)
        aws.events.put_permission(EventBusName="b", Policy=json.dumps(policy))
        aws.events.put_permission(StatementId="own", Action="events:PutEvents", Principal="*")
        aws.events.put_rule(Name="r", EventBusName="b", **rule)
        targets = targets_of(aws.account)
        aws.events.put_targets(Rule="r", EventBusName="b", Targets=targets)
        for _ in range(3):
            aws.put(bus="b", detail='{"é":1,"l":[{"n":1}]}')

        before = described(aws)
        assert {key: before[0][key] for key in bus} == bus and json.loads(before[0]["Policy"]) == policy
        assert {key: before[1][key] for key in rule} == rule
        assert before[2]["Targets"] == targets
        waiting = backlog(daemon)
        assert list(waiting.values()) == [3.0] * 5

        daemon.kill()
        daemon.start()
        aws = Aws(daemon.endpoint, aws.account)
        assert described(aws) == before
        assert backlog(daemon) == waiting

        # A target that now leads elsewhere, targets that go, and at last the rule and the bus.
        queue = aws.create_queue("q")
        aws.events.put_targets(Rule="r", EventBusName="b", Targets=[{"Id": "1-lambda", "Arn": queue.arn}])
        aws.put(bus="b", detail='{"é":1}')
        assert len(queue.bodies()) == 1
        waiting = {lane: 3.0 if "function:f" in lane else 4.0 for lane in waiting}
        assert backlog(daemon) == waiting
        aws.events.remove_targets(Rule="r", EventBusName="b", Ids=[target["Id"] for target in targets])
        aws.events.delete_rule(Name="r", EventBusName="b")
        aws.events.delete_event_bus(Name="b")
        assert backlog(daemon) == waiting
        daemon.kill()
        daemon.start()
        assert backlog(daemon) == waiting
