"""The harness itself: what other tests rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster import kubeconfig
from tests.cluster.client import ApiError, Client, wait_until
from tests.cluster.cluster import Cluster
from tests.e2e.conftest import ROOT, create_namespace

CORE_ONLY = {"controller_manager": False, "scheduler": False}


def config_maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


def config_map(name: str, **metadata) -> dict:
    return {"metadata": {"name": name, **metadata}, "data": {"key": "value"}}


def test_two_clusters_know_nothing_of_each_other(cluster, new_cluster):
    other = new_cluster(**CORE_ONLY)
    assert other.namespace_uid() != cluster.namespace_uid()
    assert other.client.get("/version")["gitVersion"] == cluster.client.get("/version")["gitVersion"] == "v1.34.4"
    other.client.create(config_maps("default"), config_map("only-there"))
    assert not cluster.client.exists(config_maps("default") + "/only-there")
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        Client(other.server, str(cluster.ca_file), other.admin_token).get("/version")
    with pytest.raises(ApiError, match="401"):
        other.client_for(token=cluster.admin_token).get("/version")


def test_a_killed_api_server_comes_back_with_its_data(new_cluster):
    own = new_cluster(**CORE_ONLY)
    own.client.create(config_maps("default"), config_map("kept"))
    server = own.server
    own.kill_apiserver()
    with pytest.raises(OSError):
        own.client.get("/version")
    own.start_apiserver()
    assert own.server == server
    assert own.client.get(config_maps("default") + "/kept")["data"] == {"key": "value"}


def test_a_paused_api_server_answers_nothing_until_resumed(new_cluster):
    own = new_cluster(**CORE_ONLY)
    own.pause_apiserver()
    with pytest.raises(TimeoutError):
        own.client.request("GET", "/version", timeout=0.5)
    own.resume_apiserver()
    assert wait_until(lambda: own.client.get("/version"), 10, "an answer")


def test_a_compaction_turns_an_exact_list_into_410(new_cluster):
    own = new_cluster(history=False, **CORE_ONLY)
    path = config_maps("default")
    own.client.create(path, config_map("one"))
    at = own.client.get(path)["metadata"]["resourceVersion"]
    exact = f"{path}?resourceVersion={at}&resourceVersionMatch=Exact"
    own.client.create(path, config_map("two"))
    assert [item["metadata"]["name"] for item in own.client.get(exact)["items"]] == ["one"]
    assert own.compact_etcd() > int(at)
    with pytest.raises(ApiError) as gone:
        own.client.get(exact)
    assert (gone.value.status, gone.value.reason) == (410, "Expired")


def test_flags_reach_the_api_server(new_cluster):
    own = new_cluster(apiserver_flags=("--feature-gates=ListFromCacheSnapshot=false", "--max-requests-inflight=4"),
                      history=False, **CORE_ONLY)  # fmt: skip
    gate = 'kubernetes_feature_enabled{name="ListFromCacheSnapshot",stage="BETA"}'
    assert f"{gate} 0" in own.client.get("/metrics")


def test_the_garbage_collector_removes_what_lost_its_owner(cluster, namespace):
    path = config_maps(namespace)
    owner = cluster.client.create(path, config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    cluster.client.create(path, config_map("child", ownerReferences=[reference]))
    cluster.client.delete(f"{path}/owner", propagation="Background")
    cluster.client.wait_gone(f"{path}/child")


def test_a_deleted_namespace_goes_with_all_that_it_holds(cluster):
    create_namespace(cluster, "short-lived")
    cluster.client.create(config_maps("short-lived"), config_map("one"))
    cluster.client.delete("/api/v1/namespaces/short-lived")
    cluster.client.wait_gone("/api/v1/namespaces/short-lived")
    create_namespace(cluster, "short-lived")
    assert not cluster.client.exists(config_maps("short-lived") + "/one")
    cluster.client.delete("/api/v1/namespaces/short-lived")


def test_deployments_get_pods_that_wait_for_a_node(cluster, namespace):
    labels = {"app": "web"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster.client.create(path, {"metadata": {"name": "web"}, "spec": spec})
    pods = f"/api/v1/namespaces/{namespace}/pods"

    def unschedulable() -> bool:
        conditions = [each for pod in cluster.client.get(pods)["items"] for each in pod["status"].get("conditions", [])]
        return [each["reason"] for each in conditions] == ["Unschedulable"] * 2

    wait_until(unschedulable, 30, "the scheduler to look at two pods")


def test_users_sign_in_with_tokens_certificates_and_as_service_accounts(new_cluster):
    own = new_cluster(tokens={"secret-of-alice": ("alice", ("readers",))})
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}

    def who(client: Client) -> tuple[str, list[str]]:
        user = client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)["status"]["userInfo"]
        return user["username"], user["groups"]

    assert who(own.client_for(token="secret-of-alice")) == ("alice", ["readers", "system:authenticated"])
    carol = own.client_cert("carol", "writers")
    assert who(own.client_for(cert=carol)) == ("carol", ["writers", "system:authenticated"])
    token = own.service_account_token("default", "default", 600)
    assert who(own.client_for(token=token))[0] == "system:serviceaccount:default:default"
    with pytest.raises(ApiError, match="403"):
        own.client_for(cert=carol).get("/api/v1/secrets")
    with pytest.raises(ApiError, match="401"):
        own.client_for(token=own.service_account_token("default", "default", -30)).get("/version")
    with pytest.raises((ApiError, OSError)):
        own.client_for(cert=own.client_cert("carol", expired=True)).get("/version")


def test_kubeconfigs_are_yaml_that_says_what_was_asked(cluster, tmp_path):
    yaml = pytest.importorskip("yaml")
    user = kubeconfig.exec_user("/bin/plugin", "get-token", env={"REGION": "x"})
    path = cluster.write_kubeconfig(tmp_path / "config", user, inline=False, namespace="shop")
    read = yaml.safe_load(path.read_text())
    assert read["users"][0]["user"] == user
    assert read["clusters"][0]["cluster"] == {"server": cluster.server, "certificate-authority": str(cluster.ca_file)}
    assert read["contexts"][0]["context"]["namespace"] == "shop"
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_outlives_a_killed_test_run(tmp_path):
    script = (
        "import sys, time\n"
        "from tests.cluster.cluster import Cluster, Options\n"
        "own = Cluster(Options(controller_manager=False, scheduler=False)).start()\n"
        "print(*[child.pid for child in own.children.values()], own.folder, flush=True)\n"
        "time.sleep(600)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                           env=dict(os.environ, TMPDIR=str(tmp_path)))  # fmt: skip
    assert run.stdout
    *pids, folder = run.stdout.readline().split()
    assert len(pids) == 2 and Path(folder).parent == tmp_path
    run.send_signal(signal.SIGKILL)
    run.wait()
    for pid in pids:
        wait_until(lambda pid=pid: not is_running(pid, folder), 10, f"process {pid} to be gone")


def test_up_and_down_start_one_cluster_and_end_it(tmp_path):
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "tests.cluster", *arguments, "--state", str(tmp_path / "run")],
                              cwd=ROOT, capture_output=True, text=True, check=True)  # fmt: skip

    lean = ("up", "--no-controller-manager", "--no-scheduler")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: command(*lean).stdout, range(2))
    try:
        assert first == second == f"{tmp_path / 'run' / 'kubeconfig'}\n"
        assert command(*lean).stdout == first
    finally:
        command("down")
    assert not (tmp_path / "run").exists()
    assert "no cluster" in command("down").stderr


def is_running(pid: str, folder: str) -> bool:
    try:
        return folder in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def test_many_clusters_start_at_once():
    with ThreadPoolExecutor(3) as pool:
        several = [Cluster() for _ in range(3)]
        try:
            list(pool.map(Cluster.start, several))
            assert len({each.namespace_uid() for each in several}) == 3
        finally:
            for each in several:
                each.stop()
