"""A daemon whose configuration forwards accounts to another endpoint, for the tests that look at what arrives there."""

import contextlib
import pathlib
import tempfile

from daemon import Daemon

ROLE = "arn:aws:iam::000000000000:role/forward"


@contextlib.contextmanager
def forwarding_daemon(forward, key="AKIDNEAR", secret="near-secret", arguments=("--durability", "memory"), data_dir=None):
    """`forward`: the section as YAML text, indented as it stands. Retries come quickly, so that tests need not wait for them."""
    with tempfile.TemporaryDirectory(prefix="eventbusd-forward-") as home:
        config = pathlib.Path(home) / "eventbusd.yaml"
        config.write_text(f"retry_delay_base: 20ms\nretry_delay_max: 300ms\nforward:\n{forward}\n", encoding="utf-8")
        credentials = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
                       "AWS_EC2_METADATA_DISABLED": "true", "HOME": home}
        with Daemon([*arguments, "--config", config], data_dir=data_dir, environment=credentials) as daemon:
            yield daemon


def rule_to(aws, name, arn, **target):
    """A rule on source `name` with one target, that ARN."""
    aws.events.put_rule(Name=name, EventPattern='{"source": ["%s"]}' % name)
    answer = aws.events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn, **target}])
    assert answer["FailedEntryCount"] == 0, answer
