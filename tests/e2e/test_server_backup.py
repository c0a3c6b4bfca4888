"""A cluster is registered, reached, and backed up by a job, with boto3; what is in the point can be restored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import kubeconfig
from tests.e2e.conftest import Holdfast
from tests.e2e.server import ACCOUNT, REGION, Server
from tests.e2e.test_server_vaults import refused

ROOT = Path(__file__).resolve().parents[2]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
CLUSTER = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/shop"
JOB_SECONDS = 120
FINAL = {"COMPLETED", "PARTIAL", "FAILED", "ABORTED", "EXPIRED"}
PLURALS = {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"}


def apply_rights(cluster: Any, *files: str) -> None:
    for file in files:
        for each in yaml.safe_load_all((ROOT / "deploy" / "rbac" / file).read_text()):
            if each["kind"] == "ServiceAccount":
                path = f"/api/v1/namespaces/{each['metadata']['namespace']}/serviceaccounts"
            else:
                path = f"/apis/rbac.authorization.k8s.io/v1/{PLURALS[each['kind']]}"
            if not cluster.client.exists(f"{path}/{each['metadata']['name']}"):
                cluster.client.create(path, each)


@pytest.fixture
def server(holdfast_binary, tmp_path):
    (tmp_path / "home").mkdir()
    with Server(Holdfast(holdfast_binary, tmp_path / "home" / ".holdfast")) as running:
        yield running


@pytest.fixture
def attached(cluster, tmp_path) -> str:
    """A kubeconfig that may do nothing but act as the three groups."""
    apply_rights(cluster, "backup.yaml", "restore.yaml", "impersonator.yaml")
    token = cluster.service_account_token("kube-system", "holdfast")
    return cluster.write_kubeconfig(tmp_path / "attached", kubeconfig.token_user(token)).read_text()


def ended(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The job once it has ended."""
    deadline = time.monotonic() + JOB_SECONDS
    while time.monotonic() < deadline:
        job = describe()
        if job.get("State", job.get("Status")) in FINAL:
            return job
        time.sleep(0.2)
    raise AssertionError(f"the job has not ended: {job}")


def finished(backup: Any, job_id: str) -> dict[str, Any]:
    return ended(lambda: backup.describe_backup_job(BackupJobId=job_id))


def registered(server: Server, kubeconfig_text: str) -> Any:
    """A client of a server with vault main and cluster shop, to which access is attached."""
    backup = server.client("backup")
    backup.create_backup_vault(BackupVaultName="main")
    server.client("eks").register_cluster(name="shop", connectorConfig={"roleArn": ROLE, "provider": "OTHER"})
    assert server.own("PUT", "/clusters/shop/access", {"Kubeconfig": kubeconfig_text})[0] == 200
    return backup


def test_a_cluster_is_backed_up_by_a_job(server, cluster, attached, namespace):
    cluster.client.create(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "kept"}, "data": {"k": "v"}})
    backup, eks = server.client("backup"), server.client("eks")
    backup.create_backup_vault(BackupVaultName="main")
    connector = {"roleArn": ROLE, "provider": "OTHER"}
    made = eks.register_cluster(name="shop", connectorConfig=connector, tags={"team": "shop"})["cluster"]
    assert (made["arn"], made["status"], made["tags"]) == (CLUSTER, "PENDING", {"team": "shop"})
    request = {"BackupVaultName": "main", "ResourceArn": CLUSTER, "IamRoleArn": ROLE}
    assert refused(backup.start_backup_job, **request)[0] == "InvalidRequestException"

    status, answer = server.own("PUT", "/clusters/shop/access", {"Kubeconfig": attached})
    assert (status, answer["Status"]) == (200, "ACTIVE"), answer
    assert eks.describe_cluster(name="shop")["cluster"]["status"] == "ACTIVE"

    started = backup.start_backup_job(**request, IdempotencyToken="once")
    assert started["IsParent"]
    assert backup.start_backup_job(**request, IdempotencyToken="once")["BackupJobId"] == started["BackupJobId"]
    job = finished(backup, started["BackupJobId"])
    assert job["State"] in {"COMPLETED", "PARTIAL"}, job
    assert (job["PercentDone"], job["ResourceType"], job["ResourceName"]) == ("100.0", "EKS", "shop")
    assert job["NumberOfChildJobs"] >= 1
    assert sum(job["ChildJobsInState"].values()) == job["NumberOfChildJobs"]
    children = backup.list_backup_jobs(ByParentJobId=started["BackupJobId"])["BackupJobs"]
    state = next(child for child in children if child["State"] == "COMPLETED")
    assert state["ParentJobId"] == started["BackupJobId"]

    points = backup.list_recovery_points_by_backup_vault(BackupVaultName="main")["RecoveryPoints"]
    composite = next(point for point in points if point["IsParent"])
    nested = next(point for point in points if not point["IsParent"])
    assert composite["RecoveryPointArn"] == job["RecoveryPointArn"]
    assert ":recovery-point:composite:eks/shop-" in composite["RecoveryPointArn"]
    assert nested["ParentRecoveryPointArn"] == composite["RecoveryPointArn"]
    told = backup.describe_recovery_point(BackupVaultName="main", RecoveryPointArn=nested["RecoveryPointArn"])
    assert told["BackupSizeInBytes"] == job["BackupSizeInBytes"] > 0
    metadata = backup.get_recovery_point_restore_metadata(
        BackupVaultName="main", RecoveryPointArn=composite["RecoveryPointArn"])
    assert metadata["RestoreMetadata"]["clusterName"] == "shop"

    # What the job says is there is there, for who has no server any more.
    [vault] = [line for line in server.holdfast.ok("vault", "list", "-o", "name").stdout.split() if line]
    kept = server.holdfast.ok("point", "get", "latest", "configmap", "kept", "-n", namespace, "--vault", vault, "-o", "json").json()
    assert kept["data"] == {"k": "v"}

    assert refused(backup.delete_backup_vault, BackupVaultName="main")[0] == "InvalidRequestException"
    assert refused(backup.delete_recovery_point, BackupVaultName="main",
                   RecoveryPointArn=nested["RecoveryPointArn"])[0] == "InvalidRequestException"  # fmt: skip
    backup.put_backup_vault_lock_configuration(BackupVaultName="main", MinRetentionDays=1)
    assert refused(backup.delete_recovery_point, BackupVaultName="main",
                   RecoveryPointArn=composite["RecoveryPointArn"])[0] == "InvalidRequestException"  # fmt: skip
    backup.delete_backup_vault_lock_configuration(BackupVaultName="main")
    backup.delete_recovery_point(BackupVaultName="main", RecoveryPointArn=composite["RecoveryPointArn"])
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="main")["RecoveryPoints"] == []
    backup.delete_backup_vault(BackupVaultName="main")


def test_a_namespace_is_restored_by_a_job(server, cluster, attached, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.client.create(maps, {"metadata": {"name": "lost"}, "data": {"k": "v"}})
    cluster.client.create(maps, {"metadata": {"name": "changed"}, "data": {"k": "old"}})
    backup = registered(server, attached)
    started = backup.start_backup_job(BackupVaultName="main", ResourceArn=CLUSTER, IamRoleArn=ROLE)
    point = finished(backup, started["BackupJobId"])["RecoveryPointArn"]
    cluster.client.delete(f"{maps}/lost")
    cluster.client.patch(f"{maps}/changed", {"data": {"k": "new"}})

    metadata = {"clusterName": "shop", "newCluster": "false", "namespaceLevelRestore": "true",
                "namespaces": json.dumps([namespace])}  # fmt: skip
    request = {"RecoveryPointArn": point, "Metadata": metadata, "IamRoleArn": ROLE, "ResourceType": "EKS"}
    job_id = backup.start_restore_job(**request, IdempotencyToken="once")["RestoreJobId"]
    assert backup.start_restore_job(**request, IdempotencyToken="once")["RestoreJobId"] == job_id
    job = ended(lambda: backup.describe_restore_job(RestoreJobId=job_id))
    assert (job["Status"], job["PercentDone"]) == ("COMPLETED", "100.00%"), job
    assert (job["CreatedResourceArn"], job["SourceResourceArn"]) == (CLUSTER, CLUSTER)
    assert cluster.client.get(f"{maps}/lost")["data"] == {"k": "v"}
    assert cluster.client.get(f"{maps}/changed")["data"] == {"k": "new"}  # what exists is left alone
    assert backup.get_restore_job_metadata(RestoreJobId=job_id)["Metadata"] == metadata
    assert [each["RestoreJobId"] for each in backup.list_restore_jobs(ByStatus="COMPLETED")["RestoreJobs"]] == [job_id]
    assert backup.list_restore_jobs(ByStatus="FAILED")["RestoreJobs"] == []
    [restored] = [each for each in backup.list_recovery_points_by_backup_vault(BackupVaultName="main")["RecoveryPoints"]
                  if each["IsParent"]]  # fmt: skip
    assert restored["LastRestoreTime"] >= job["CreationDate"]

    for change, code in (
        ({"clusterName": "none"}, "InvalidParameterValueException"),
        ({"newCluster": "true"}, "InvalidParameterValueException"),
        ({"restoreType": "all"}, "InvalidParameterValueException"),
        ({"namespaces": "shop"}, "InvalidParameterValueException"),
        ({"nestedRestoreJobs": json.dumps({"arn:aws:ec2:us-east-1::snapshot/s": {}})}, "InvalidParameterValueException"),
    ):
        assert refused(backup.start_restore_job, **(request | {"Metadata": metadata | change}))[0] == code, change
    assert refused(backup.start_restore_job, **(request | {"RecoveryPointArn": point + "0"}))[0] == "ResourceNotFoundException"
    assert refused(backup.describe_restore_job, RestoreJobId="none")[0] == "ResourceNotFoundException"


def test_a_job_that_cannot_reach_its_cluster_says_so(server, cluster, tmp_path):
    user = kubeconfig.token_user("nobody")
    sent = cluster.write_kubeconfig(tmp_path / "wrong", user, server="https://127.0.0.1:1").read_text()
    backup, eks = server.client("backup"), server.client("eks")
    backup.create_backup_vault(BackupVaultName="main")
    eks.register_cluster(name="shop", connectorConfig={"roleArn": ROLE, "provider": "AKS"})
    assert server.own("PUT", "/clusters/shop/access", {"Kubeconfig": sent})[0] == 200
    started = backup.start_backup_job(BackupVaultName="main", ResourceArn=CLUSTER, IamRoleArn=ROLE)
    job = finished(backup, started["BackupJobId"])
    assert job["State"] == "FAILED"
    assert "127.0.0.1:1" in job["StatusMessage"]
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="main")["RecoveryPoints"] == []


def test_what_cannot_be_backed_up_is_refused(server):
    backup, eks = server.client("backup"), server.client("eks")
    backup.create_backup_vault(BackupVaultName="main")
    eks.register_cluster(name="shop", connectorConfig={"roleArn": ROLE, "provider": "AKS"})
    start = {"BackupVaultName": "main", "ResourceArn": CLUSTER, "IamRoleArn": ROLE}
    for change, code in (
        ({"BackupVaultName": "none"}, "ResourceNotFoundException"),
        ({"ResourceArn": CLUSTER + "x"}, "ResourceNotFoundException"),
        ({"ResourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/v"}, "InvalidParameterValueException"),
        ({"ResourceArn": "nonsense"}, "InvalidParameterValueException"),
        ({"StartWindowMinutes": 59}, "InvalidParameterValueException"),
    ):
        assert refused(backup.start_backup_job, **(start | change))[0] == code, change
    status, answer = server.own("PUT", "/clusters/shop/access", {"Kubeconfig": "{"})
    assert status == 400, answer
    status, answer = server.own("PUT", "/clusters/none/access", {"Kubeconfig": "{"})
    assert status in (400, 404), answer
    assert refused(backup.describe_backup_job, BackupJobId="none")[0] == "ResourceNotFoundException"
    assert refused(eks.register_cluster, name="shop", connectorConfig={"roleArn": ROLE, "provider": "AKS"})[0] == "ResourceInUseException"
    assert eks.list_clusters()["clusters"] == ["shop"]
    assert eks.deregister_cluster(name="shop")["cluster"]["status"] == "DELETING"
    code, _, http_status = refused(eks.describe_cluster, name="shop")
    assert (code, http_status) == ("ResourceNotFoundException", 404)
