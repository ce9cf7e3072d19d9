"""Event buses: life, listing, resource policies (eventbridge-behaviour §3, §6)."""

import json

import pytest

from aws_clients import refused

covers = pytest.mark.covers


def create(aws, *names):
    for name in names:
        aws.events.create_event_bus(Name=name)


def policy_of(aws, bus):
    return json.loads(aws.events.describe_event_bus(Name=bus).get("Policy", '{"Statement":[]}'))


def statements(aws, bus):
    return {statement["Sid"]: statement for statement in policy_of(aws, bus)["Statement"]}


# --- create, describe, update, delete ---------------------------------------------------------------------------------------


@covers("events.CreateEventBus", "events.DescribeEventBus")
def test_a_created_bus_is_described_at_once_with_what_it_was_given(aws):
    dead_letters = aws.queue_arn("dead")
    created = aws.events.create_event_bus(
        Name="orders", Description="all orders", KmsKeyIdentifier="alias/orders", DeadLetterConfig={"Arn": dead_letters},
        LogConfig={"IncludeDetail": "FULL", "Level": "INFO"}, Tags=[{"Key": "team", "Value": "sales"}])
    assert created["EventBusArn"] == aws.bus_arn("orders")
    assert created["Description"] == "all orders"
    described = aws.events.describe_event_bus(Name="orders")
    assert described["Name"] == "orders"
    assert described["Arn"] == aws.bus_arn("orders")
    assert described["Description"] == "all orders"
    assert described["KmsKeyIdentifier"] == "alias/orders"
    assert described["DeadLetterConfig"] == {"Arn": dead_letters}
    assert described["LogConfig"] == {"IncludeDetail": "FULL", "Level": "INFO"}
    assert described["CreationTime"] == described["LastModifiedTime"]
    assert "Policy" not in described
    assert aws.events.list_tags_for_resource(ResourceARN=aws.bus_arn("orders"))["Tags"] == [{"Key": "team", "Value": "sales"}]


@covers("events.CreateEventBus", "events.DescribeEventBus")
def test_nothing_is_invented_for_a_bus_created_with_a_name_alone(aws):
    created = aws.events.create_event_bus(Name="plain")
    described = aws.events.describe_event_bus(Name="plain")
    for answer in (created, described):
        assert not {"Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig", "Policy"} & answer.keys()


@covers("events.DescribeEventBus")
def test_the_default_bus_is_always_there_and_needs_no_name(aws):
    assert aws.events.describe_event_bus()["Name"] == "default"
    assert aws.events.describe_event_bus(Name="default")["Arn"] == aws.bus_arn("default")


@covers("events.DescribeEventBus")
def test_a_bus_is_described_by_its_arn(aws):
    create(aws, "by-arn")
    assert aws.events.describe_event_bus(Name=aws.bus_arn("by-arn"))["Name"] == "by-arn"


@covers("events.DescribeEventBus")
def test_an_unknown_bus_is_not_found(aws):
    with refused("ResourceNotFoundException", "Event bus nowhere does not exist."):
        aws.events.describe_event_bus(Name="nowhere")


@covers("events.CreateEventBus")
def test_a_second_bus_of_the_same_name_is_refused(aws):
    create(aws, "twice")
    with refused("ResourceAlreadyExistsException", "Event bus twice already exists."):
        aws.events.create_event_bus(Name="twice")


@covers("events.CreateEventBus")
def test_the_default_bus_cannot_be_created(aws):
    with refused("ResourceAlreadyExistsException", "Event bus default already exists."):
        aws.events.create_event_bus(Name="default")


@covers("events.CreateEventBus")
def test_a_slash_is_for_partner_buses(aws):
    with refused("ValidationException", "Event bus name must not contain '/'."):
        aws.events.create_event_bus(Name="a/b")


@covers("events.CreateEventBus")
def test_a_name_outside_the_pattern_is_refused_in_the_generic_wording(aws):
    with refused("ValidationException",
                 r"1 validation error detected: Value 'no blanks' at 'name' failed to satisfy constraint: "
                 r"Member must satisfy regular expression pattern: [/\.\-_A-Za-z0-9]+"):
        aws.events.create_event_bus(Name="no blanks")


@covers("events.CreateEventBus")
def test_all_violations_are_told_at_once(aws):
    with refused("ValidationException") as answer:
        aws.unchecked_events.create_event_bus(Name="no blanks", Description="d" * 513, Tags=[{"Key": "", "Value": "v"}])
    text = answer.error["Message"]
    assert text.startswith("3 validation errors detected: ")
    assert text.count("; ") == 2
    assert "Value 'no blanks' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: " in text
    assert f"Value '{'d' * 513}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 512" in text
    assert "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1" in text


@covers("events.CreateEventBus")
def test_a_name_is_required(aws):
    with refused("ValidationException",
                 "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"):
        aws.unchecked_events.create_event_bus()


@covers("events.CreateEventBus")
def test_the_longest_name_is_accepted_and_the_next_refused(aws):
    create(aws, "n" * 256)
    with refused("ValidationException", f"1 validation error detected: Value '{'n' * 257}' at 'name' failed to satisfy constraint: "
                                        "Member must have length less than or equal to 256"):
        aws.events.create_event_bus(Name="n" * 257)


@covers("events.CreateEventBus")
def test_the_hundredth_bus_is_the_last(aws):
    made = 1  # the default bus
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        for number in range(101):
            aws.events.create_event_bus(Name=f"bus-{number:03}")
            made += 1
    assert made in (100, 101)


@covers("events.UpdateEventBus")
def test_an_update_changes_what_it_names(aws):
    create(aws, "changing")
    answer = aws.events.update_event_bus(Name="changing", Description="new", KmsKeyIdentifier="alias/new",
                                         DeadLetterConfig={"Arn": aws.queue_arn("dead")}, LogConfig={"Level": "ERROR"})
    assert answer["Arn"] == aws.bus_arn("changing")
    assert answer["Name"] == "changing"
    described = aws.events.describe_event_bus(Name="changing")
    for seen in (answer, described):
        assert seen["Description"] == "new"
        assert seen["KmsKeyIdentifier"] == "alias/new"
        assert seen["DeadLetterConfig"] == {"Arn": aws.queue_arn("dead")}
        assert seen["LogConfig"]["Level"] == "ERROR"
    assert described["LastModifiedTime"] >= described["CreationTime"]


@covers("events.UpdateEventBus")
def test_the_default_bus_is_updated_without_a_name(aws):
    aws.events.update_event_bus(Description="ours")
    assert aws.events.describe_event_bus()["Description"] == "ours"


@covers("events.UpdateEventBus")
def test_an_empty_key_identifier_resets_to_the_owned_key(aws):
    aws.events.create_event_bus(Name="keyed", KmsKeyIdentifier="alias/k")
    aws.events.update_event_bus(Name="keyed", KmsKeyIdentifier="")
    assert not aws.events.describe_event_bus(Name="keyed").get("KmsKeyIdentifier")


@covers("events.UpdateEventBus")
def test_an_unknown_bus_cannot_be_updated(aws):
    with refused("ResourceNotFoundException", "Event bus nowhere does not exist."):
        aws.events.update_event_bus(Name="nowhere", Description="x")


@covers("events.UpdateEventBus")
def test_an_unknown_log_level_is_refused(aws):
    with refused("ValidationException", "1 validation error detected: Value 'LOUD' at 'logConfig.level' failed to satisfy constraint: "
                                        "Member must satisfy enum value set: […"):
        aws.events.update_event_bus(LogConfig={"Level": "LOUD"})


@covers("events.DeleteEventBus")
def test_a_deleted_bus_is_gone_and_deleting_it_again_succeeds(aws):
    create(aws, "short-lived")
    aws.events.delete_event_bus(Name="short-lived")
    with refused("ResourceNotFoundException", "Event bus short-lived does not exist."):
        aws.events.describe_event_bus(Name="short-lived")
    aws.events.delete_event_bus(Name="short-lived")


@covers("events.DeleteEventBus")
def test_the_default_bus_cannot_be_deleted(aws):
    with refused("ValidationException", "Cannot delete event bus default."):
        aws.events.delete_event_bus(Name="default")


@covers("events.DeleteEventBus")
def test_a_bus_with_rules_cannot_be_deleted(aws):
    create(aws, "ruled")
    aws.events.put_rule(Name="r", EventBusName="ruled", EventPattern='{"source":["a"]}')
    with refused("ValidationException", "EventBus can't be deleted since it has rules."):
        aws.events.delete_event_bus(Name="ruled")
    aws.events.delete_rule(Name="r", EventBusName="ruled")
    aws.events.delete_event_bus(Name="ruled")


@covers("events.CreateEventBus", "events.DeleteEventBus")
def test_a_bus_made_anew_has_nothing_of_the_old_one(aws):
    aws.events.create_event_bus(Name="again", Description="old", Tags=[{"Key": "k", "Value": "v"}])
    aws.events.put_permission(EventBusName="again", StatementId="s", Action="events:PutEvents", Principal="*")
    aws.events.delete_event_bus(Name="again")
    create(aws, "again")
    described = aws.events.describe_event_bus(Name="again")
    assert "Description" not in described and "Policy" not in described
    assert aws.events.list_tags_for_resource(ResourceARN=aws.bus_arn("again"))["Tags"] == []


# --- list -------------------------------------------------------------------------------------------------------------------


@covers("events.ListEventBuses")
def test_buses_are_listed_with_the_default_one(aws):
    create(aws, "b", "a")
    buses = aws.events.list_event_buses()["EventBuses"]
    assert sorted(bus["Name"] for bus in buses) == ["a", "b", "default"]
    for bus in buses:
        assert bus["Arn"] == aws.bus_arn(bus["Name"])
        assert "Policy" not in bus and "Description" not in bus


@covers("events.ListEventBuses")
def test_a_prefix_selects(aws):
    create(aws, "dev-a", "dev-b", "prod-a")
    assert [bus["Name"] for bus in aws.events.list_event_buses(NamePrefix="dev-")["EventBuses"]] == ["dev-a", "dev-b"]
    assert aws.events.list_event_buses(NamePrefix="none")["EventBuses"] == []


@covers("events.ListEventBuses")
def test_pages_join_to_the_whole_without_gaps_or_repeats(aws):
    names = [f"bus-{number:02}" for number in range(23)]
    create(aws, *names)
    seen, token, pages = [], {}, 0
    while True:
        answer = aws.events.list_event_buses(NamePrefix="bus-", Limit=5, **token)
        assert len(answer["EventBuses"]) <= 5
        seen += [bus["Name"] for bus in answer["EventBuses"]]
        pages += 1
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert sorted(seen) == names
    assert pages in (5, 6)


@covers("events.ListEventBuses")
def test_a_token_survives_a_changed_limit(aws):
    create(aws, "bus-1", "bus-2", "bus-3")
    first = aws.events.list_event_buses(NamePrefix="bus-", Limit=1)
    rest = aws.events.list_event_buses(NamePrefix="bus-", Limit=50, NextToken=first["NextToken"])
    assert [bus["Name"] for bus in first["EventBuses"] + rest["EventBuses"]] == ["bus-1", "bus-2", "bus-3"]


@covers("events.ListEventBuses")
def test_a_made_up_token_is_refused(aws):
    with refused("ValidationException", "Parameter NextToken is not valid.…"):
        aws.events.list_event_buses(NextToken="bm8gc3VjaCB0b2tlbg==")


@covers("events.ListEventBuses")
def test_a_token_of_another_operation_is_refused(aws):
    create(aws, "bus-1")
    for number in range(2):
        aws.events.put_rule(Name=f"r{number}", EventPattern='{"source":["a"]}')
    token = aws.events.list_rules(Limit=1)["NextToken"]
    with refused("ValidationException", "Parameter NextToken is not valid.…"):
        aws.events.list_event_buses(NextToken=token)


@pytest.mark.parametrize("parameters, value, member, constraint", [
    ({"Limit": 0}, "0", "limit", "Member must have value greater than or equal to 1"),
    ({"Limit": 101}, "101", "limit", "Member must have value less than or equal to 100"),
    ({"NextToken": ""}, "", "nextToken", "Member must have length greater than or equal to 1"),
])
@covers("events.ListEventBuses")
def test_paging_parameters_out_of_range_are_refused(aws, parameters, value, member, constraint):
    with refused("ValidationException",
                 f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"):
        aws.unchecked_events.list_event_buses(**parameters)


@covers("events.ListEventBuses")
def test_an_empty_name_violates_length_and_pattern(aws):
    with refused("ValidationException", "2 validation errors detected: Value '' at 'namePrefix' failed to satisfy constraint: Member must have "
                                        "length greater than or equal to 1; Value '' at 'namePrefix' failed to satisfy constraint: Member "
                                        r"must satisfy regular expression pattern: [/\.\-_A-Za-z0-9]+"):
        aws.unchecked_events.list_event_buses(NamePrefix="")


# --- permissions ------------------------------------------------------------------------------------------------------------


@covers("events.PutPermission")
def test_a_permission_becomes_a_statement(aws):
    create(aws, "shared")
    aws.events.put_permission(EventBusName="shared", StatementId="partner", Action="events:PutEvents", Principal="111122223333")
    policy = policy_of(aws, "shared")
    assert policy["Version"] == "2012-10-17"
    assert policy["Statement"] == [{
        "Sid": "partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "events:PutEvents",
        "Resource": aws.bus_arn("shared")}]


@covers("events.PutPermission")
def test_everybody_stays_a_star_and_may_have_an_organisation(aws):
    aws.events.put_permission(StatementId="org", Action="events:PutEvents", Principal="*",
                              Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"})
    statement = statements(aws, "default")["org"]
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    assert statement["Resource"] == aws.bus_arn("default")


@covers("events.PutPermission")
def test_the_same_statement_id_replaces(aws):
    for principal in ("111122223333", "444455556666"):
        aws.events.put_permission(StatementId="one", Action="events:PutEvents", Principal=principal)
    assert [statement["Principal"] for statement in policy_of(aws, "default")["Statement"]] == [
        {"AWS": "arn:aws:iam::444455556666:root"}]


@covers("events.PutPermission", "events.ListEventBuses")
def test_the_policy_is_seen_in_lists_too(aws):
    create(aws, "shared")
    aws.events.put_permission(EventBusName="shared", StatementId="s", Action="events:PutEvents", Principal="*")
    listed = aws.events.list_event_buses(NamePrefix="shared")["EventBuses"][0]
    assert json.loads(listed["Policy"]) == policy_of(aws, "shared")


@covers("events.PutPermission")
def test_a_whole_policy_replaces_the_document(aws):
    create(aws, "shared")
    aws.events.put_permission(EventBusName="shared", StatementId="old", Action="events:PutEvents", Principal="*")
    document = {"Version": "2012-10-17", "Statement": [
        {"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": aws.bus_arn("shared"),
         "Condition": {"StringEquals": {"events:source": "custom.app"}}},
        {"Sid": "b", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": ["events:PutRule", "events:DescribeRule"], "Resource": "*"}]}
    aws.events.put_permission(EventBusName="shared", Policy=json.dumps(document))
    stored = statements(aws, "shared")
    assert stored.keys() == {"a", "b"}
    assert stored["a"]["Condition"] == {"StringEquals": {"events:source": "custom.app"}}


@covers("events.PutPermission")
def test_permissions_put_in_parallel_do_not_lose_one_another(aws):
    from concurrent.futures import ThreadPoolExecutor

    create(aws, "busy")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: aws.events.put_permission(
            EventBusName="busy", StatementId=f"s{number}", Action="events:PutEvents", Principal="*"), range(30)))
    assert statements(aws, "busy").keys() == {f"s{number}" for number in range(30)}


@pytest.mark.parametrize("parameters, text", [
    ({}, "Parameter(s) Action must be specified."),
    ({"Action": "events:PutEvents", "StatementId": "s"}, "Parameter(s) Principal must be specified."),
    ({"Action": "events:Nonsense", "StatementId": "s", "Principal": "*"}, "Provided value in parameter 'action' is not supported."),
    ({"Action": "events:PutEvents", "StatementId": "s", "Principal": "*",
      "Condition": {"Type": "StringEquals", "Key": "aws:SourceIp", "Value": "o-1234567890"}},
     "Provided value in parameter 'condition.key' is not supported."),
    ({"Action": "events:PutEvents", "StatementId": "s", "Principal": "*",
      "Condition": {"Type": "StringLike", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}},
     "Provided value in parameter 'condition.type' is not supported."),
    ({"Action": "events:PutEvents", "StatementId": "s", "Principal": "*",
      "Condition": {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "x"}},
     "Provided value in parameter 'condition.value' is invalid."),
    ({"Action": "events:PutEvents", "StatementId": "s", "Principal": "*", "Policy": "{}"},
     "Action, Principal, StatementId and Condition could not be combined with Policy parameter."),
    ({"Policy": "{not json"}, "This policy contains invalid Json"),
    ({"Policy": "null"}, "This text appears not to be a policy"),
    ({"Policy": '{"Version":"2012-10-17","Statement":[]}'}, "Could not parse the policy: Statement is empty!"),
    ({"Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"*"}]}'},
     "Missing required field Sid"),
    ({"Policy": '{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"*"}]}'},
     "Missing required field Version"),
    ({"Policy": '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"events:PutEvents"}]}'},
     "Missing required field Resource"),
])
@covers("events.PutPermission")
def test_faults_of_a_permission_are_named(aws, parameters, text):
    with refused("ValidationException", text):
        aws.unchecked_events.put_permission(**parameters)
    assert "Policy" not in aws.events.describe_event_bus()


@covers("events.PutPermission")
def test_statement_ids_of_a_policy_must_be_unique(aws):
    statement = {"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}
    with refused("ValidationException") as answer:
        aws.events.put_permission(Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement, statement]}))
    assert answer.error["Message"].startswith("Invalid statement at line 1 column ")
    assert answer.error["Message"].endswith(": The Statement Ids in the policy are not unique")


@covers("events.PutPermission")
def test_a_policy_for_another_bus_is_refused(aws):
    document = {"Version": "2012-10-17", "Statement": [
        {"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": aws.bus_arn("other")}]}
    with refused("ValidationException") as answer:
        aws.events.put_permission(Policy=json.dumps(document))
    assert 'The relative-id "event-bus/other" is invalid for ARN' in answer.error["Message"]


@covers("events.PutPermission")
def test_an_arn_as_principal_fails_the_model(aws):
    with refused("ValidationException", "…") as answer:
        aws.events.put_permission(Action="events:PutEvents", StatementId="s", Principal="arn:aws:iam::111122223333:root")
    assert "at 'principal' failed to satisfy constraint" in answer.error["Message"]
    assert r"Member must satisfy regular expression pattern: (\d{12}|\*)" in answer.error["Message"]


@covers("events.PutPermission")
def test_a_policy_too_long_is_refused(aws):
    statements_ = [{"Sid": f"s{number}", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                    "Action": "events:PutEvents", "Resource": aws.bus_arn()} for number in range(80)]
    with refused("PolicyLengthExceededException"):
        aws.events.put_permission(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements_}))
    for number in range(60):
        try:
            aws.events.put_permission(StatementId=f"s{number}", Action="events:PutEvents", Principal="111122223333")
        except aws.events.exceptions.PolicyLengthExceededException:
            break
    else:
        assert len(json.dumps(policy_of(aws, "default"), separators=(",", ":"))) <= 10_240


@covers("events.PutPermission", "events.RemovePermission")
def test_permissions_of_an_unknown_bus_are_refused(aws):
    with refused("ResourceNotFoundException", "Event bus nowhere does not exist."):
        aws.events.put_permission(EventBusName="nowhere", StatementId="s", Action="events:PutEvents", Principal="*")
    with refused("ResourceNotFoundException", "Event bus nowhere does not exist."):
        aws.events.remove_permission(EventBusName="nowhere", StatementId="s")


@covers("events.RemovePermission")
def test_a_statement_is_removed_by_its_id(aws):
    for sid in ("keep", "drop"):
        aws.events.put_permission(StatementId=sid, Action="events:PutEvents", Principal="*")
    aws.events.remove_permission(StatementId="drop")
    assert statements(aws, "default").keys() == {"keep"}
    aws.events.remove_permission(StatementId="keep")
    assert "Policy" not in aws.events.describe_event_bus()


@covers("events.RemovePermission")
def test_an_unknown_statement_is_not_found_with_a_policy_or_without(aws):
    text = "Statement with the provided id does not exist."
    with refused("ResourceNotFoundException", text):
        aws.events.remove_permission(StatementId="none")
    aws.events.put_permission(StatementId="other", Action="events:PutEvents", Principal="*")
    with refused("ResourceNotFoundException", text):
        aws.events.remove_permission(StatementId="none")


@covers("events.RemovePermission")
def test_all_permissions_go_at_once_and_none_is_a_success_too(aws):
    aws.events.remove_permission(RemoveAllPermissions=True)
    aws.events.put_permission(StatementId="s", Action="events:PutEvents", Principal="*")
    aws.events.remove_permission(RemoveAllPermissions=True)
    assert "Policy" not in aws.events.describe_event_bus()


# --- whose bus --------------------------------------------------------------------------------------------------------------


@covers("events.CreateEventBus", "events.DescribeEventBus", "events.ListEventBuses")
def test_accounts_and_regions_do_not_see_one_another(aws):
    create(aws, "mine")
    for other in (aws.elsewhere(region="eu-central-1"), aws.elsewhere(account="999999999999")):
        with refused("ResourceNotFoundException", "Event bus mine does not exist."):
            other.events.describe_event_bus(Name="mine")
        assert "mine" not in [bus["Name"] for bus in other.events.list_event_buses()["EventBuses"]]
        assert other.events.describe_event_bus()["Arn"] == other.bus_arn("default")
