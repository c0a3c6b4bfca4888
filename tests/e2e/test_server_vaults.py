"""Vaults over the AWS Backup API, with boto3: what works, and each error that clients rely on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import pytest

from tests.e2e.conftest import Holdfast
from tests.e2e.server import ACCOUNT, REGION, Server


@pytest.fixture(scope="module")
def server(holdfast_binary: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with Server(Holdfast(holdfast_binary, folder / ".holdfast")) as running:
        yield running


@pytest.fixture
def backup(server: Server) -> Any:
    return server.client("backup")


def arn(name: str) -> str:
    return f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:{name}"


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    """Code, message and status of the error that a call ends with."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    assert response["ResponseMetadata"]["RequestId"]
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_who_signs_is_told_who_they_are(server):
    caller = server.client("sts").get_caller_identity()
    assert caller["Account"] == ACCOUNT
    assert caller["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/administrator"
    assert caller["UserId"].startswith("AIDA")


def test_a_vault_is_made_described_listed_and_deleted(backup):
    made = backup.create_backup_vault(BackupVaultName="life", BackupVaultTags={"team": "shop"})
    assert made["BackupVaultArn"] == arn("life")
    told = backup.describe_backup_vault(BackupVaultName="life")
    assert told["CreationDate"] == made["CreationDate"]
    assert (told["VaultType"], told["VaultState"], told["Locked"]) == ("BACKUP_VAULT", "AVAILABLE", False)
    assert told["NumberOfRecoveryPoints"] == 0
    assert told["EncryptionKeyArn"].startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    assert "life" in [vault["BackupVaultName"] for vault in backup.list_backup_vaults()["BackupVaultList"]]
    assert backup.list_tags(ResourceArn=arn("life"))["Tags"] == {"team": "shop"}
    backup.delete_backup_vault(BackupVaultName="life")
    assert refused(backup.describe_backup_vault, BackupVaultName="life") == (
        "AccessDeniedException", "Insufficient privileges to perform this action.", 403)  # fmt: skip
    assert refused(backup.delete_backup_vault, BackupVaultName="life")[0] == "ResourceNotFoundException"


def test_the_same_request_again_makes_nothing_new(backup):
    request = {"BackupVaultName": "again", "CreatorRequestId": "once"}
    first = backup.create_backup_vault(**request)
    assert backup.create_backup_vault(**request)["CreationDate"] == first["CreationDate"]
    with pytest.raises(backup.exceptions.AlreadyExistsException) as caught:
        backup.create_backup_vault(BackupVaultName="again", CreatorRequestId="twice")
    assert caught.value.response["Arn"] == arn("again")
    assert caught.value.response["CreatorRequestId"] == "once"
    assert refused(backup.create_backup_vault, BackupVaultName="again", CreatorRequestId="once",
                   BackupVaultTags={"a": "b"})[0] == "AlreadyExistsException"  # fmt: skip


def test_lists_go_on_where_they_stopped(server):
    backup = server.client("backup", region=REGION)
    for number in range(5):
        backup.create_backup_vault(BackupVaultName=f"page-{number}")
    pages = backup.get_paginator("list_backup_vaults").paginate(PaginationConfig={"PageSize": 2})
    names = [vault["BackupVaultName"] for page in pages for vault in page["BackupVaultList"]]
    assert names == sorted(set(names))
    assert {f"page-{number}" for number in range(5)} <= set(names)
    token = backup.list_backup_vaults(MaxResults=1)["NextToken"]
    assert refused(backup.list_backup_vaults, NextToken=token[:-3] + "AAA")[0] == "InvalidParameterValueException"
    assert refused(backup.list_tags, ResourceArn=arn("page-0"), NextToken=token)[0] == "InvalidParameterValueException"


def test_tags_are_put_and_taken(backup):
    backup.create_backup_vault(BackupVaultName="tagged")
    backup.tag_resource(ResourceArn=arn("tagged"), Tags={"a": "1", "b": "2", "c/d": "x y&z"})
    backup.untag_resource(ResourceArn=arn("tagged"), TagKeyList=["b", "none"])
    assert backup.list_tags(ResourceArn=arn("tagged"))["Tags"] == {"a": "1", "c/d": "x y&z"}
    assert refused(backup.tag_resource, ResourceArn=arn("none"), Tags={"a": "1"})[0] == "ResourceNotFoundException"
    assert refused(backup.tag_resource, ResourceArn="nonsense", Tags={"a": "1"})[0] == "InvalidParameterValueException"
    many = {f"k{number}": "v" for number in range(51)}
    assert refused(backup.tag_resource, ResourceArn=arn("tagged"), Tags=many)[0] == "LimitExceededException"
    assert len(backup.list_tags(ResourceArn=arn("tagged"))["Tags"]) == 2


def test_a_policy_decides_even_against_an_administrator(backup):
    backup.create_backup_vault(BackupVaultName="guarded")
    assert refused(backup.get_backup_vault_access_policy, BackupVaultName="guarded")[0] == "ResourceNotFoundException"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteBackupVault", "Resource": "*"}]})  # fmt: skip
    backup.put_backup_vault_access_policy(BackupVaultName="guarded", Policy=policy)
    assert backup.get_backup_vault_access_policy(BackupVaultName="guarded")["Policy"] == policy
    code, message, status = refused(backup.delete_backup_vault, BackupVaultName="guarded")
    assert (code, status) == ("AccessDeniedException", 403)
    assert "explicit deny in a resource-based policy" in message
    for bad in ("{", "[]", policy.replace("backup:DeleteBackupVault", "backup:*")):
        assert refused(backup.put_backup_vault_access_policy, BackupVaultName="guarded",
                       Policy=bad)[0] == "InvalidParameterValueException"  # fmt: skip
    backup.delete_backup_vault_access_policy(BackupVaultName="guarded")
    backup.delete_backup_vault(BackupVaultName="guarded")


def test_a_lock_can_be_changed_while_it_is_in_its_time_of_grace(backup):
    backup.create_backup_vault(BackupVaultName="locked")
    backup.put_backup_vault_lock_configuration(BackupVaultName="locked", MinRetentionDays=7, MaxRetentionDays=30)
    told = backup.describe_backup_vault(BackupVaultName="locked")
    assert (told["Locked"], told["MinRetentionDays"], told["MaxRetentionDays"]) == (True, 7, 30)
    assert "LockDate" not in told
    backup.put_backup_vault_lock_configuration(BackupVaultName="locked", MinRetentionDays=7, ChangeableForDays=3)
    told = backup.describe_backup_vault(BackupVaultName="locked")
    assert (told["LockDate"] - told["CreationDate"]).days == 3
    assert "MaxRetentionDays" not in told
    for bad in ({"MinRetentionDays": 0}, {"MaxRetentionDays": 36501}, {"ChangeableForDays": 2},
                {"MinRetentionDays": 9, "MaxRetentionDays": 8}):  # fmt: skip
        assert refused(backup.put_backup_vault_lock_configuration, BackupVaultName="locked",
                       **bad)[0] == "InvalidParameterValueException", bad  # fmt: skip
    backup.delete_backup_vault_lock_configuration(BackupVaultName="locked")
    assert not backup.describe_backup_vault(BackupVaultName="locked")["Locked"]


def test_notifications_are_kept(backup):
    backup.create_backup_vault(BackupVaultName="loud")
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:backups"
    assert refused(backup.get_backup_vault_notifications, BackupVaultName="loud")[0] == "ResourceNotFoundException"
    backup.put_backup_vault_notifications(
        BackupVaultName="loud", SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_STARTED", "EKS_BACKUP_OBJECT_FAILED"])
    told = backup.get_backup_vault_notifications(BackupVaultName="loud")
    assert (told["SNSTopicArn"], len(told["BackupVaultEvents"])) == (topic, 2)
    assert refused(backup.put_backup_vault_notifications, BackupVaultName="loud", SNSTopicArn=topic,
                   BackupVaultEvents=["NO_SUCH_EVENT"])[0] == "InvalidParameterValueException"  # fmt: skip
    backup.delete_backup_vault_notifications(BackupVaultName="loud")
    assert refused(backup.get_backup_vault_notifications, BackupVaultName="loud")[0] == "ResourceNotFoundException"


def test_settings_give_back_exactly_what_was_set(server):
    backup = server.client("backup")
    assert backup.get_supported_resource_types()["ResourceTypes"] == ["EKS"]
    assert backup.describe_region_settings()["ResourceTypeOptInPreference"] == {"EKS": True}
    backup.update_region_settings(ResourceTypeOptInPreference={"EKS": False, "S3": True},
                                  ResourceTypeManagementPreference={"EFS": True})  # fmt: skip
    told = backup.describe_region_settings()
    assert told["ResourceTypeOptInPreference"] == {"EKS": False, "S3": True}
    assert told["ResourceTypeManagementPreference"] == {"EFS": True}
    assert refused(backup.update_region_settings, ResourceTypeOptInPreference={"Disk": True}) == (
        "InvalidParameterValueException", "Invalid Resource Type : Disk", 400)  # fmt: skip
    backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    told = backup.describe_global_settings()
    assert told["GlobalSettings"] == {"isCrossAccountBackupEnabled": "true"}
    assert told["LastUpdateTime"]
    assert refused(backup.update_global_settings, GlobalSettings={"none": "true"})[0] == "InvalidParameterValueException"


def test_a_bad_signature_opens_nothing(server):
    known = server.credentials()
    wrong = server.client("backup", secret=known["aws_secret_access_key"][:-1] + "!")
    assert refused(wrong.list_backup_vaults)[0] == "InvalidSignatureException"
    stranger = server.client("backup", access_key="AKIAAAAAAAAAAAAAAAAA")
    assert refused(stranger.list_backup_vaults)[0] == "UnrecognizedClientException"
    assert refused(server.client("sts", access_key="AKIAAAAAAAAAAAAAAAAA").get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(server.client("sts", secret="x" * 40).get_caller_identity)[0] == "SignatureDoesNotMatch"
    assert refused(server.client("backup", region="eu-west-9").list_backup_vaults) == (
        "InvalidSignatureException", "Credential should be scoped to a valid region.", 403)  # fmt: skip
    assert server.client("sts", region="eu-west-9").get_caller_identity()["Account"] == ACCOUNT


def test_what_is_not_built_says_so(server):
    code, message, status = refused(server.client("backup").list_frameworks)
    assert (code, status) == ("NotImplementedException", 501)
    assert "ListFrameworks" in message
    assert refused(server.client("iam").list_groups)[0] == "NotImplemented"


def test_bad_names_are_told_with_their_pattern(backup):
    code, message, _ = refused(backup.create_backup_vault, BackupVaultName="a b")
    assert code == "InvalidParameterValueException"
    assert "backupVaultName" in message and "^[a-zA-Z0-9\\-\\_]{2,50}$" in message


def test_what_was_accepted_survives_a_kill(holdfast_binary, tmp_path):
    server = Server(Holdfast(holdfast_binary, tmp_path / ".holdfast")).start()
    try:
        server.client("backup").create_backup_vault(BackupVaultName="kept")
        server.kill()
        server.restart()
        assert server.client("backup").describe_backup_vault(BackupVaultName="kept")["BackupVaultName"] == "kept"
        assert server.stop() == 0
        assert "Made account" not in "".join(server.said)
    finally:
        server.kill()
    assert server.credentials_file.stat().st_mode & 0o077 == 0
