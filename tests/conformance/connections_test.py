"""Connections and API destinations as clients manage them (eventbridge-behaviour §13); deliveries: api_destinations_test.py."""

import json
import re
import time

import pytest

from aws_clients import refused
from aws_cli import Cli
from daemon import Daemon
from aws_clients import Aws
from receiver import TokenServer

covers = pytest.mark.covers

BASIC = {"BasicAuthParameters": {"Username": "ann", "Password": "swordfish"}}
API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "swordfish"}}
NOT_FOUND = "Failed to describe the connection(s). Connection '{}' does not exist."


def oauth(endpoint="https://login.example/token", secret="swordfish"):
    return {"OAuthParameters": {"ClientParameters": {"ClientID": "the-client", "ClientSecret": secret},
                                "AuthorizationEndpoint": endpoint, "HttpMethod": "POST"}}


def create(aws, name="crm", kind="BASIC", auth=None, **more):
    return aws.events.create_connection(Name=name, AuthorizationType=kind, AuthParameters=auth or BASIC, **more)


def destination(aws, name="hook", connection="crm", **more):
    arn = aws.events.describe_connection(Name=connection)["ConnectionArn"]
    return aws.events.create_api_destination(**{"Name": name, "ConnectionArn": arn, "HttpMethod": "POST",
                                                "InvocationEndpoint": "https://api.example/hook", **more})


def settled(aws, name="crm"):
    """The connection, once it is not AUTHORIZING any more."""
    deadline = time.monotonic() + 30
    while True:
        described = aws.events.describe_connection(Name=name)
        if described["ConnectionState"] != "AUTHORIZING":
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.02)


# --- connections ------------------------------------------------------------------------------------------------------------


@covers("events.CreateConnection", "events.DescribeConnection")
@pytest.mark.parametrize("kind, auth, shown", [
    ("BASIC", BASIC, {"BasicAuthParameters": {"Username": "ann"}}),
    ("API_KEY", API_KEY, {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key"}}),
], ids=["basic", "api-key"])
def test_a_connection_is_authorized_at_once_and_its_secret_never_shown(aws, kind, auth, shown):
    created = create(aws, kind=kind, auth={**auth, "InvocationHttpParameters": {}}, Description="what for", KmsKeyIdentifier="alias/k")
    assert created["ConnectionState"] == "AUTHORIZED"
    arn = rf"arn:aws:events:{aws.region}:{aws.account}:connection/crm/[0-9a-f-]{{36}}"
    assert re.fullmatch(arn, created["ConnectionArn"])
    described = aws.events.describe_connection(Name="crm")
    assert described["AuthParameters"] == {**shown, "InvocationHttpParameters": {}}
    assert described["AuthorizationType"] == kind
    assert described["Description"] == "what for"
    assert described["KmsKeyIdentifier"] == "alias/k"
    secret = rf"arn:aws:secretsmanager:{aws.region}:{aws.account}:secret:events!connection/crm/([0-9a-f-]{{36}})-\w{{6}}"
    assert re.fullmatch(secret, described["SecretArn"]).group(1) not in created["ConnectionArn"]
    assert described["CreationTime"] == described["LastModifiedTime"] == described["LastAuthorizedTime"]
    assert "swordfish" not in str(described)


@covers("events.CreateConnection", "events.DescribeConnection")
def test_parameters_are_echoed_and_secret_ones_without_their_value(aws):
    parameters = {"HeaderParameters": [{"Key": "X-Open", "Value": "o"}, {"Key": "X-Pin", "Value": "swordfish", "IsValueSecret": True}],
                  "QueryStringParameters": [{"Key": "q", "Value": "1", "IsValueSecret": False}],
                  "BodyParameters": [{"Key": "b", "Value": "swordfish", "IsValueSecret": True}]}
    create(aws, auth={**BASIC, "InvocationHttpParameters": parameters})
    described = aws.events.describe_connection(Name="crm")
    assert described["AuthParameters"]["InvocationHttpParameters"] == {
        "HeaderParameters": [{"Key": "X-Open", "Value": "o", "IsValueSecret": False}, {"Key": "X-Pin", "IsValueSecret": True}],
        "QueryStringParameters": [{"Key": "q", "Value": "1", "IsValueSecret": False}],
        "BodyParameters": [{"Key": "b", "IsValueSecret": True}]}


@covers("events.CreateConnection")
def test_connections_are_refused_in_aws_words(aws):
    create(aws)
    with refused("ResourceAlreadyExistsException", "Connection 'crm' already exists."):
        create(aws)
    with refused("ValidationException", "1 validation error detected: Value 'no spaces!' at 'name' failed to satisfy constraint: Member must "
                 r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+"):
        create(aws, name="no spaces!")
    with refused("ValidationException", "1 validation error detected: Value 'NONE' at 'authorizationType' failed to satisfy constraint: "
                 "Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]"):
        create(aws, name="other", kind="NONE")
    with refused("ValidationException", "Parameter(s) ApiKeyAuthParameters must be specified."):
        create(aws, name="other", kind="API_KEY", auth={"InvocationHttpParameters": {}})
    with refused("ValidationException", "Private connectivity …"):
        create(aws, name="other", InvocationConnectivityParameters={"ResourceParameters": {
            "ResourceConfigurationArn": "arn:aws:vpc-lattice:us-east-1:000000000000:resourceconfiguration/rcfg-0123456789abcdefg"}})
    assert [c["Name"] for c in aws.events.list_connections()["Connections"]] == ["crm"]


@covers("events.CreateConnection", "events.CreateApiDestination")
def test_quotas_are_kept():
    arguments = ["--durability", "memory", "--connections-per-region", "1", "--api-destinations-per-region", "1"]
    with Daemon(arguments) as limited:
        aws = Aws(limited.endpoint)
        create(aws)
        with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
            create(aws, name="erp")
        destination(aws)
        with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
            destination(aws, name="second")


@covers("events.UpdateConnection")
def test_an_update_keeps_what_it_does_not_name(aws):
    create(aws, auth={**BASIC, "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-A", "Value": "a"}]}}, Description="old")
    updated = aws.events.update_connection(Name="crm", AuthorizationType="BASIC", AuthParameters={"BasicAuthParameters": {"Password": "new"}})
    assert updated["ConnectionState"] == "AUTHORIZED"
    described = aws.events.describe_connection(Name="crm")
    assert described["Description"] == "old"
    assert described["AuthParameters"]["BasicAuthParameters"] == {"Username": "ann"}
    assert described["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"][0]["Value"] == "a"
    aws.events.update_connection(Name="crm", AuthorizationType="API_KEY", AuthParameters=API_KEY, Description="")
    described = aws.events.describe_connection(Name="crm")
    assert described["AuthorizationType"] == "API_KEY"
    assert described["AuthParameters"]["ApiKeyAuthParameters"] == {"ApiKeyName": "X-Api-Key"}
    assert "Description" not in described


@covers("events.UpdateConnection")
def test_an_update_of_nothing_is_refused(aws):
    create(aws)
    nothing = ("Failed to update the connection(s). At least one of the following is required: Description, KmsKeyIdentifier, "
               "AuthorizationType with BasicAuthParameters, ApiKeyAuthParameters, or OAuthParameters.")
    with refused("ValidationException", nothing):
        aws.events.update_connection(Name="crm")
    with refused("ValidationException", nothing):
        aws.events.update_connection(Name="crm", AuthParameters={"BasicAuthParameters": {"Password": "p"}})
    with refused("ResourceNotFoundException", NOT_FOUND.format("gone")):
        aws.events.update_connection(Name="gone", Description="d")


@covers("events.DeauthorizeConnection", "events.UpdateConnection")
def test_deauthorizing_takes_the_secret_away_until_an_update_brings_another(aws):
    create(aws)
    assert destination(aws)["ApiDestinationState"] == "ACTIVE"
    assert aws.events.deauthorize_connection(Name="crm")["ConnectionState"] == "DEAUTHORIZING"
    described = aws.events.describe_connection(Name="crm")
    assert described["ConnectionState"] == "DEAUTHORIZED"
    assert "DeauthorizeConnection" in described["StateReason"]
    assert described["AuthParameters"] == {}
    assert "SecretArn" not in described
    assert aws.events.describe_api_destination(Name="hook")["ApiDestinationState"] == "INACTIVE"
    aws.events.update_connection(Name="crm", AuthorizationType="BASIC", AuthParameters=BASIC)
    described = aws.events.describe_connection(Name="crm")
    assert described["ConnectionState"] == "AUTHORIZED"
    assert "StateReason" not in described
    assert aws.events.describe_api_destination(Name="hook")["ApiDestinationState"] == "ACTIVE"
    with refused("ResourceNotFoundException", NOT_FOUND.format("gone")):
        aws.events.deauthorize_connection(Name="gone")


@covers("events.DeleteConnection", "events.DescribeConnection")
def test_a_deleted_connection_is_gone_and_another_of_its_name_is_another(aws):
    first = create(aws)["ConnectionArn"]
    destination(aws)
    assert aws.events.delete_connection(Name="crm")["ConnectionState"] == "DELETING"
    with refused("ResourceNotFoundException", NOT_FOUND.format("crm")):
        aws.events.describe_connection(Name="crm")
    with refused("ResourceNotFoundException", NOT_FOUND.format("crm")):
        aws.events.delete_connection(Name="crm")
    assert create(aws)["ConnectionArn"] != first
    assert aws.events.describe_api_destination(Name="hook")["ApiDestinationState"] == "INACTIVE"


@covers("events.ListConnections")
def test_connections_are_listed_by_prefix_state_and_page(aws):
    for name in ("a1", "a2", "b1"):
        create(aws, name=name)
    aws.events.deauthorize_connection(Name="a2")

    def names(**filters):
        return [connection["Name"] for connection in aws.events.list_connections(**filters)["Connections"]]

    assert names() == ["a1", "a2", "b1"]
    assert names(NamePrefix="a") == ["a1", "a2"]
    assert names(ConnectionState="DEAUTHORIZED") == ["a2"]
    assert names(ConnectionState="CREATING") == []
    first = aws.events.list_connections(Limit=2)
    assert names(NextToken=first["NextToken"]) == ["b1"]
    assert "AuthParameters" not in first["Connections"][0]
    with refused("ValidationException", "Parameter NextToken is not valid."):
        aws.events.list_connections(NextToken=first["NextToken"], NamePrefix="a")
    with refused("ValidationException"):
        aws.unchecked_events.list_connections(Limit=101)
    assert aws.elsewhere(region="eu-west-1").events.list_connections()["Connections"] == []


# --- OAuth ------------------------------------------------------------------------------------------------------------------


@covers("events.CreateConnection", "events.DescribeConnection")
def test_an_oauth_connection_gets_its_token_in_the_background(aws):
    with TokenServer() as server:
        auth = oauth(server.url + "/token", server.client_secret)
        auth["OAuthParameters"]["OAuthHttpParameters"] = {
            "BodyParameters": [{"Key": "scope", "Value": "a b"}], "QueryStringParameters": [{"Key": "tenant", "Value": "7"}],
            "HeaderParameters": [{"Key": "X-Realm", "Value": "r"}]}
        assert create(aws, kind="OAUTH_CLIENT_CREDENTIALS", auth=auth)["ConnectionState"] == "AUTHORIZING"
        described = settled(aws)
        assert described["ConnectionState"] == "AUTHORIZED"
        shown = described["AuthParameters"]["OAuthParameters"]
        assert shown["ClientParameters"] == {"ClientID": "the-client"}
        assert (shown["AuthorizationEndpoint"], shown["HttpMethod"]) == (server.url + "/token", "POST")
        [asked] = server.wait_for(1)
        assert (asked.method, asked.path, asked.query) == ("POST", "/token", {"tenant": "7"})
        assert asked.form == {"grant_type": "client_credentials", "client_id": "the-client", "client_secret": server.client_secret, "scope": "a b"}
        assert asked.headers["X-Realm"] == "r"


@covers("events.CreateConnection", "events.UpdateConnection")
def test_wrong_credentials_deauthorize_and_the_right_ones_authorize(aws):
    with TokenServer() as server:
        create(aws, kind="OAUTH_CLIENT_CREDENTIALS", auth=oauth(server.url, "wrong"))
        described = settled(aws)
        assert described["ConnectionState"] == "DEAUTHORIZED"
        assert described["StateReason"] == "The authorization endpoint answered with status 401."
        updated = aws.events.update_connection(
            Name="crm", AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
            AuthParameters={"OAuthParameters": {"ClientParameters": {"ClientSecret": server.client_secret}}})
        assert updated["ConnectionState"] == "AUTHORIZING"
        described = settled(aws)
        assert described["ConnectionState"] == "AUTHORIZED"
        assert "StateReason" not in described


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_token_is_asked_for_by_the_method_of_the_connection(aws, method):
    with TokenServer() as server:
        auth = oauth(server.url, server.client_secret)
        auth["OAuthParameters"]["HttpMethod"] = method
        create(aws, kind="OAUTH_CLIENT_CREDENTIALS", auth=auth)
        assert settled(aws)["ConnectionState"] == "AUTHORIZED"
        assert server.wait_for(1)[0].method == method


def test_tokens_come_by_https_alone_unless_http_is_allowed():
    with Daemon(["--durability", "memory", "--allow-http-endpoints=false"]) as strict, TokenServer() as server:
        aws = Aws(strict.endpoint)
        create(aws, kind="OAUTH_CLIENT_CREDENTIALS", auth=oauth(server.url, server.client_secret))
        described = settled(aws)
        assert described["ConnectionState"] == "DEAUTHORIZED"
        assert described["StateReason"] == "The authorization endpoint is not an https:// URL."
        assert server.requests == []


# --- secrets at rest --------------------------------------------------------------------------------------------------------


SECRETS = ("basic-s3cret", "apikey-s3cret", "oauth-s3cret", "header-s3cret", "body-s3cret")


def create_with_secrets(aws, token_server):
    create(aws, name="basic", auth={"BasicAuthParameters": {"Username": "ann", "Password": SECRETS[0]}, "InvocationHttpParameters": {
        "HeaderParameters": [{"Key": "X-Pin", "Value": SECRETS[3], "IsValueSecret": True}],
        "BodyParameters": [{"Key": "pin", "Value": SECRETS[4], "IsValueSecret": True}]}})
    create(aws, name="key", kind="API_KEY", auth={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": SECRETS[1]}})
    create(aws, name="oauth", kind="OAUTH_CLIENT_CREDENTIALS", auth=oauth(token_server.url, SECRETS[2]))


def grep(folder, texts):
    """Which of the texts stand in which files, the log of the daemon included."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [(text, str(path)) for text in texts if text.encode() in content]
    return found


def test_no_secret_is_in_the_data_directory_or_the_log():
    with TokenServer(client_secret=SECRETS[2]) as server, Daemon(["--log-level", "trace"]) as daemon:
        aws = Aws(daemon.endpoint)
        create_with_secrets(aws, server)
        assert settled(aws, "oauth")["ConnectionState"] == "AUTHORIZED"
        daemon.stop()
        assert grep(daemon.data_dir, ["the-client"]), "the grep finds what is stored in the clear"
        assert grep(daemon.data_dir, [*SECRETS, "token-1"]) == []
        assert grep(daemon.log_path.parent, [*SECRETS, "token-1"]) == []
        key_file = daemon.data_dir / "secrets.key"
        assert key_file.stat().st_mode & 0o777 == 0o600
        daemon.start()
        assert aws.events.describe_connection(Name="basic")["ConnectionState"] == "AUTHORIZED"
        daemon.stop()


def test_without_the_key_the_daemon_starts_and_says_what_is_wrong():
    with Daemon() as daemon:
        aws = Aws(daemon.endpoint)
        create(aws)
        daemon.stop()
        key_file = daemon.data_dir / "secrets.key"
        kept = key_file.read_text(encoding="utf-8")
        key_file.unlink()
        daemon.start()
        described = Aws(daemon.endpoint, aws.account).events.describe_connection(Name="crm")
        assert described["ConnectionState"] == "DEAUTHORIZED"
        assert "cannot be read" in described["StateReason"]
        assert "The secret of a connection cannot be read" in daemon.log_path.read_text(encoding="utf-8")
        daemon.stop()
        key_file.write_text(kept, encoding="utf-8")
        daemon.start()
        assert Aws(daemon.endpoint, aws.account).events.describe_connection(Name="crm")["ConnectionState"] == "AUTHORIZED"
        daemon.stop()


def test_keys_are_rotated_by_putting_a_new_one_first(tmp_path):
    import base64
    import os

    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    keys = tmp_path / "keys"
    keys.write_text(old + "\n", encoding="utf-8")
    keys.chmod(0o600)
    with Daemon(["--secrets-key-file", keys]) as daemon:
        aws = Aws(daemon.endpoint)
        create(aws)
        for lines in (new + "\n" + old + "\n", new + "\n"):
            daemon.stop()
            keys.write_text(lines, encoding="utf-8")
            daemon.start()
            assert Aws(daemon.endpoint, aws.account).events.describe_connection(Name="crm")["ConnectionState"] == "AUTHORIZED"
            deadline = time.monotonic() + 30
            while "were sealed with the new key" not in daemon.log_path.read_text(encoding="utf-8"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        daemon.stop()
        keys.unlink()
        daemon.start()
        with refused("ServiceUnavailable", status=503):
            create(Aws(daemon.endpoint, aws.account), name="other")
        daemon.stop()


# --- API destinations -------------------------------------------------------------------------------------------------------


@covers("events.CreateApiDestination", "events.DescribeApiDestination")
def test_an_api_destination_is_described_at_once(aws):
    create(aws)
    created = destination(aws, Description="what for", InvocationRateLimitPerSecond=7)
    assert created["ApiDestinationState"] == "ACTIVE"
    described = aws.events.describe_api_destination(Name="hook")
    assert re.fullmatch(rf"arn:aws:events:{aws.region}:{aws.account}:api-destination/hook/[0-9a-f-]{{36}}", described["ApiDestinationArn"])
    assert described["ApiDestinationArn"] == created["ApiDestinationArn"]
    assert described["ConnectionArn"] == aws.events.describe_connection(Name="crm")["ConnectionArn"]
    assert (described["InvocationEndpoint"], described["HttpMethod"]) == ("https://api.example/hook", "POST")
    assert (described["Description"], described["InvocationRateLimitPerSecond"]) == ("what for", 7)
    destination(aws, name="plain")
    plain = aws.events.describe_api_destination(Name="plain")
    assert plain["InvocationRateLimitPerSecond"] == 300
    assert "Description" not in plain


@covers("events.CreateApiDestination")
def test_api_destinations_are_refused_in_aws_words(aws):
    create(aws)
    destination(aws)
    with refused("ResourceAlreadyExistsException",
                 "Failed to create the api-destination(s). An api-destination with name 'hook' already exists."):
        destination(aws)
    missing = f"arn:aws:events:{aws.region}:{aws.account}:connection/gone/00000000-0000-4000-8000-000000000000"
    with refused("ResourceNotFoundException", f"Failed to create the api-destination(s). Connection '{missing}' does not exist."):
        destination(aws, name="other", ConnectionArn=missing)
    with refused("LimitExceededException", "Failed to create the api-destination(s). Invalid Invocation Rate Limit: Rate specified '301' "
                 "for 'other' exceeds maximum allowed of '300'."):
        destination(aws, name="other", InvocationRateLimitPerSecond=301)
    with refused("ValidationException", "1 validation error detected: Value 'TRACE' at 'httpMethod' failed to satisfy constraint: Member must "
                 "satisfy enum value set: [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS]"):
        destination(aws, name="other", HttpMethod="TRACE")
    with refused("ValidationException", "1 validation error detected: Value '0' at 'invocationRateLimitPerSecond' failed to satisfy constraint: "
                 "Member must have value greater than or equal to 1"):
        aws.unchecked_events.create_api_destination(
            Name="other", ConnectionArn=aws.events.describe_connection(Name="crm")["ConnectionArn"], HttpMethod="POST",
            InvocationEndpoint="https://api.example/", InvocationRateLimitPerSecond=0)


@covers("events.UpdateApiDestination")
def test_an_api_destination_is_updated_partially(aws):
    create(aws)
    create(aws, name="erp")
    destination(aws, Description="old")
    erp = aws.events.describe_connection(Name="erp")["ConnectionArn"]
    updated = aws.events.update_api_destination(Name="hook", ConnectionArn=erp, HttpMethod="PUT")
    assert updated["ApiDestinationState"] == "ACTIVE"
    described = aws.events.describe_api_destination(Name="hook")
    assert (described["ConnectionArn"], described["HttpMethod"], described["Description"]) == (erp, "PUT", "old")
    assert described["InvocationEndpoint"] == "https://api.example/hook"
    with refused("ResourceNotFoundException", "Failed to update the api-destination(s). An api-destination 'gone' does not exist."):
        aws.events.update_api_destination(Name="gone", Description="d")
    with refused("LimitExceededException"):
        aws.events.update_api_destination(Name="hook", InvocationRateLimitPerSecond=301)
    with refused("ResourceNotFoundException"):
        aws.events.update_api_destination(Name="hook", ConnectionArn=erp[:-1] + ("0" if erp[-1] != "0" else "1"))


@covers("events.DeleteApiDestination", "events.DescribeApiDestination")
def test_a_deleted_api_destination_is_gone(aws):
    create(aws)
    first = destination(aws)["ApiDestinationArn"]
    aws.events.delete_api_destination(Name="hook")
    with refused("ResourceNotFoundException", "Failed to describe the api-destination(s). An api-destination 'hook' does not exist."):
        aws.events.describe_api_destination(Name="hook")
    with refused("ResourceNotFoundException", "Failed to delete the api-destination(s). An api-destination 'hook' does not exist."):
        aws.events.delete_api_destination(Name="hook")
    assert destination(aws)["ApiDestinationArn"] != first


@covers("events.ListApiDestinations")
def test_api_destinations_are_listed_by_prefix_connection_and_page(aws):
    create(aws)
    create(aws, name="erp")
    for name, connection in (("a1", "crm"), ("a2", "erp"), ("b1", "erp")):
        destination(aws, name=name, connection=connection)
    erp = aws.events.describe_connection(Name="erp")["ConnectionArn"]

    def names(**filters):
        return [entry["Name"] for entry in aws.events.list_api_destinations(**filters)["ApiDestinations"]]

    assert names() == ["a1", "a2", "b1"]
    assert names(NamePrefix="a") == ["a1", "a2"]
    assert names(ConnectionArn=erp) == ["a2", "b1"]
    first = aws.events.list_api_destinations(Limit=1)
    assert names(NextToken=first["NextToken"]) == ["a2", "b1"]
    with refused("ValidationException", "Failed to list the api-destination(s). Request failed because only one filter …"):
        aws.events.list_api_destinations(NamePrefix="a", ConnectionArn=erp)
    with refused("ValidationException", "Parameter NextToken is not valid."):
        aws.events.list_api_destinations(NextToken=first["NextToken"], NamePrefix="a")


# --- the same from the command line -----------------------------------------------------------------------------------------


def test_the_life_of_a_connection_from_the_command_line(aws):
    cli = Cli(aws.endpoint, aws.account)
    if not cli.program:
        pytest.skip("the AWS CLI is not installed")
    created = cli("events", "create-connection", "--name", "crm", "--authorization-type", "API_KEY", "--auth-parameters",
                  json.dumps(API_KEY))
    assert created["ConnectionState"] == "AUTHORIZED"
    assert cli("events", "describe-connection", "--name", "crm")["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key"}}
    assert [c["Name"] for c in cli("events", "list-connections")["Connections"]] == ["crm"]
    cli("events", "update-connection", "--name", "crm", "--description", "what for")
    # Version 1 of the CLI takes an argument that is a URL for a file to fetch.
    made = cli("events", "create-api-destination", "--cli-input-json", {
        "Name": "hook", "ConnectionArn": created["ConnectionArn"], "InvocationEndpoint": "https://api.example/*", "HttpMethod": "PATCH",
        "InvocationRateLimitPerSecond": 5})
    assert made["ApiDestinationState"] == "ACTIVE"
    cli("events", "update-api-destination", "--name", "hook", "--http-method", "PUT")
    assert cli("events", "describe-api-destination", "--name", "hook")["HttpMethod"] == "PUT"
    assert [d["Name"] for d in cli("events", "list-api-destinations", "--name-prefix", "h")["ApiDestinations"]] == ["hook"]
    assert cli("events", "deauthorize-connection", "--name", "crm")["ConnectionState"] == "DEAUTHORIZING"
    cli("events", "delete-api-destination", "--name", "hook")
    assert cli("events", "delete-connection", "--name", "crm")["ConnectionState"] == "DELETING"
