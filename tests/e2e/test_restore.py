"""A restore brings back what is missing, as it was, and does with the rest what it was asked to."""

from __future__ import annotations

import pytest

from tests.cluster.client import wait_until
from tests.e2e.conftest import create_namespace
from tests.e2e.restoring import MAPS, config_map, delete_namespace, preview, restore, widget_crd

CLAIMS = "/api/v1/namespaces/{}/persistentvolumeclaims"


def test_a_deleted_namespace_comes_back_as_it_was(holdfast, cluster, namespace):
    client = cluster.client
    config_map(client, namespace, "settings", {"a": "1"}, labels={"app": "web"})
    client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "s"}, "stringData": {"k": "v"}})
    client.create(
        f"/api/v1/namespaces/{namespace}/services",
        {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
    )
    client.create(
        f"/apis/apps/v1/namespaces/{namespace}/deployments",
        {
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": "registry.example.com/web:1"}]},
                },
            },
        },
    )  # fmt: skip
    holdfast.ok("backup", "-n", namespace)
    delete_namespace(client, namespace)
    done = restore(holdfast, "-n", namespace)
    assert done.record["state"] == "completed"
    assert done.outcome(f"Namespace {namespace}") == "created"
    assert done.outcome(f"Deployment.apps {namespace}/web") == "created"
    assert done.outcome(f"Service {namespace}/web") == "created"
    assert client.get(f"{MAPS.format(namespace)}/settings")["data"] == {"a": "1"}
    assert client.get(f"/api/v1/namespaces/{namespace}/secrets/s")["data"] == {"k": "dg=="}
    again = restore(holdfast, "-n", namespace)
    assert again.record["counts"]["created"] == 0 and again.record["counts"]["failed"] == 0


def test_existing_objects_are_left_alone_unless_updates_were_asked_for(holdfast, cluster, namespace):
    client, path = cluster.client, f"{MAPS.format(namespace)}/settings"
    config_map(client, namespace, "settings", {"a": "1"})
    holdfast.ok("backup", "-n", namespace)
    client.patch(path, {"data": {"a": "2", "b": "3"}})
    done = restore(holdfast, "-n", namespace)
    assert done.outcome(f"ConfigMap {namespace}/settings") == "skipped: exists and differs"
    assert client.get(path)["data"] == {"a": "2", "b": "3"}
    done = restore(holdfast, "-n", namespace, "--existing", "secrets=update")
    assert done.outcome(f"ConfigMap {namespace}/settings").startswith("skipped")
    done = restore(holdfast, "-n", namespace, "--existing", "configmaps=update")
    assert done.outcome(f"ConfigMap {namespace}/settings") == "updated"
    assert client.get(path)["data"] == {"a": "1"}


def test_an_update_keeps_what_the_cluster_allocated(holdfast, cluster, namespace):
    client, path = cluster.client, f"/api/v1/namespaces/{namespace}/services/web"
    spec = {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}
    client.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "web"}, "spec": spec})
    holdfast.ok("backup", "-n", namespace)
    before = client.patch(path, {"spec": {"selector": {"app": "other"}}})
    assert restore(holdfast, "-n", namespace, "--existing", "update").outcome(f"Service {namespace}/web") == "updated"
    after = client.get(path)
    assert after["spec"]["selector"] == {"app": "web"}
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


def test_immutable_objects_are_recreated_only_when_asked(holdfast, cluster, namespace):
    client, path = cluster.client, f"{MAPS.format(namespace)}/fixed"
    client.create(MAPS.format(namespace), {"metadata": {"name": "fixed"}, "immutable": True, "data": {"a": "1"}})
    holdfast.ok("backup", "-n", namespace)
    client.delete(path)
    old = client.create(MAPS.format(namespace), {"metadata": {"name": "fixed"}, "immutable": True, "data": {"a": "2"}})
    failed = restore(holdfast, "-n", namespace, "--existing", "update", expect=3)
    assert "immutable" in failed.outcome(f"ConfigMap {namespace}/fixed")
    done = restore(holdfast, "-n", namespace, "--existing", "configmaps=recreate")
    assert done.outcome(f"ConfigMap {namespace}/fixed") == "recreated"
    new = client.get(path)
    assert new["data"] == {"a": "1"} and new["metadata"]["uid"] != old["metadata"]["uid"]


def test_what_a_recreated_owner_owns_stays_and_gets_the_new_owner(holdfast, cluster, namespace):
    """The garbage collector deletes what a deleted Deployment leaves behind, a claim with its data."""
    client = cluster.client
    core, deployments = f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}/deployments"

    def deploy(app: str) -> dict:
        template = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": app}}, "template": template}
        return client.create(deployments, {"metadata": {"name": "web"}, "spec": spec})

    def owner(deployment: dict) -> list[dict]:
        return [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": deployment["metadata"]["uid"]}]

    web = deploy("one")
    config_map(client, namespace, "part", {"a": "1"}, ownerReferences=owner(web))
    claim_spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, "storageClassName": ""}
    claim = {"metadata": {"name": "data", "ownerReferences": owner(web)}, "spec": claim_spec}
    client.create(f"{core}/persistentvolumeclaims", claim)
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{deployments}/web", "Orphan")
    client.wait_gone(f"{deployments}/web")
    other = deploy("two")
    dependents = [f"{core}/configmaps/part", f"{core}/persistentvolumeclaims/data"]
    before = [client.patch(path, {"metadata": {"ownerReferences": owner(other)}})["metadata"]["uid"] for path in dependents]
    done = restore(holdfast, "-n", namespace, "--existing", "recreate")
    assert done.outcome(f"Deployment.apps {namespace}/web") == "recreated"
    assert done.outcome(f"ConfigMap {namespace}/part") == "unchanged"
    new = client.get(f"{deployments}/web")["metadata"]["uid"]
    assert new != other["metadata"]["uid"]
    # The collector deletes the children of the deleted one in the end; then it has done its work.
    sets = f"/apis/apps/v1/namespaces/{namespace}/replicasets"

    def owners_of_sets() -> set[str]:
        found = [one["metadata"].get("ownerReferences", []) for one in client.get(sets)["items"]]
        return {reference["uid"] for references in found for reference in references}

    wait_until(lambda: other["metadata"]["uid"] not in owners_of_sets(), 60, "the collector")
    for path, uid in zip(dependents, before, strict=True):
        metadata = client.get(path)["metadata"]
        assert metadata["uid"] == uid and "deletionTimestamp" not in metadata, path
        assert [reference["uid"] for reference in metadata["ownerReferences"]] == [new], path


def test_a_namespace_can_come_back_under_another_name(holdfast, cluster, namespace):
    client, copy = cluster.client, f"{namespace}-copy"
    config_map(client, namespace, "settings", {"a": "1"})
    client.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "runner"}})
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces"
    client.create(f"{rbac}/{namespace}/roles", {"metadata": {"name": "r"}, "rules": []})
    client.create(
        f"{rbac}/{namespace}/rolebindings",
        {
            "metadata": {"name": "rb"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": namespace}],
        },
    )
    holdfast.ok("backup", "-n", namespace)
    try:
        done = restore(holdfast, "-n", namespace, "--map-namespace", f"{namespace}={copy}")
        assert done.record["state"] == "completed"
        assert client.get(f"{MAPS.format(copy)}/settings")["data"] == {"a": "1"}
        assert client.get(f"{rbac}/{copy}/rolebindings/rb")["subjects"][0]["namespace"] == copy
    finally:
        client.request("DELETE", f"/api/v1/namespaces/{copy}")


def test_images_and_storage_classes_can_be_mapped(holdfast, cluster, namespace):
    client = cluster.client
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "docker.io/library/nginx:1"}]},
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "slow", "resources": {"requests": {"storage": "1Gi"}}},
    }  # fmt: skip
    spec = {
        "serviceName": "db", "replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template,
        "volumeClaimTemplates": [claim],
    }  # fmt: skip
    path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
    client.create(path, {"metadata": {"name": "db"}, "spec": spec})
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{path}/db")
    client.wait_gone(f"{path}/db")
    restore(holdfast, "-n", namespace, "--map-image", "docker.io/=mirror.example.com/", "--map-storage-class", "slow=fast")
    back = client.get(f"{path}/db")["spec"]
    assert back["template"]["spec"]["containers"][0]["image"] == "mirror.example.com/library/nginx:1"
    assert back["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "fast"


def test_transforms_change_objects_on_their_way(holdfast, cluster, namespace, tmp_path):
    client = cluster.client
    config_map(client, namespace, "settings", {"a": "1"})
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{MAPS.format(namespace)}/settings")
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "version: v1\nresourceModifierRules:\n"
        f"- conditions: {{groupResource: configmaps, resourceNameRegex: '^set', namespaces: [{namespace}]}}\n"
        "  patches:\n  - {operation: test, path: /data/a, value: '\"1\"'}\n"
        "  - {operation: replace, path: /data/a, value: '\"2\"'}\n"
    )
    restore(holdfast, "-n", namespace, "--transform", str(rules))
    assert client.get(f"{MAPS.format(namespace)}/settings")["data"] == {"a": "2"}
    rules.write_text(
        "version: v1\nresourceModifierRules:\n- conditions: {groupResource: pods}\n"
        "  strategicPatches: [{patchData: '{}'}]\n"
    )
    refused = holdfast.run("restore", "latest", "--yes", "--transform", str(rules))
    assert refused.code != 0 and "strategic patches are not supported" in refused.stderr


def test_a_definition_and_its_objects_come_back_with_their_status_on_request(holdfast, cluster, namespace):
    client, group = cluster.client, f"{namespace}.example.com"
    crd = widget_crd(group, "v1")
    path = f"/apis/{group}/v1/namespaces/{namespace}/widgets"
    client.create_crd(crd)
    client.create(path, {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"n": 1}})
    client.patch(f"{path}/w/status", {"status": {"ready": True}})
    holdfast.ok("backup", "-n", namespace)
    definition = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
    try:
        for arguments, status in (((), None), (("--restore-status", "widgets"), {"ready": True})):
            client.delete(definition)
            client.wait_gone(definition)
            done = restore(holdfast, "-n", namespace, *arguments)
            assert done.outcome(f"Widget.{group} {namespace}/w") == "created"
            back = client.get(f"{path}/w")
            assert back["spec"] == {"n": 1} and back.get("status") == status
    finally:
        client.request("DELETE", definition)


def test_a_version_that_differs_by_name_only_is_converted(holdfast, cluster, namespace):
    client, group = cluster.client, f"{namespace}.example.com"
    crd = widget_crd(group, "v1")
    definition = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
    client.create_crd(crd)
    client.create(
        f"/apis/{group}/v1/namespaces/{namespace}/widgets",
        {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"n": 1}},
    )
    holdfast.ok("backup", "-n", namespace)
    client.delete(definition)
    client.wait_gone(definition)
    client.create_crd(widget_crd(group, "v2"))
    try:
        done = restore(holdfast, "-n", namespace)
        assert done.outcome(f"Widget.{group} {namespace}/w") == "created"
        assert "version v2 instead of v1" in done.objects[f"Widget.{group} {namespace}/w"]["notes"][0]
        assert client.get(f"/apis/{group}/v2/namespaces/{namespace}/widgets/w")["spec"] == {"n": 1}
    finally:
        client.request("DELETE", definition)


def test_dependents_get_the_new_uid_of_their_owners_in_any_order(holdfast, cluster, namespace):
    client = cluster.client
    deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    web = client.create(deployments, {"metadata": {"name": "web"}, "spec": spec})
    base = config_map(client, namespace, "base", {})

    def owner(api_version: str, kind: str, item: dict) -> dict:
        return {"apiVersion": api_version, "kind": kind, "name": item["metadata"]["name"], "uid": item["metadata"]["uid"]}

    owners = [owner("apps/v1", "Deployment", web), owner("v1", "ConfigMap", base)]
    config_map(client, namespace, "child", {}, ownerReferences=owners)
    gone = config_map(client, namespace, "gone", {})
    kept = [owner("v1", "ConfigMap", gone), owner("v1", "ConfigMap", base)]
    config_map(client, namespace, "half", {}, ownerReferences=kept)
    holdfast.ok("backup", "-n", namespace)
    delete_namespace(client, namespace)
    done = restore(holdfast, "-n", namespace)
    assert done.record["state"] == "completed"

    def uids(name: str) -> set[str]:
        metadata = client.get(f"{MAPS.format(namespace)}/{name}")["metadata"]
        return {reference["uid"] for reference in metadata.get("ownerReferences", [])}

    def uid(path: str) -> str:
        return client.get(path)["metadata"]["uid"]

    new_base = uid(f"{MAPS.format(namespace)}/base")
    assert uids("child") == {uid(f"{deployments}/web"), new_base}
    assert uids("half") == {uid(f"{MAPS.format(namespace)}/gone"), new_base}


def test_generated_children_are_left_to_their_controllers(holdfast, cluster, namespace):
    client = cluster.client
    path = f"/apis/apps/v1/namespaces/{namespace}"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    client.create(f"{path}/deployments", {"metadata": {"name": "web"}, "spec": spec})
    wait_until(lambda: client.get(f"/api/v1/namespaces/{namespace}/pods")["items"], 30, "a pod")
    holdfast.ok("backup", "-n", namespace)
    delete_namespace(client, namespace)
    done = restore(holdfast, "-n", namespace)
    skipped = [text for text, one in done.objects.items() if one["outcome"] == "skipped"]
    assert any(text.startswith("ReplicaSet.apps") for text in skipped)
    assert any(text.startswith("Pod ") for text in skipped)
    wait_until(lambda: len(client.get(f"/api/v1/namespaces/{namespace}/pods")["items"]) == 1, 30, "the new pod")


def test_a_claim_without_its_data_says_so(holdfast, cluster, namespace):
    client = cluster.client
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}}
    volume = {
        "metadata": {"name": f"pv-{namespace}", "annotations": {"pv.kubernetes.io/provisioned-by": "x.example.com"}},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "storageClassName": "none",
            "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/tmp/none"},
            "claimRef": {"namespace": namespace, "name": "data"},
        },
    }  # fmt: skip
    client.create("/api/v1/persistentvolumes", volume)
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    client.create(path, {"metadata": {"name": "data"}, "spec": spec})
    try:
        wait_until(lambda: client.get(f"{path}/data")["status"].get("phase") == "Bound", 30, "the claim to be bound")
        holdfast.run("backup", "-n", namespace)
        client.delete(f"{path}/data")
        client.wait_gone(f"{path}/data")
        # Its volume is Released with its data retained: the claim is bound to it again.
        volume_path = f"/api/v1/persistentvolumes/pv-{namespace}"
        wait_until(lambda: client.get(volume_path)["status"].get("phase") == "Released", 30, "the volume's release")
        done = restore(holdfast, "-n", namespace)
        assert done.outcome(f"PersistentVolumeClaim {namespace}/data") == "created"
        assert client.get(f"{path}/data")["spec"]["volumeName"] == f"pv-{namespace}"
        wait_until(lambda: client.get(f"{path}/data")["status"].get("phase") == "Bound", 30, "the claim to be bound")
        client.delete(f"{path}/data")
        client.wait_gone(f"{path}/data")
        client.delete(volume_path)
        client.wait_gone(volume_path)
        empty = restore(holdfast, "-n", namespace, expect=3)
        assert empty.record["emptyVolumes"] == 1
        assert "volumeName" not in client.get(f"{path}/data")["spec"]
    finally:
        client.request("DELETE", f"/api/v1/persistentvolumes/pv-{namespace}")


def test_a_claim_moves_with_its_volume_or_comes_back_empty(holdfast, cluster, namespace):
    client, copy = cluster.client, f"{namespace}-test"
    volume_path = f"/api/v1/persistentvolumes/pv-{namespace}"
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": f"{namespace}-static"}
    volume = {**spec, "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp/none"}, "persistentVolumeReclaimPolicy": "Retain"}
    client.create("/api/v1/persistentvolumes", {"metadata": {"name": f"pv-{namespace}"}, "spec": volume})
    claim = {**spec, "resources": {"requests": {"storage": "1Gi"}}}
    client.create(CLAIMS.format(namespace), {"metadata": {"name": "data"}, "spec": claim})

    def wait_bound(where: str) -> None:
        path = f"{CLAIMS.format(where)}/data"
        wait_until(lambda: client.get(path)["status"].get("phase") == "Bound", 30, f"{path} to be bound")

    try:
        wait_bound(namespace)
        holdfast.ok("backup", "-n", namespace)
        moved = ("-n", namespace, "--map-namespace", f"{namespace}={copy}", "--kind", "pvc,pv", "--existing", "update")
        shown = preview(holdfast, *moved)
        assert shown[f"PersistentVolumeClaim {copy}/data"]["notes"] == ["volume new and EMPTY"]
        why = f"exists and serves namespace {namespace}; a copy for {copy} must be made by hand"
        assert shown[f"PersistentVolume pv-{namespace}"]["reason"] == why
        done = restore(holdfast, *moved, expect=3)
        assert done.record["emptyVolumes"] == 1
        assert done.outcome(f"PersistentVolume pv-{namespace}") == f"skipped: {why}"
        assert "volumeName" not in client.get(f"{CLAIMS.format(copy)}/data")["spec"]
        assert client.get(volume_path)["spec"]["claimRef"]["namespace"] == namespace

        for each in (copy, namespace):
            delete_namespace(client, each)
        client.delete(volume_path)
        client.wait_gone(volume_path)
        assert preview(holdfast, *moved)[f"PersistentVolumeClaim {copy}/data"]["notes"] == []
        assert restore(holdfast, *moved).record["emptyVolumes"] == 0
        wait_bound(copy)
        assert client.get(volume_path)["spec"]["claimRef"]["namespace"] == copy
    finally:
        client.request("DELETE", f"/api/v1/namespaces/{copy}")
        client.request("DELETE", volume_path)


def test_a_copy_of_a_namespace_takes_no_rights_from_the_original(holdfast, cluster, namespace):
    client, copy = cluster.client, f"{namespace}-copy"
    rbac = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    client.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "runner"}})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subjects = [{"kind": "ServiceAccount", "name": "runner", "namespace": namespace}]
    client.create(rbac, {"metadata": {"name": namespace}, "roleRef": role, "subjects": subjects})
    try:
        holdfast.ok("backup", "-n", namespace, "--cluster-scoped", "all")
        arguments = ("-n", namespace, "--map-namespace", f"{namespace}={copy}", "--cluster-scoped", "all",
                     "--kind", "clusterrolebindings,serviceaccounts", "--existing", "update")  # fmt: skip
        shown = preview(holdfast, *arguments)[f"ClusterRoleBinding.rbac.authorization.k8s.io {namespace}"]
        assert shown["verdict"] == "differs" and not shown["wouldChange"]
        done = restore(holdfast, *arguments)
        outcome = done.outcome(f"ClusterRoleBinding.rbac.authorization.k8s.io {namespace}")
        assert outcome == f"skipped: {shown['reason']}" and f"serves namespace {namespace};" in outcome
        assert client.get(f"{rbac}/{namespace}")["subjects"][0]["namespace"] == namespace
    finally:
        client.request("DELETE", f"{rbac}/{namespace}")
        client.request("DELETE", f"/api/v1/namespaces/{copy}")


def test_the_callers_order_comes_first(holdfast, cluster, namespace, tmp_path):
    client = cluster.client
    config_map(client, namespace, "a", {})
    client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "s"}})
    holdfast.ok("backup", "-n", namespace)
    delete_namespace(client, namespace)
    order = tmp_path / "order"
    order.write_text('["v1/configmaps"]')
    done = restore(holdfast, "-n", namespace, "--order", str(order))
    names = [text for text in done.objects if text.split()[0] in ("ConfigMap", "Secret") and "kube-root" not in text]
    assert names.index(f"ConfigMap {namespace}/a") < names.index(f"Secret {namespace}/s")


def test_only_chosen_kinds_and_labels_come_back(holdfast, cluster, namespace):
    client = cluster.client
    config_map(client, namespace, "a", {}, labels={"app": "web"})
    config_map(client, namespace, "b", {})
    client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "s", "labels": {"app": "web"}}})
    holdfast.ok("backup", "-n", namespace)
    delete_namespace(client, namespace)
    restore(holdfast, "-n", namespace, "--kind", "configmaps", "-l", "app=web")
    assert client.exists(f"{MAPS.format(namespace)}/a")
    assert not client.exists(f"{MAPS.format(namespace)}/b")
    assert not client.exists(f"/api/v1/namespaces/{namespace}/secrets/s")


@pytest.mark.parametrize("present", [True, False])
def test_a_preview_says_what_the_restore_then_does(holdfast, cluster, namespace, present):
    from tests.e2e.restoring import preview

    client = cluster.client
    config_map(client, namespace, "same", {"a": "1"})
    config_map(client, namespace, "other", {"a": "1"})
    config_map(client, namespace, "new", {"a": "1"})
    client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "s"}, "stringData": {"k": "old"}})
    holdfast.ok("backup", "-n", namespace)
    if present:
        client.delete(f"{MAPS.format(namespace)}/new")
        client.patch(f"{MAPS.format(namespace)}/other", {"data": {"a": "2"}})
        client.patch(f"/api/v1/namespaces/{namespace}/secrets/s", {"stringData": {"k": "new"}})
    else:
        delete_namespace(client, namespace)
    shown = preview(holdfast, "-n", namespace)
    verdict = {name: shown[f"ConfigMap {namespace}/{name}"]["verdict"] for name in ("same", "other", "new")}
    if present:
        assert verdict == {"same": "unchanged", "other": "differs", "new": "create"}
        assert shown[f"ConfigMap {namespace}/other"]["diff"] == ['data.a: "2" -> "1"']
        assert shown[f"Secret {namespace}/s"]["diff"] == ["data.k: *** -> ***"]
        assert not client.exists(f"{MAPS.format(namespace)}/new")
    else:
        assert set(verdict.values()) == {"create (unchecked)"}
        assert shown[f"ConfigMap {namespace}/new"]["reason"] == f"namespace {namespace} is created by this restore"
        assert not client.exists(f"/api/v1/namespaces/{namespace}")
    done = restore(holdfast, "-n", namespace)
    if present:
        assert done.outcome(f"ConfigMap {namespace}/same") == "unchanged"
        assert done.outcome(f"ConfigMap {namespace}/new") == "created"


def test_a_restore_into_another_cluster_has_to_be_meant(holdfast, cluster, namespace, new_cluster):
    config_map(cluster.client, namespace, "a", {"k": "v"})
    holdfast.ok("backup", "-n", namespace)
    other = new_cluster(scheduler=False)
    create_namespace(other, "somebody")
    config_map(other.client, "somebody", "theirs", {})
    elsewhere = holdfast.on(other)
    point = holdfast.ok("point", "list", "-o", "name").stdout.split()[0]
    shown = holdfast.ok("point", "show", point, "-o", "json").json()
    refused = elsewhere.run("restore", point, "--yes")
    assert refused.code != 0 and "--to-other-cluster" in refused.stderr
    done = restore(elsewhere, "--to-other-cluster", point=point)
    assert done.record["state"] == "completed"
    assert other.client.get(f"{MAPS.format(namespace)}/a")["data"] == {"k": "v"}
    resumed = holdfast.run("restore", "--resume", done.record["restore"], "--yes")
    assert resumed.code != 0 and "choose it with --context" in resumed.stderr
    assert done.record["cluster"] in resumed.stderr and shown["cluster"] in resumed.stderr
    elsewhere.ok("restore", "--resume", done.record["restore"], "--yes")
