"""The comparison by which the demo proves a restore finds what differs, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from demo.comparison import compare
from tests.cluster.snapshot import Key, Snapshot


def test_a_cluster_is_equal_to_itself():
    result = compare(cluster_of(), cluster_of())
    assert result.holds and result.same == len(cluster_of()) and not result.beyond


def test_nothing_proves_nothing():
    assert not compare({}, {}).holds


def test_what_the_server_makes_does_not_count():
    after = cluster_of(prefix="new")
    service = after[Key("", "Service", "shop", "web")]
    service["spec"] |= {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"]}
    service["status"] = {"loadBalancer": {"ingress": []}}
    service["metadata"] |= {"generation": 7, "managedFields": [{}], "creationTimestamp": "2026-02-02T00:00:00Z"}
    after = with_pods(after, "web-xyz12", "web-abc34")
    assert compare(with_pods(cluster_of(), "web-11111", "web-22222"), after).holds


def change(path: str, value: object) -> Callable[[dict], None]:
    """A change of one field."""

    def apply(item: dict) -> None:
        *parents, last = path.split("/")
        for name in parents:
            item = item[int(name)] if isinstance(item, list) else item[name]
        item[last] = value

    return apply


@pytest.mark.parametrize(
    ("key", "damage"),
    [
        (Key("", "ConfigMap", "shop", "settings"), change("data/a", "2")),
        (Key("", "ConfigMap", "shop", "settings"), change("data/b", "more")),
        (Key("", "ConfigMap", "shop", "settings"), change("metadata/labels", {"a": "c"})),
        (Key("", "ConfigMap", "shop", "settings"), change("metadata/annotations", {"note": "new"})),
        (Key("", "ConfigMap", "shop", "settings"), change("metadata/ownerReferences/0/uid", "gone")),
        (Key("", "ConfigMap", "shop", "settings"), change("metadata/ownerReferences", [])),
        (Key("", "Service", "shop", "headless"), change("spec/clusterIP", "10.96.0.3")),
        (Key("", "Service", "shop", "web"), change("spec/ports", [{"port": 81}])),
        (Key("", "PersistentVolume", "", "disk"), change("status/phase", "Released")),
        (Key("", "PersistentVolume", "", "disk"), change("spec/claimRef/uid", "gone")),
        (Key("apps", "Deployment", "shop", "web"), change("spec/paused", 1)),
    ],
)
def test_a_changed_object_is_found(key, damage):
    after = cluster_of()
    damage(after[key])
    result = compare(cluster_of(), after)
    assert not result.holds and list(result.different) == [key] and not result.missing


def test_lost_and_added_objects_are_found():
    lost, added = Key("", "Service", "shop", "web"), Key("", "ConfigMap", "shop", "extra")
    after = cluster_of()
    del after[lost]
    after[added] = {"metadata": {"name": "extra", "namespace": "shop", "uid": "extra"}}
    result = compare(cluster_of(), after)
    assert result.missing == [lost] and result.beyond == [added] and not result.holds


def test_every_pod_of_an_owner_must_be_there():
    before = with_pods(cluster_of(), "web-11111", "web-22222")
    fewer = compare(before, with_pods(cluster_of(), "web-33333"))
    assert not fewer.holds and len(fewer.missing) == 1
    assert compare(with_pods(cluster_of(), "web-33333"), before).beyond == [Key("", "Pod", "shop", "web-22222")]
    other = with_pods(cluster_of(), "web-33333", "web-44444")
    other[Key("", "Pod", "shop", "web-44444")]["spec"]["containers"][0]["image"] = "web:2"
    assert len(compare(before, other).different) == 1


def test_values_of_secrets_are_not_told():
    after = cluster_of()
    key = Key("", "Secret", "shop", "keys")
    after[key]["data"]["key"] = "aGlkZGVu"
    assert compare(cluster_of(), after).different[key] == ["/data/key"]


def cluster_of(prefix: str = "old") -> Snapshot:
    """A small cluster; the prefix of its UIDs tells apart two lives of the same objects."""
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": f"{prefix}-web"}
    found = {
        Key("apps", "Deployment", "shop", "web"): {"spec": {"paused": True}},
        Key("", "ConfigMap", "shop", "settings"): {"data": {"a": "1"}},
        Key("", "Secret", "shop", "keys"): {"data": {"key": "c2VjcmV0"}},
        Key("", "Service", "shop", "web"): {"spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]}},
        Key("", "Service", "shop", "headless"): {"spec": {"clusterIP": "None"}},
        Key("", "PersistentVolumeClaim", "shop", "data"): {"status": {"phase": "Bound"}},
        Key("", "PersistentVolume", "", "disk"): {
            "spec": {"claimRef": {"name": "data", "uid": f"{prefix}-data"}}, "status": {"phase": "Bound"}},
    }  # fmt: skip
    for number, (key, item) in enumerate(found.items()):
        uid = f"{prefix}-{key.name}" if key.kind in ("Deployment", "PersistentVolumeClaim") else f"{prefix}-{number}"
        item["metadata"] = {"name": key.name, "namespace": key.namespace, "uid": uid, "resourceVersion": uid}
    found[Key("", "ConfigMap", "shop", "settings")]["metadata"]["ownerReferences"] = [owner]
    return found


def with_pods(cluster: Snapshot, *names: str) -> Snapshot:
    """The cluster with pods of its Deployment, whose names a controller chose."""
    uid = cluster[Key("apps", "Deployment", "shop", "web")]["metadata"]["uid"]
    owner = {"kind": "Deployment", "name": "web", "uid": uid}
    cluster = copy.deepcopy(cluster)
    for name in names:
        token = f"kube-api-access-{name[-5:]}"
        cluster[Key("", "Pod", "shop", name)] = {
            "metadata": {
                "name": name, "namespace": "shop", "uid": name, "generateName": "web-", "ownerReferences": [owner]},
            "spec": {
                "volumes": [{"name": token}],
                "containers": [{"image": "web:1", "volumeMounts": [{"name": token}]}]},
        }  # fmt: skip
    return cluster
