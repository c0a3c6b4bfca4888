"""The kube layer by itself against a real API server, through tests/probe: what the program's own tests cannot see."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.cluster.aggregated import register_down
from tests.cluster.process import KILLED_WITH_PARENT
from tests.e2e.conftest import ROOT, create_namespace

CUT = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")


@pytest.fixture(scope="session")
def probe_binary() -> Path:
    """The release binary, or the one that HOLDFAST_KUBE_PROBE names."""
    binary = Path(os.environ.get("HOLDFAST_KUBE_PROBE") or ROOT / "build" / "release" / "tests" / "kube_probe").resolve()
    assert binary.is_file(), f"there is no {binary}; build the target kube_probe, or name one with HOLDFAST_KUBE_PROBE"
    return binary


@pytest.fixture
def probe(probe_binary):
    """Runs the probe and returns what it printed."""

    def run(cluster, *arguments: str, kubeconfig: Path | None = None) -> dict:
        command = [str(probe_binary), "--kubeconfig", str(kubeconfig or cluster.kubeconfig), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def config_map(name: str, namespace: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace},
            "data": {"text": "<&> \u00e4 \" \\ }"}}  # fmt: skip


def add_config_maps(cluster, namespace: str, count: int) -> None:
    for index in range(count):
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        cluster.client.create(path, config_map(f"map-{index:03}", namespace))


def test_captured_forms_are_the_objects_without_what_the_server_made(cluster, namespace, probe):
    add_config_maps(cluster, namespace, 7)
    listed = probe(cluster, "list", "--kind", "ConfigMap", "-n", namespace, "--limit", "3")
    assert listed["pages"] >= 3
    assert len(listed["objects"]) >= 7
    for each in listed["objects"]:
        whole = cluster.client.get(f"/api/v1/namespaces/{namespace}/configmaps/{each['name']}")
        assert each["uid"] == whole["metadata"]["uid"]
        whole["metadata"] = {key: value for key, value in whole["metadata"].items() if key not in CUT}
        assert json.loads(each["captured"]) == whole


def test_every_listable_kind_can_be_read(cluster, probe):
    assert probe(cluster, "count", "--threads", "4", "--limit", "50")["errors"] == {}


def test_http2_gives_the_same(cluster, namespace, probe):
    add_config_maps(cluster, namespace, 3)
    arguments = ("list", "--kind", "ConfigMap", "-n", namespace)
    assert probe(cluster, "--http2", *arguments)["objects"] == probe(cluster, *arguments)["objects"]


def test_the_server_name_of_the_kubeconfig_is_the_one_that_is_verified(cluster, tmp_path, probe):
    config = json.loads(subprocess.check_output(["python3", "-c",
        "import json,sys,yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))", str(cluster.kubeconfig)]))  # fmt: skip
    config["clusters"][0]["cluster"]["tls-server-name"] = "kubernetes.default"
    path = tmp_path / "config"
    path.write_text(json.dumps(config))
    assert probe(cluster, "discover", kubeconfig=path)["failures"] == []
    config["clusters"][0]["cluster"]["tls-server-name"] = "elsewhere.example.com"
    path.write_text(json.dumps(config))
    with pytest.raises(AssertionError, match="is for another name"):
        probe(cluster, "discover", kubeconfig=path)


def test_discovery_has_each_kind_once_with_its_versions(cluster, probe):
    found = probe(cluster, "discover")
    names = [(each["group"], each["kind"]) for each in found["types"]]
    assert len(set(names)) == len(names)
    scaler = next(each for each in found["types"] if each["kind"] == "HorizontalPodAutoscaler")
    assert (scaler["version"], scaler["other_versions"], scaler["has_status"]) == ("v2", ["v1"], True)
    assert scaler["short_names"] == ["hpa"]


def test_an_aggregated_api_that_is_down_is_a_failure_with_the_servers_words(new_cluster, probe):
    own = new_cluster(controller_manager=False, scheduler=False)
    register_down(own, "down.example.com")
    failures = probe(own, "discover")["failures"]
    assert [each["group_version"] for each in failures] == ["down.example.com/v1"]
    assert "nobody" in failures[0]["reason"]


def test_a_server_with_few_places_refuses_nothing_for_good(new_cluster, probe):
    own = new_cluster(apiserver_flags=("--max-requests-inflight=4", "--max-mutating-requests-inflight=2"))
    create_namespace(own, "busy")
    body = json.dumps(config_map("map-{i}", "busy"))
    path = "/api/v1/namespaces/busy/configmaps"
    posted = probe(own, "send", "--method", "POST", "--path", path, "--body", body, "--count", "300", "--threads", "64")
    assert posted["statuses"] == {"201": 300}
    read = probe(own, "send", "--path", path, "--count", "300", "--threads", "64")
    assert read["statuses"] == {"200": 300}


def test_a_server_that_goes_away_and_comes_back_costs_nothing(new_cluster, probe_binary):
    own = new_cluster(controller_manager=False, scheduler=False)
    create_namespace(own, "steady")
    body = json.dumps(config_map("map-{i}", "steady"))
    running = subprocess.Popen(
        [*KILLED_WITH_PARENT, str(probe_binary), "--kubeconfig", str(own.kubeconfig), "send", "--method", "POST",
         "--path", "/api/v1/namespaces/steady/configmaps", "--body", body, "--count", "400", "--threads", "8",
         "--pause-millis", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    time.sleep(0.7)
    own.kill_apiserver()
    time.sleep(3)
    own.start_apiserver()
    printed, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    statuses = json.loads(printed)["statuses"]
    # A reply that was lost makes the repetition find the object there.
    assert set(statuses) <= {"201", "409"} and sum(statuses.values()) == 400, statuses
    assert len(own.client.get("/api/v1/namespaces/steady/configmaps")["items"]) >= 400
