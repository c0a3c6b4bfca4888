"""On a bad day a restore says what failed in the server's words, does the rest, and can go on later."""

from __future__ import annotations

import os
import random
import signal
import threading
import time

from tests.cluster.client import wait_until
from tests.cluster.webhook import Webhook
from tests.e2e.conftest import create_namespace
from tests.e2e.restoring import (
    CRDS, MAPS, config_map, delete_namespace, objects_of, preview, restore, wait_quota_known, widget_crd,
)  # fmt: skip

MANY = 3000


def fill(client, namespace: str, count: int) -> None:
    """Makes many ConfigMaps, some at a time."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            config_map(client, namespace, f"m{number:05}", {"n": str(number)})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def made(client, namespace: str) -> set[str]:
    items = client.get(MAPS.format(namespace))["items"]
    return {item["metadata"]["name"] for item in items if item["metadata"]["name"].startswith("m")}


def test_a_webhook_refuses_some_objects_and_the_rest_is_restored(holdfast, cluster, namespace):
    client = cluster.client
    config_map(client, namespace, "good", {})
    config_map(client, namespace, "bad", {}, labels={"evil": "yes"})
    holdfast.ok("backup", "-n", namespace)
    for name in ("good", "bad"):
        client.delete(f"{MAPS.format(namespace)}/{name}")
    with Webhook(cluster) as webhook:
        webhook.admit("/deny/evil", ["configmaps"], namespace)
        done = restore(holdfast, "-n", namespace, expect=3)
    assert done.outcome(f"ConfigMap {namespace}/good") == "created"
    assert "denied the request" in done.outcome(f"ConfigMap {namespace}/bad")


def test_a_dead_webhook_fails_its_objects_and_no_others(holdfast, cluster, namespace):
    client = cluster.client
    config_map(client, namespace, "a", {})
    client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "s"}})
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{MAPS.format(namespace)}/a")
    client.delete(f"/api/v1/namespaces/{namespace}/secrets/s")
    with Webhook(cluster) as webhook:
        webhook.admit("/allow", ["configmaps"], namespace)
        webhook.die()
        done = restore(holdfast, "-n", namespace, expect=3)
    assert "failed calling webhook" in done.outcome(f"ConfigMap {namespace}/a")
    assert done.outcome(f"Secret {namespace}/s") == "created"


def test_a_webhook_that_refuses_dry_runs_does_not_make_objects_impossible(holdfast, cluster, namespace):
    client = cluster.client
    config_map(client, namespace, "a", {})
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{MAPS.format(namespace)}/a")
    with Webhook(cluster) as webhook:
        webhook.admit("/no-dry-run", ["configmaps"], namespace)
        shown = preview(holdfast, "-n", namespace)[f"ConfigMap {namespace}/a"]
        assert shown["verdict"] == "create (unchecked)"
        assert "does not support dry run" in shown["reason"]
        done = restore(holdfast, "-n", namespace)
    assert done.outcome(f"ConfigMap {namespace}/a") == "created"


def test_a_preview_names_fields_that_the_target_does_not_know(holdfast, cluster, namespace):
    client, group = cluster.client, f"{namespace}.example.com"
    crd = widget_crd(group, "v1")
    definition = f"{CRDS}/{crd['metadata']['name']}"
    client.create_crd(crd)
    widgets = f"/apis/{group}/v1/namespaces/{namespace}/widgets"
    client.create(widgets, {
        "apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"old": 1, "kept": 2},
    })  # fmt: skip
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"{widgets}/w")
    client.delete(definition)
    client.wait_gone(definition)
    kept = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"kept": {"type": "integer"}}}}}
    crd["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": kept}
    client.create_crd(crd)
    widget = f"Widget.{group} {namespace}/w"
    shown = preview(holdfast, "-n", namespace)[widget]
    assert shown["verdict"] == "create"
    assert any('unknown field "spec.old"' in note for note in shown["notes"])
    done = restore(holdfast, "-n", namespace)
    assert done.outcome(widget) == "created"
    assert client.get(f"{widgets}/w")["spec"] == {"kept": 2}


def test_a_full_quota_fails_what_does_not_fit(holdfast, cluster, namespace):
    client = cluster.client
    for name in ("a", "b", "c", "d"):
        client.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": name}})
    holdfast.ok("backup", "-n", namespace)
    for name in ("a", "b", "c", "d"):
        client.delete(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"count/secrets": "2"}}}
    client.create(f"/api/v1/namespaces/{namespace}/resourcequotas", quota)
    wait_quota_known(client, namespace, "q")
    done = restore(holdfast, "-n", namespace, expect=3)
    outcomes = [done.outcome(f"Secret {namespace}/{name}") for name in ("a", "b", "c", "d")]
    assert outcomes.count("created") == 2
    assert sum("exceeded quota" in outcome for outcome in outcomes) == 2


def test_a_terminating_namespace_is_named_with_what_holds_it(holdfast, cluster, namespace):
    client = cluster.client
    config_map(client, namespace, "held", {}, finalizers=["example.com/hold"])
    config_map(client, namespace, "a", {})
    holdfast.ok("backup", "-n", namespace)
    client.delete(f"/api/v1/namespaces/{namespace}")
    path = f"/api/v1/namespaces/{namespace}"
    wait_until(
        lambda: any("example.com/hold" in c["message"] for c in client.get(path)["status"].get("conditions", [])),
        30, "the namespace to say what holds it",
    )  # fmt: skip
    try:
        done = restore(holdfast, "-n", namespace, expect=3)
        assert "is being deleted" in done.outcome(f"ConfigMap {namespace}/a")
        assert "example.com/hold" in done.outcome(f"Namespace {namespace}")
    finally:
        client.patch(f"{MAPS.format(namespace)}/held", {"metadata": {"finalizers": None}})


def test_unknown_kinds_fail_and_the_rest_is_restored(holdfast, cluster, namespace):
    client, group = cluster.client, f"{namespace}.example.com"
    crd = widget_crd(group, "v1")
    definition = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
    client.create_crd(crd)
    client.create(
        f"/apis/{group}/v1/namespaces/{namespace}/widgets",
        {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}},
    )
    config_map(client, namespace, "a", {})
    holdfast.ok("backup", "-n", namespace)
    client.delete(definition)
    client.wait_gone(definition)
    client.delete(f"{MAPS.format(namespace)}/a")
    done = restore(holdfast, "-n", namespace, "--cluster-scoped", "none", expect=3)
    assert "does not serve" in done.outcome(f"Widget.{group} {namespace}/w")
    assert done.outcome(f"ConfigMap {namespace}/a") == "created"


def test_a_killed_restore_goes_on_and_never_misreports(new_holdfast, new_cluster):
    own = new_cluster(scheduler=False)
    holdfast, client = new_holdfast(cluster=own), own.client
    create_namespace(own, "many")
    fill(client, "many", MANY)
    holdfast.ok("backup", "-n", "many")
    chance = random.Random(7)
    for _ in range(10):
        delete_namespace(client, "many")
        process = holdfast.popen("restore", "latest", "-n", "many", "--yes")
        time.sleep(chance.uniform(0.1, 2.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        known = holdfast.ok("restore", "list", "-o", "json").json()
        if not known or known[0]["state"] != "interrupted":
            restore(holdfast, "-n", "many")
            continue
        identity = known[0]["restore"]
        result = holdfast.ok("restore", "--resume", identity, "--yes", "-o", "json")
        assert result.json()["state"] == "completed"
        outcomes = objects_of(holdfast, identity)
        mine = [one for text, one in outcomes.items() if text.startswith("ConfigMap many/m")]
        assert len(mine) == MANY and {one["outcome"] for one in mine} == {"created"}
        assert len(made(client, "many")) == MANY


def test_ctrl_c_stops_cleanly_and_resume_finishes(new_holdfast, new_cluster):
    own = new_cluster(scheduler=False)
    holdfast, client = new_holdfast(cluster=own), own.client
    create_namespace(own, "many")
    fill(client, "many", MANY)
    holdfast.ok("backup", "-n", "many")
    delete_namespace(client, "many")
    process = holdfast.popen("restore", "latest", "-n", "many", "--yes")
    wait_until(lambda: len(made(client, "many")) > 100, 30, "some objects to be restored")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    record = holdfast.ok("restore", "list", "-o", "json").json()[0]
    assert record["state"] == "interrupted" and record["counts"]["pending"] > 0
    holdfast.ok("restore", "--resume", record["restore"], "--yes")
    assert len(made(client, "many")) == MANY


def test_the_api_server_may_go_away_for_a_while(new_holdfast, new_cluster):
    own = new_cluster(scheduler=False)
    holdfast, client = new_holdfast(cluster=own), own.client
    create_namespace(own, "many")
    fill(client, "many", MANY)
    holdfast.ok("backup", "-n", "many")
    delete_namespace(client, "many")
    process = holdfast.popen("restore", "latest", "-n", "many", "--yes")
    wait_until(lambda: len(made(client, "many")) > 100, 30, "some objects to be restored")
    own.kill_apiserver()
    time.sleep(10)
    own.start_apiserver()
    assert process.wait(timeout=120) == 0
    client.reconnect()
    outcomes = objects_of(holdfast)
    mine = [one for text, one in outcomes.items() if text.startswith("ConfigMap many/m")]
    assert len(mine) == MANY and {one["outcome"] for one in mine} == {"created"}
    assert len(made(client, "many")) == MANY


def test_a_slow_server_gets_every_object(new_holdfast, new_cluster):
    limits = ("--max-requests-inflight=4", "--max-mutating-requests-inflight=2")
    own = new_cluster(scheduler=False, apiserver_flags=limits)
    holdfast, client = new_holdfast(cluster=own), own.client
    create_namespace(own, "many")
    for number in range(400):
        config_map(client, "many", f"m{number:05}", {})
    holdfast.ok("backup", "-n", "many")
    delete_namespace(client, "many")
    done = restore(holdfast, "-n", "many")
    assert done.record["counts"]["failed"] == 0
    assert len(made(client, "many")) == 400
