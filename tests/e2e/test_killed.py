"""Backups, restores and collections that are killed at random moments leave vaults whole and are made up for later.

HOLDFAST_KILL_ROUNDS says how often each is killed (default 10), HOLDFAST_KILL_SEED when.
"""

from __future__ import annotations

import os
import random
import subprocess
import time

import pytest

from tests.cluster.cluster import Cluster
from tests.e2e.conftest import Holdfast
from tests.e2e.vaults import add_config_maps, assert_whole, backup, live_config_map, points, stored_bytes

ROUNDS = int(os.environ.get("HOLDFAST_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("HOLDFAST_KILL_SEED", "1"))
OBJECTS = 40
END_SECONDS = 120


@pytest.fixture
def moments(request):
    """Decides when to kill; another test gets other moments."""
    return random.Random(f"{SEED} {request.node.name}")


def took(holdfast: Holdfast, *arguments: str) -> float:
    """How long the command takes when nobody kills it."""
    begin = time.monotonic()
    holdfast.ok(*arguments)
    return time.monotonic() - begin


def kill_within(holdfast: Holdfast, seconds: float, *arguments: str) -> bool:
    """Starts the command and kills it after that time; whether it was still running then."""
    process = holdfast.popen(*arguments)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate(timeout=END_SECONDS)
        return True
    assert process.returncode == 0, f"holdfast {' '.join(arguments)}: exit {process.returncode} without being killed"
    return False


def noise() -> dict:
    return {"noise": os.urandom(20_000).hex()}


def read(holdfast: Holdfast, point: str, namespace: str, name: str) -> dict:
    return holdfast.ok("point", "get", point, "cm", name, "-n", namespace, "-o", "json").json()["data"]


def config_maps(holdfast: Holdfast, point: str, namespace: str) -> set[str]:
    found = holdfast.ok("point", "objects", point, "-n", namespace, "--kind", "cm", "-o", "name").stdout.split()
    return {name.split("/")[-1] for name in found if "/" in name} - {"kube-root-ca.crt"}


def data_of(cluster: Cluster, namespace: str) -> dict[str, dict]:
    """The data of the ConfigMaps of a namespace of the cluster, by name."""
    items = cluster.client.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]
    return {each["metadata"]["name"]: each["data"] for each in items if each["metadata"]["name"] != "kube-root-ca.crt"}


def assert_restores(holdfast: Holdfast, cluster: Cluster, point: str, namespace: str, expected: dict[str, dict]) -> None:
    """The point, restored into a namespace that is not there yet, gives exactly these ConfigMaps."""
    target = f"{namespace}-again-{point[:8]}"
    holdfast.ok("restore", point, "-n", namespace, "--map-namespace", f"{namespace}={target}", "--yes")
    try:
        assert data_of(cluster, target) == expected
    finally:
        cluster.client.delete(f"/api/v1/namespaces/{target}")


def test_killed_backups_leave_whole_points_and_garbage_that_is_collected(
    holdfast, new_holdfast, cluster, namespace, moments
):
    add_config_maps(cluster.client, namespace, "first", data=noise())
    backup(holdfast, "-n", namespace)
    seconds = took(holdfast, "backup", "-n", namespace)
    known = points(holdfast)
    for number in range(ROUNDS):
        add_config_maps(cluster.client, namespace, f"round-{number}", data=noise())
        killed = kill_within(holdfast, moments.uniform(0, 1.1) * seconds, "backup", "-n", namespace)
        now = points(holdfast)
        assert now[: len(known)] == known and len(now) - len(known) <= 1
        assert killed or len(now) == len(known) + 1
        assert_whole(holdfast)
        if len(now) > len(known):
            assert config_maps(holdfast, now[-1], namespace) >= {f"round-{n}" for n in range(number + 1)}
            assert read(holdfast, now[-1], namespace, f"round-{number}")["name"] == f"round-{number}"
        known = now
    last = backup(holdfast, "-n", namespace)
    live = data_of(cluster, namespace)
    for point in [*known, last]:
        held = config_maps(holdfast, point, namespace)
        assert_restores(holdfast, cluster, point, namespace, {name: live[name] for name in held})
    for point in known:
        holdfast.ok("point", "delete", point, "--yes")
    holdfast.ok("vault", "collect", "--abort-after", "0")
    assert_whole(holdfast)
    assert points(holdfast) == [last]
    for number in range(ROUNDS):
        assert read(holdfast, last, namespace, f"round-{number}")["name"] == f"round-{number}"
    fresh = new_holdfast("fresh", cluster)
    backup(fresh, "-n", namespace)
    assert stored_bytes(holdfast) < 1.2 * stored_bytes(fresh) + 20_000 + 1_000 * ROUNDS


def test_killed_collections_lose_nothing_and_the_next_one_ends_the_work(
    holdfast, new_holdfast, cluster, namespace, moments
):
    names = [f"round-{number}" for number in range(ROUNDS + 1)]
    add_config_maps(cluster.client, namespace, names[0], data=noise())
    dropped = backup(holdfast, "-n", namespace)
    add_config_maps(cluster.client, namespace, "kept", data=noise())
    kept = [backup(holdfast, "-n", namespace)]
    holdfast.ok("point", "delete", dropped, "--yes")
    seconds = took(holdfast, "vault", "collect")
    for name in names[1:]:
        add_config_maps(cluster.client, namespace, name, data=noise())
        dropped = backup(holdfast, "-n", namespace)
        cluster.client.delete(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
        kept.append(backup(holdfast, "-n", namespace))
        holdfast.ok("point", "delete", dropped, "--yes")
        kill_within(holdfast, moments.uniform(0, 1.1) * seconds, "vault", "collect")
        assert points(holdfast) == kept
        assert_whole(holdfast)
    live = data_of(cluster, namespace)
    for point in kept:
        assert_restores(holdfast, cluster, point, namespace, live)
    for point in kept[:-1]:
        holdfast.ok("point", "delete", point, "--yes")
    holdfast.ok("vault", "collect", "--abort-after", "0")
    assert_whole(holdfast)
    assert points(holdfast) == kept[-1:]
    assert config_maps(holdfast, kept[-1], namespace) == {names[0], "kept"}
    fresh = new_holdfast("fresh", cluster)
    backup(fresh, "-n", namespace)
    assert stored_bytes(holdfast) < 1.2 * stored_bytes(fresh) + 20_000 + 2_000 * ROUNDS


def test_killed_restores_are_resumed_and_tell_the_truth(holdfast, new_holdfast, new_cluster, moments):
    cluster = new_cluster(controller_manager=False, scheduler=False)
    holdfast = holdfast.on(cluster)
    names = [f"c{number:02}" for number in range(OBJECTS)]
    cluster.client.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    add_config_maps(cluster.client, "shop", *names)
    point = backup(holdfast, "-n", "shop")

    def restore(target: str) -> tuple[str, ...]:
        return ("restore", point, "-n", "shop", "--map-namespace", f"shop={target}", "--yes")

    seconds = took(holdfast, *restore("undisturbed"))
    for number in range(ROUNDS):
        target = f"round-{number}"
        before = restores(holdfast)
        killed = kill_within(holdfast, moments.uniform(0.1, 1.05) * seconds, *restore(target))
        begun = [each for each in restores(holdfast) if each not in before]
        assert len(begun) <= 1 and (killed or begun)
        if begun:
            holdfast.ok("restore", "--resume", begun[0], "--yes")
        else:
            holdfast.ok(*restore(target))
        for name in (names[0], names[-1], moments.choice(names)):
            assert live_config_map(cluster, target, name) == {"name": name}
        live = cluster.client.get(f"/api/v1/namespaces/{target}/configmaps")["items"]
        assert {each["metadata"]["name"] for each in live} >= set(names)
        shown = holdfast.ok("restore", "show", "latest", "-o", "json").json()
        assert shown["state"].upper() == "COMPLETED" and shown["counts"]["failed"] == 0, shown
        # The namespace was not there before: what it holds now, this restore has made, whatever it remembers.
        outcomes = holdfast.ok("restore", "objects", "latest", "-o", "json").json()
        made = {each["name"] for each in outcomes if each["kind"] == "ConfigMap" and each["outcome"] == "created"}
        assert made >= set(names), outcomes
        again = holdfast.ok(*restore(target), "-o", "json").json()
        assert again["counts"]["created"] == 0, again
    assert_whole(holdfast)


def restores(holdfast: Holdfast) -> list[str]:
    return holdfast.ok("restore", "list", "-o", "name").stdout.split()
