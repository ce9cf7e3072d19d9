"""STS: who SDKs, Terraform and scripts think they are."""

import pytest


@pytest.mark.covers("sts.GetCallerIdentity")
def test_the_access_key_is_the_account(aws):
    identity = aws.sts.get_caller_identity()
    assert identity["Account"] == aws.account
    assert identity["UserId"]
    assert identity["Arn"].startswith(f"arn:aws:iam::{aws.account}:user/")


@pytest.mark.covers("sts.GetCallerIdentity")
def test_any_other_access_key_is_the_default_account(aws):
    assert aws.elsewhere(account="AKIAIOSFODNN7EXAMPLE").sts.get_caller_identity()["Account"] == "000000000000"


@pytest.mark.covers("sts.GetCallerIdentity")
def test_scripts_can_cut_the_user_out_of_the_arn(aws):
    """`cut -d/ -f2` of the ARN is a user's name (client-calls §3)."""
    arn = aws.sts.get_caller_identity()["Arn"]
    assert arn.count("/") == 1 and arn.split("/")[1] and ":" not in arn.split("/")[1]
