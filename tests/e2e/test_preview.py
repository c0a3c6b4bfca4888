"""A preview and the restore that follows it say the same of every object."""

from __future__ import annotations

from collections import Counter

import pytest

from demo import damage
from tests.cluster import demo_app
from tests.cluster.client import Client
from tests.e2e.restoring import MAPS, config_map, delete_namespace, preview, restore

# What a preview says beforehand, and what the restore may have to tell afterwards.
EXPECTED = {
    "create": {"created"},
    "create (unchecked)": {"created"},
    "differs": {"updated"},
    "unchanged": {"unchanged"},
    "skip": {"skipped"},
}
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def test_a_restore_does_what_its_preview_said(new_holdfast, new_cluster):
    own = new_cluster()
    holdfast, client = new_holdfast(cluster=own), own.client
    demo_app.apply(client)
    demo_app.wait_bound(client)
    damage.wait_settled(client)
    holdfast.ok("backup")
    for happens in (damage.delete_namespace, damage.edit_namespace, damage.remove_definition):
        happens(client)
    damage.wait_settled(client)
    holdfast_does_as_it_says(holdfast, {"create", "create (unchecked)", "differs", "unchanged", "skip"})
    demo_app.wait_bound(client)
    damage.wait_settled(client)
    # Merchants own ConfigMaps and Secrets, which are restored before them.
    holdfast_does_as_it_says(holdfast, {"unchanged", "skip"})


@pytest.mark.parametrize("listed", [["configmaps", "deployments", "services"], []], ids=["no-namespaces", "nothing"])
def test_who_may_not_list_gets_as_good_a_preview(holdfast, cluster, namespace, listed):
    client = cluster.client
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    web = client.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", {"metadata": {"name": "web"}, "spec": spec})
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": web["metadata"]["uid"]}
    config_map(client, namespace, "part", {"a": "1"}, ownerReferences=[owner])
    for name in ("same", "other", "new"):
        config_map(client, namespace, name, {"a": "1"})
    service = {"metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    client.create(f"/api/v1/namespaces/{namespace}/services", service)
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{MAPS.format(namespace)}/new")
    client.patch(f"{MAPS.format(namespace)}/other", {"data": {"a": "2"}})
    allow(client, namespace, listed)
    who = ("-n", namespace, "--as", namespace)
    holdfast_does_as_it_says(holdfast, {"create", "differs", "unchanged", "skip"}, *who)
    holdfast_does_as_it_says(holdfast, {"unchanged", "skip"}, *who)
    delete_namespace(client, namespace)
    holdfast_does_as_it_says(holdfast, {"create", "create (unchecked)", "skip"}, *who)


def allow(client: Client, user: str, listed: list[str]) -> None:
    """Gives the user every right that a restore needs, and lists of some resources only."""
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["create", "get", "update", "patch"]}]
    if listed:
        rules.append({"apiGroups": ["", "apps"], "resources": listed, "verbs": ["list"]})
    client.create(f"{RBAC}/clusterroles", {"metadata": {"name": user}, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    client.create(f"{RBAC}/clusterrolebindings", {"metadata": {"name": user}, "roleRef": role, "subjects": [subject]})


def holdfast_does_as_it_says(holdfast, verdicts: set[str], *arguments: str) -> None:
    said = preview(holdfast, "--existing", "update", *arguments)
    done = restore(holdfast, "--existing", "update", *arguments)
    assert said.keys() == done.objects.keys()
    wrong = {
        name: (shown["verdict"], done.outcome(name), shown["diff"][:4])
        for name, shown in said.items()
        if done.objects[name]["outcome"] not in EXPECTED[shown["verdict"]] and not made_by_a_controller(name)
    }
    assert not wrong, f"{len(wrong)} of {Counter(name.split()[0] for name in wrong)}: {dict(list(wrong.items())[:10])}"
    assert {one["verdict"] for one in said.values()} == verdicts


def made_by_a_controller(name: str) -> bool:
    """Made as soon as the namespace is there, before the restore comes to it or after."""
    return name.startswith("ServiceAccount ") and name.endswith("/default") or name.endswith("/kube-root-ca.crt")
