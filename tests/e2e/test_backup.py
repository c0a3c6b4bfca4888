"""A backup holds exactly what the cluster holds, at one instant, and says what it does not hold."""

from __future__ import annotations

import base64
import os
import stat
import threading

import yaml

from tests.cluster.client import Client, wait_until
from tests.e2e.conftest import create_namespace
from tests.e2e.restoring import CRDS, widget_crd

SERVER_MADE = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")


def config_map(name: str, data: dict, **metadata) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": data}


def add_config_map(client: Client, namespace: str, name: str, data: dict | None = None, **metadata) -> dict:
    return client.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map(name, data or {}, **metadata))


def names(holdfast, *arguments: str) -> list[str]:
    return holdfast.ok("point", "objects", "latest", "-o", "name", *arguments).stdout.splitlines()


def without_server_fields(item: dict) -> dict:
    metadata = {k: v for k, v in item["metadata"].items() if k not in SERVER_MADE}
    return {**item, "metadata": metadata}


def listed_kinds(client: Client) -> list[tuple[str, str, str]]:
    """(api version, kind, plural) of every kind that is state, asked the plain way."""
    versions = [("v1", "/api/v1")]
    for group in client.get("/apis")["groups"]:
        preferred = group["preferredVersion"]["groupVersion"]
        versions.append((preferred, f"/apis/{preferred}"))
    kinds = []
    for version, path in versions:
        for resource in client.get(path)["resources"]:
            state = {"list", "get", "create"} <= set(resource["verbs"]) and "/" not in resource["name"]
            if state and resource["kind"] not in ("Event", "Lease", "LeaseCandidate"):
                kinds.append((version, resource["kind"], resource["name"]))
    return kinds


def test_the_first_backup_makes_a_vault_and_says_where_its_key_is(holdfast):
    result = holdfast.ok("backup", "-n", "default")
    key = holdfast.home / "keys" / "main.key"
    assert str(key) in result.stderr and "Losing this file loses the vault" in result.stderr
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    assert [vault["name"] for vault in holdfast.ok("vault", "list", "-o", "json").json()] == ["main"]


def test_a_point_holds_every_object_of_every_kind(new_cluster, new_holdfast):
    cluster = new_cluster(controller_manager=False, scheduler=False)
    holdfast = new_holdfast(cluster=cluster)
    create_namespace(cluster, "shop")
    add_config_map(cluster.client, "shop", "numbers", {"a": "1e3", "b": "0x1f", "c": "line\nline\n", "d": " x "})
    report = holdfast.ok("backup", "-o", "json").json()
    assert report["status"] == "COMPLETED" and report["notCaptured"] == []
    expected = {}
    # A server that has just started still makes objects of its own: the same instant is asked for.
    instant = f"resourceVersion={report['resourceVersion']}&resourceVersionMatch=Exact"
    for version, kind, plural in listed_kinds(cluster.client):
        path = f"/api/v1/{plural}" if version == "v1" else f"/apis/{version}/{plural}"
        for item in cluster.client.get(f"{path}?{instant}")["items"]:
            group = version.split("/")[0] if "/" in version else ""
            key = (group, kind, item["metadata"].get("namespace", ""), item["metadata"]["name"])
            expected[key] = {"apiVersion": version, "kind": kind, **item}
    objects = holdfast.ok("point", "objects", "latest", "-o", "json").json()
    assert {(o["group"], o["kind"], o["namespace"], o["name"]) for o in objects} == set(expected)
    assert report["objects"] == len(expected)
    sample = [key for index, key in enumerate(sorted(expected)) if index % 7 == 0 or key[2] == "shop"]
    for group, kind, namespace, name in sample:
        where = ["-n", namespace] if namespace else []
        qualified = f"{group or 'v1'}/{kind}"
        printed = yaml.safe_load(holdfast.ok("point", "get", "latest", qualified, name, *where).stdout)
        assert printed == without_server_fields(expected[group, kind, namespace, name])


# Strings that YAML takes for something else, or breaks, unless they are written with care.
AWKWARD = [
    "", " ", "yes", "No", "~", "null", "true", "1e3", "0x1f", "0o17", "017", "1_000", ".5", "-.inf", ".NaN", "12:30:45",
    "2024-02-30", "- a", "? a", "a: b", "a #b", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "[", "{}", "'", '"',
    "\\n", " leading", "trailing ", "tab\tinside", "\ttab first", "one\n", "one\n\n", "\none", "one\n  two\n three", "\r\n",
    "---", "...", "--- a\n...\n", "\u0085\u2028\u2029", "\u00e4\u4e2d\U0001f600", "\ufeff", "\u007f\u0001", "long " * 60, "=", "<<",
]  # fmt: skip
NUMBERS = [0, -1, 1.5, 1e21, 1e-7, 2**53 + 1, 2**63 - 1, -(2**63), True, False, None, [], {}, [[]], [{}, [{"a": None}]]]


def awkward_objects(group: str) -> dict[str, dict]:
    """Objects that no controller touches, by the end of their path."""
    words = {f"key-{number}": word for number, word in enumerate(AWKWARD)}
    pod = {"containers": [{"name": "c", "image": "example.com/a:1.10", "args": [*AWKWARD, "-c", "echo $(A)\nexit 0\n"],
                           "env": [{"name": "A", "value": "010"}], "resources": {"limits": {"cpu": "1e3", "memory": "1Gi"}}}]}
    encoded = base64.b64encode(bytes(range(256))).decode()
    return {
        "api/v1/configmaps": {"data": words, "binaryData": {"bytes": encoded}},
        "api/v1/secrets": {"type": "Opaque", "data": {"bytes": encoded}},
        "api/v1/podtemplates": {"template": {"metadata": {"annotations": words}, "spec": pod}},
        "apis/networking.k8s.io/v1/networkpolicies": {"spec": {"podSelector": {}, "ingress": [{}], "egress": []}},
        "apis/rbac.authorization.k8s.io/v1/roles": {"rules": [{"apiGroups": ["", "*"], "resources": ["*"], "verbs": ["y"]}]},
        f"apis/{group}/v1/widgets": {
            "kind": "Widget", "apiVersion": f"{group}/v1",
            "spec": {"numbers": NUMBERS, "words": AWKWARD, "by word": {word: word for word in [*AWKWARD, "k" * 2000] if word}}},
    }  # fmt: skip


def test_what_point_get_prints_makes_an_equal_object_elsewhere(holdfast, cluster, namespace):
    """The API server itself reads the YAML: it is sent as it was printed, but for the namespace."""
    client, elsewhere = cluster.client, f"{namespace}-copy"
    group = f"{namespace}.example.com"
    create_namespace(cluster, elsewhere)
    client.create_crd(widget_crd(group, "v1"))
    try:
        metadata = {"name": "odd", "labels": {"on": "off", "n": "1"}, "annotations": {"example.com/a": "\n", "y": "'\""}}
        originals = {}
        for path, content in awkward_objects(group).items():
            where, _, plural = path.rpartition("/")
            originals[plural] = client.create(f"/{where}/namespaces/{namespace}/{plural}", {**content, "metadata": metadata})
        holdfast.ok("backup", "-n", namespace)
        for path in awkward_objects(group):
            where, _, plural = path.rpartition("/")
            printed = holdfast.ok("point", "get", "latest", plural, "odd", "-n", namespace).stdout
            body = printed.replace(namespace, elsewhere).replace(f"{elsewhere}.example.com", group).encode()
            content_type = {"Content-Type": "application/yaml"}
            client.api("POST", f"/{where}/namespaces/{elsewhere}/{plural}", body, headers=content_type)
            copy = without_server_fields(client.get(f"/{where}/namespaces/{elsewhere}/{plural}/odd"))
            copy["metadata"]["namespace"] = namespace
            assert copy == without_server_fields(originals[plural]), printed
    finally:
        client.delete(f"{CRDS}/widgets.{group}")
        client.delete(f"/api/v1/namespaces/{elsewhere}")


def test_a_second_backup_of_an_unchanged_cluster_adds_next_to_nothing(new_cluster, new_holdfast):
    cluster = new_cluster(controller_manager=False, scheduler=False)
    holdfast = new_holdfast(cluster=cluster)
    create_namespace(cluster, "still")
    for number in range(100):
        add_config_map(cluster.client, "still", f"settings-{number}", {"value": os.urandom(400).hex()})
    first = holdfast.ok("backup", "-n", "still", "-o", "json").json()
    second = holdfast.ok("backup", "-n", "still", "-o", "json").json()
    assert second["objects"] == first["objects"]
    assert second["newObjects"] == 0
    assert second["storedBytes"] < first["storedBytes"] / 5


def test_changed_added_and_deleted_objects_show_in_the_next_point_only(holdfast, cluster, namespace):
    client = cluster.client
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for name in ("kept", "changed", "deleted"):
        add_config_map(client, namespace, name, {"value": "old"})
    first = holdfast.ok("backup", "-n", namespace, "-o", "name").stdout.strip()
    client.patch(f"{path}/changed", {"data": {"value": "new"}})
    client.delete(f"{path}/deleted")
    add_config_map(client, namespace, "added")
    holdfast.ok("backup", "-n", namespace)
    now = names(holdfast, "-n", namespace, "--kind", "configmaps", "--exclude-selector", "x=y")
    assert [n.split("/")[-1] for n in now if "kube-root" not in n] == ["added", "changed", "kept"]
    get = ("-n", namespace, "-o", "json")
    assert holdfast.ok("point", "get", "latest", "cm", "changed", *get).json()["data"] == {"value": "new"}
    assert holdfast.ok("point", "get", first, "cm", "changed", *get).json()["data"] == {"value": "old"}
    assert holdfast.ok("point", "get", first, "cm", "deleted", *get).json()["data"] == {"value": "old"}
    gone = holdfast.run("point", "get", "latest", "cm", "deleted", *get)
    assert gone.code == 1 and "has no ConfigMap 'deleted'" in gone.stderr


def test_many_backups_with_changes_stay_readable(holdfast, cluster, namespace):
    """More changes than a point may have runs: they are merged on the way."""
    points = []
    for round_number in range(12):
        add_config_map(cluster.client, namespace, f"round-{round_number:02}")
        points.append(holdfast.ok("backup", "-n", namespace, "-o", "name").stdout.strip())
    for round_number, point in enumerate(points):
        found = holdfast.ok("point", "objects", point, "--kind", "cm", "-o", "name").stdout
        assert found.count("/round-") == round_number + 1


def test_selections_choose_and_exclude(holdfast, cluster, namespace):
    client = cluster.client
    add_config_map(client, namespace, "one", labels={"app": "web", "tier": "front"})
    add_config_map(client, namespace, "two", labels={"app": "web", "tier": "back"})
    add_config_map(client, namespace, "three", labels={"app": "db"})
    add_config_map(client, namespace, "never", labels={"velero.io/exclude-from-backup": "true"})
    secret = {"metadata": {"name": "key", "labels": {"app": "web"}}, "stringData": {"a": "b"}}
    client.create(f"/api/v1/namespaces/{namespace}/secrets", secret)

    def captured(*arguments: str) -> set[str]:
        holdfast.ok("backup", *arguments)
        found = [name.split(f"{namespace}/")[-1] for name in names(holdfast, "-n", namespace)]
        return {name for name in found if name not in ("kube-root-ca.crt", "default")}

    everything = {"one", "two", "three", "key"}
    assert captured("-n", namespace) == everything
    assert captured("-n", namespace[:-3] + "*") == everything
    assert captured("-n", namespace, "--kind", "cm") == {"one", "two", "three"}
    assert captured("-n", namespace, "--kind", "v1/Secret") == {"key"}
    assert captured("-n", namespace, "--exclude-kind", "configmaps") == {"key"}
    assert captured("-n", namespace, "-l", "app in (web),tier!=back") == {"one", "key"}
    assert captured("-n", namespace, "-l", "app", "--exclude-selector", "tier=back") == {"one", "three", "key"}
    assert captured("-n", "*", "--exclude-namespace", "*", "--kind", "cm,ns,sa") == set()


def test_a_backup_of_a_namespace_brings_what_it_needs_from_outside(holdfast, cluster, namespace):
    client = cluster.client
    group = f"{namespace}.example.com"
    client.create_crd({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced",
                 "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                     "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]},
    })  # fmt: skip
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
    client.create(f"/apis/{group}/v1/namespaces/{namespace}/widgets", widget)
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    for name in ("bound", "through-a-group", "of-a-role-binding", "unrelated"):
        client.create(f"{rbac}/clusterroles", {"metadata": {"name": f"{namespace}-{name}"}, "rules": []})

    def ref(name: str) -> dict:
        return {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{namespace}-{name}"}

    subjects = {
        "bound": {"kind": "ServiceAccount", "name": "default", "namespace": namespace},
        "through-a-group": {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io",
                            "name": f"system:serviceaccounts:{namespace}"},
        "unrelated": {"kind": "ServiceAccount", "name": "default", "namespace": "default"},
    }  # fmt: skip
    for name, subject in subjects.items():
        binding = {"metadata": {"name": f"{namespace}-{name}"}, "roleRef": ref(name), "subjects": [subject]}
        client.create(f"{rbac}/clusterrolebindings", binding)
    role_binding = {"metadata": {"name": "rb"}, "roleRef": ref("of-a-role-binding"), "subjects": []}
    client.create(f"{rbac}/namespaces/{namespace}/rolebindings", role_binding)
    client.create("/apis/storage.k8s.io/v1/storageclasses",
                  {"metadata": {"name": f"{namespace}-class"}, "provisioner": "example.com/none"})  # fmt: skip
    claim = {"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": f"{namespace}-class",
        "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
    client.create(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", claim)

    def outside(scope: str) -> set[str]:
        holdfast.ok("backup", "-n", namespace, "--cluster-scoped", scope)
        found = holdfast.ok("point", "objects", "latest", "-o", "json").json()
        return {f"{o['kind']} {o['name']}" for o in found if not o["namespace"]}

    needed = {
        f"Namespace {namespace}", f"CustomResourceDefinition widgets.{group}",
        f"ClusterRole {namespace}-bound", f"ClusterRoleBinding {namespace}-bound",
        f"ClusterRole {namespace}-through-a-group", f"ClusterRoleBinding {namespace}-through-a-group",
        f"ClusterRole {namespace}-of-a-role-binding", f"StorageClass {namespace}-class",
    }  # fmt: skip
    assert outside("auto") == needed
    assert outside("none") == {f"Namespace {namespace}"}
    everything = outside("all")
    assert needed <= everything and f"ClusterRole {namespace}-unrelated" in everything
    assert "Namespace default" not in everything
    client.delete(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")


def test_all_kinds_are_read_at_one_instant(holdfast, cluster, namespace):
    """Two kinds whose counters move in step: at any one instant they differ by at most one."""
    client = cluster.client
    cm, secret = (f"/api/v1/namespaces/{namespace}/{kind}/counter" for kind in ("configmaps", "secrets"))
    add_config_map(client, namespace, "counter", {"n": "0"})
    client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "counter"}, "stringData": {"n": "0"}})
    stop = threading.Event()

    def count() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            client.patch(cm, {"data": {"n": str(n)}})
            client.patch(secret, {"stringData": {"n": str(n)}})

    counter = threading.Thread(target=count)
    counter.start()
    try:
        for _ in range(5):
            point = holdfast.ok("backup", "-o", "name").stdout.strip()
            get = ("-n", namespace, "-o", "json")
            first = int(holdfast.ok("point", "get", point, "cm", "counter", *get).json()["data"]["n"])
            encoded = holdfast.ok("point", "get", point, "secret", "counter", *get).json()["data"]["n"]
            second = int(base64.b64decode(encoded))
            assert second <= first <= second + 1
    finally:
        stop.set()
        counter.join()


def test_volumes_whose_data_is_missing_are_named(holdfast, cluster, namespace):
    client = cluster.client
    volume = {"metadata": {"name": f"{namespace}-pv"}, "spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp/none"},
        "storageClassName": f"{namespace}-static", "persistentVolumeReclaimPolicy": "Retain"}}  # fmt: skip
    client.create("/api/v1/persistentvolumes", volume)
    claim = {"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": f"{namespace}-static",
        "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    client.create(claims, claim)
    wait_until(lambda: client.get(f"{claims}/data")["status"]["phase"] == "Bound", 30, "the claim to be bound")
    result = holdfast.ok("backup", "-n", namespace)
    assert "1 volume is NOT in this point" in result.stdout and f"{namespace}/data" in result.stdout
    shown = holdfast.ok("point", "show", "latest", "-o", "json").json()
    assert shown["volumesWithoutData"] == 1
    assert shown["manifest"]["volumesWithoutData"][0]["claim"] == "data"
    assert f"PersistentVolume {namespace}-pv" in names(holdfast)


def test_an_object_that_is_being_deleted_is_captured_and_marked(holdfast, cluster, namespace):
    client = cluster.client
    add_config_map(client, namespace, "going", finalizers=["example.com/hold"])
    path = f"/api/v1/namespaces/{namespace}/configmaps/going"
    client.delete(path)
    try:
        holdfast.ok("backup", "-n", namespace)
        found = holdfast.ok("point", "objects", "latest", "-o", "json").json()
        assert [o["deleting"] for o in found if o["name"] == "going"] == [True]
    finally:
        client.patch(path, {"metadata": {"finalizers": None}})


def test_managed_fields_are_kept_on_request_and_printed(holdfast, cluster, namespace):
    made = add_config_map(cluster.client, namespace, "one", {"a": "b"})
    assert made["metadata"]["managedFields"]

    def metadata() -> dict:
        return holdfast.ok("point", "get", "latest", "cm", "one", "-n", namespace, "-o", "json").json()["metadata"]

    holdfast.ok("backup", "-n", namespace)
    assert "managedFields" not in metadata()
    holdfast.ok("backup", "-n", namespace, "--managed-fields")
    assert metadata()["managedFields"] == made["metadata"]["managedFields"]
    printed = yaml.safe_load(holdfast.ok("point", "get", "latest", "cm", "one", "-n", namespace).stdout)
    assert printed["metadata"]["managedFields"] == made["metadata"]["managedFields"]


def test_many_kinds_missing_rights_make_a_partial_point(new_cluster, new_holdfast):
    cluster = new_cluster(
        tokens={"reader-token": ("reader", ("readers",))}, controller_manager=False, scheduler=False
    )
    client = cluster.client
    rules = [{"apiGroups": [""], "resources": ["configmaps", "namespaces", "services"], "verbs": ["get", "list"]}]
    client.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {"metadata": {"name": "reader"}, "rules": rules})
    client.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"kind": "User", "name": "reader", "apiGroup": "rbac.authorization.k8s.io"}]})  # fmt: skip
    holdfast = new_holdfast(cluster=cluster)
    wait_until(lambda: cluster.client_for("reader-token").exists("/api/v1/namespaces"), 20, "the right to list")
    partial = holdfast.run("backup", "--as", "reader", "-o", "json")
    assert partial.code == 3, partial.stderr
    report = partial.json()
    assert report["status"] == "PARTIAL"
    reasons = {f["kind"]: f["reason"] for f in report["notCaptured"]}
    assert "Secret" in reasons and "forbidden" in reasons["Secret"] and "secrets" in reasons["Secret"]
    assert not {"ConfigMap", "Namespace", "Service"} & set(reasons)
    listed = holdfast.ok("point", "list", "-o", "json").json()
    assert [p["status"] for p in listed] == ["PARTIAL"]
    nobody = holdfast.run("backup", "--as", "nobody")
    assert nobody.code == 1 and "forbidden" in nobody.stderr
    assert len(holdfast.ok("point", "list", "-o", "json").json()) == 1


def test_a_flow_controlled_server_is_waited_for(new_cluster, new_holdfast):
    cluster = new_cluster(
        apiserver_flags=("--max-requests-inflight=4", "--max-mutating-requests-inflight=2"),
        controller_manager=False, scheduler=False,
    )  # fmt: skip
    holdfast = new_holdfast(cluster=cluster)
    for number in range(6):
        create_namespace(cluster, f"team-{number}")
    report = holdfast.ok("backup", "-o", "json").json()
    assert report["status"] == "COMPLETED" and report["notCaptured"] == []


def test_latest_is_of_the_addressed_cluster(new_cluster, new_holdfast, cluster):
    other = new_cluster(controller_manager=False, scheduler=False)
    here = new_holdfast("home", cluster)
    there = here.on(other)
    mine = here.ok("backup", "-n", "default", "-o", "name").stdout.strip()
    theirs = there.ok("backup", "-n", "default", "-o", "name").stdout.strip()
    assert here.ok("point", "show", "latest", "-o", "name").stdout.strip() == mine
    assert there.ok("point", "show", "latest", "-o", "name").stdout.strip() == theirs
    uid = other.namespace_uid()
    assert here.ok("point", "show", "latest", "--cluster", uid, "-o", "name").stdout.strip() == theirs


def test_a_selection_too_long_for_a_point_is_refused_at_once(new_holdfast):
    nowhere = new_holdfast()
    many = [word for number in range(3000) for word in ("-n", f"a-rather-long-name-{number:05}")]
    result = nowhere.run("backup", *many)
    assert result.code == 2, result.stdout + result.stderr
    assert "3000 namespaces" in result.stderr and "globs" in result.stderr
