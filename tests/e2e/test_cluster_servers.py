"""The webhooks and aggregated APIs that other tests let the API server call."""

from __future__ import annotations

import uuid

import pytest

from tests.cluster import aggregated
from tests.cluster.aggregated import AggregatedApi
from tests.cluster.client import ApiError, wait_until
from tests.cluster.webhook import Webhook


@pytest.fixture
def webhook(cluster):
    with Webhook(cluster) as server:
        yield server


def config_map(name: str, **labels: str) -> dict:
    return {"metadata": {"name": name, "labels": labels}}


@pytest.fixture
def path(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


def test_denies_by_label(cluster, webhook, namespace, path):
    webhook.admit("/deny/forbidden", ["configmaps"], namespace)
    cluster.client.create(path, config_map("good"))
    with pytest.raises(ApiError, match="label forbidden is forbidden here") as refused:
        cluster.client.create(path, config_map("bad", forbidden="yes"))
    assert refused.value.status == 403
    assert [review["name"] for review in webhook.reviews] == ["good", "bad"]


def test_mutates(cluster, webhook, namespace, path):
    webhook.admit("/mutate/team/blue", ["configmaps"], namespace)
    assert cluster.client.create(path, config_map("one", a="b"))["metadata"]["labels"] == {"a": "b", "team": "blue"}


def test_refuses_dry_runs_only(cluster, webhook, namespace, path):
    webhook.admit("/no-dry-run", ["configmaps"], namespace)
    with pytest.raises(ApiError, match="does not support dry run"):
        cluster.client.create(f"{path}?dryRun=All", config_map("one"))
    cluster.client.create(path, config_map("one"))


@pytest.mark.parametrize("behaviour", ["/hang", "/error", "/garbage"])
def test_fails_closed_or_open_as_told(cluster, webhook, namespace, path, behaviour):
    registered = webhook.admit(behaviour, ["configmaps"], namespace, timeout=1)
    with pytest.raises(ApiError, match="failed calling webhook") as failed:
        cluster.client.create(path, config_map("one"))
    assert failed.value.status == 500
    cluster.client.delete(registered)
    webhook.admit(behaviour, ["configmaps"], namespace, timeout=1, failure_policy="Ignore")
    wait_until(lambda: cluster.client.create(path, config_map("one")), 10, "the old configuration to be forgotten")


def test_a_dead_webhook_is_reported_as_such(cluster, webhook, namespace, path):
    webhook.admit("/allow", ["configmaps"], namespace)
    webhook.die()
    with pytest.raises(ApiError, match="failed calling webhook.*connection refused"):
        cluster.client.create(path, config_map("one"))


def two_version_crd(plural: str, conversion: dict) -> dict:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [
        {"name": "v1", "served": True, "storage": True, "schema": schema},
        {"name": "v2", "served": True, "storage": False, "schema": schema},
    ]
    group = "conversion.test"
    names = {"plural": plural, "singular": plural[:-1], "kind": plural[:-1].capitalize()}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": versions, "conversion": conversion}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": spec,
    }


@pytest.mark.parametrize("behaviour", ["/convert", "/convert-fail"])
def test_converts_or_refuses_to(cluster, webhook, namespace, behaviour):
    plural = f"w{uuid.uuid4().hex[:6]}s"
    crd = two_version_crd(plural, webhook.conversion(behaviour))
    cluster.client.create_crd(crd)
    try:
        base = f"/apis/conversion.test/{{}}/namespaces/{namespace}/{plural}"
        made = {"apiVersion": "conversion.test/v1", "kind": crd["spec"]["names"]["kind"], "metadata": {"name": "one"}}
        cluster.client.create(base.format("v1"), made)
        assert len(cluster.client.get(base.format("v1"))["items"]) == 1
        if behaviour == "/convert":
            assert cluster.client.get(base.format("v2"))["items"][0]["apiVersion"] == "conversion.test/v2"
        else:
            with pytest.raises(ApiError, match="the conversion webhook refuses to convert"):
                cluster.client.get(base.format("v2"))
    finally:
        cluster.client.delete(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}")


def test_an_aggregated_api_that_is_down_answers_503(cluster):
    path = aggregated.register_down(cluster, "down.aggregated.test")
    try:
        answer = cluster.client.request("GET", "/apis/down.aggregated.test/v1")
        assert answer.status == 503
    finally:
        cluster.client.delete(path)


def test_an_aggregated_api_that_is_up_is_served_with_its_own_versions(cluster, namespace):
    group = "up.aggregated.test"
    with AggregatedApi(cluster, group) as api:
        api.register()
        try:
            objects = f"/apis/{group}/v1/namespaces/{namespace}/widgets"
            cluster.client.create(objects, {"metadata": {"name": "one"}, "spec": {"size": 1}})
            listed = cluster.client.get(f"/apis/{group}/v1/widgets?limit=500")
            assert [each["metadata"]["name"] for each in listed["items"]] == ["one"]
            assert listed["metadata"]["resourceVersion"] == "1001"
            groups = cluster.client.api("GET", "/apis", headers={"Accept": "application/json"})["groups"]
            assert group in [each["name"] for each in groups]
            api.failing = True
            with pytest.raises(ApiError, match="out of order"):
                cluster.client.get(f"/apis/{group}/v1/widgets")
        finally:
            api.unregister()
