"""Bad days: kinds that cannot be read, API servers that die, history that is gone, full disks, everybody at once."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster import aggregated
from tests.cluster.aggregated import AggregatedApi
from tests.cluster.client import wait_until
from tests.cluster.cluster import Cluster, Options
from tests.e2e.conftest import Holdfast, create_namespace
from tests.e2e.gate import Gate
from tests.e2e.vaults import (
    add_config_maps,
    assert_refused,
    assert_whole,
    backup,
    folder,
    live_config_map,
    points,
)

AWAY_SECONDS = 10
END_SECONDS = 120
# Far more than a few tries take, far less than a person's patience.
BROKEN_KIND_SECONDS = 60


def partial_backup(holdfast, *arguments: str) -> tuple[dict, str]:
    """A backup that misses something: its report, and what people are told of it."""
    result = holdfast.run("backup", "-o", "json", *arguments, timeout=BROKEN_KIND_SECONDS)
    assert result.code == 3, f"exit {result.code}\n{result.stdout}{result.stderr}"
    report = result.json()
    assert report["status"] == "PARTIAL"
    assert holdfast.ok("point", "list", "-o", "json").json()[-1]["status"] == "PARTIAL"
    return report, holdfast.ok("point", "show", report["point"]).stdout


def names(holdfast, *arguments: str) -> list[str]:
    lines = holdfast.ok("point", "objects", "latest", "-o", "name", *arguments).stdout.splitlines()
    return [re.split("[ /]", line)[-1] for line in lines]


def two_version_crd(plural: str, conversion: dict) -> dict:
    """A kind that is stored as v1 and, v2 being the newer one, listed as v2."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    group = "conversion.test"
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "conversion": conversion,
                 "names": {"plural": plural, "singular": plural[:-1], "kind": plural[:-1].capitalize()},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema},
                              {"name": "v2", "served": True, "storage": False, "schema": schema}]},
    }  # fmt: skip


def add_instance(cluster, crd: dict, namespace: str, name: str) -> None:
    spec = crd["spec"]
    body = {"apiVersion": f"{spec['group']}/v1", "kind": spec["names"]["kind"], "metadata": {"name": name}}
    cluster.client.create(f"/apis/{spec['group']}/v1/namespaces/{namespace}/{spec['names']['plural']}", body)


# --- kinds that cannot be read


def test_an_aggregated_api_that_is_down_makes_the_point_partial(holdfast, cluster, namespace):
    add_config_maps(cluster.client, namespace, "one")
    group = f"down{uuid.uuid4().hex[:6]}.aggregated.test"
    path = aggregated.register_down(cluster, group)
    try:
        report, told = partial_backup(holdfast)
    finally:
        cluster.client.delete(path)
    assert [failure.get("group") for failure in report["notCaptured"]] == [f"{group}/v1"]
    words = 'service/nobody in "default" is not present'
    assert words in report["notCaptured"][0]["reason"]
    assert group in told and words in told
    assert "one" in names(holdfast, "-n", namespace)
    assert_whole(holdfast)


def test_an_aggregated_api_that_fails_is_named_with_its_words(holdfast, cluster, namespace):
    group = f"up{uuid.uuid4().hex[:6]}.aggregated.test"
    add_config_maps(cluster.client, namespace, "one")
    with AggregatedApi(cluster, group) as api:
        api.register()
        try:
            cluster.client.create(f"/apis/{group}/v1/namespaces/{namespace}/widgets", {"metadata": {"name": "w"}})
            api.failing = True
            report, told = partial_backup(holdfast)
            api.failing = False
            whole = holdfast.ok("backup", "-o", "json").json()
        finally:
            api.unregister()
    assert [failure["kind"] for failure in report["notCaptured"]] == [f"Widget.{group}"]
    assert "the aggregated API is out of order" in report["notCaptured"][0]["reason"]
    assert "the aggregated API is out of order" in told
    assert whole["status"] == "COMPLETED" and whole["notCaptured"] == []
    assert "w" in names(holdfast, "-n", namespace)


def test_an_object_that_cannot_be_kept_is_named_and_the_rest_of_its_kind_is_there(holdfast, cluster, namespace):
    group = f"odd{uuid.uuid4().hex[:6]}.aggregated.test"
    with AggregatedApi(cluster, group) as api:
        api.register()
        try:
            widgets = f"/apis/{group}/v1/namespaces/{namespace}/widgets"
            cluster.client.create(widgets, {"metadata": {"name": "ordinary"}})
            api.uid = "x" * 300
            cluster.client.create(widgets, {"metadata": {"name": "odd"}})
            report, told = partial_backup(holdfast)
        finally:
            api.unregister()
    reason = "its uid of 300 bytes is longer than the 256 that are kept"
    assert report["notCaptured"] == [
        {"kind": f"Widget.{group}", "namespace": namespace, "name": "odd", "reason": reason}
    ]
    assert f"Widget.{group} {namespace}/odd: {reason}" in told
    assert f"Widget.{group} {namespace}/odd: {reason}" in holdfast.ok("point", "show", "latest").stdout
    kept = names(holdfast, "-n", namespace)
    assert "ordinary" in kept and "odd" not in kept
    assert_whole(holdfast)


# --- an API server that dies or forgets in the middle


@pytest.fixture(scope="module")
def gated_cluster():
    """A cluster with the gate on the conversion of kind Slow, of which namespace shop has one object."""
    with Cluster(Options(history=False, controller_manager=False, scheduler=False)) as cluster, Gate(cluster) as gate:
        create_namespace(cluster, "shop")
        add_config_maps(cluster.client, "shop", *(f"c{number}" for number in range(20)))
        crd = two_version_crd("slows", gate.conversion("/gate"))
        cluster.client.create_crd(crd)
        add_instance(cluster, crd, "shop", "slow-one")
        # The API server converts what it caches too; that must be over before the gate closes.
        cached = "/apis/conversion.test/v2/slows?resourceVersion=0"
        wait_until(lambda: cluster.client.get(cached)["items"], 30, "the API server to cache it")
        yield cluster, gate


@pytest.fixture
def gated(gated_cluster, new_holdfast):
    cluster, gate = gated_cluster
    yield cluster, new_holdfast(cluster=cluster), gate
    gate.failing = False
    gate.open()


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=END_SECONDS)
    return process.returncode, output, errors


def stays_away(cluster, process: subprocess.Popen) -> None:
    """The API server dies; for ten seconds the program must not give up; then the server is back."""
    cluster.kill_apiserver()
    try:
        process.wait(AWAY_SECONDS)
    except subprocess.TimeoutExpired:
        cluster.start_apiserver()
        return
    raise AssertionError(f"it gave up, exit {process.returncode}: {ended(process)}")


def test_a_kind_whose_conversion_webhook_fails_is_named_with_the_servers_words(gated):
    cluster, holdfast, gate = gated
    gate.failing = True
    report, told = partial_backup(holdfast)
    assert [failure["kind"] for failure in report["notCaptured"]] == ["Slow.conversion.test"]
    assert "the conversion webhook refuses to convert" in report["notCaptured"][0]["reason"]
    assert "Slow.conversion.test" in told and "the conversion webhook refuses to convert" in told
    kept = names(holdfast)
    assert "c0" in kept and "slows.conversion.test" in kept and "slow-one" not in kept
    assert_whole(holdfast)


def test_a_capture_outlives_the_api_server(gated):
    cluster, holdfast, gate = gated
    expected = sorted(names_and_kinds(holdfast, backup(holdfast)))
    gate.close()
    process = holdfast.popen("backup", "-o", "json")
    gate.wait_reached()
    stays_away(cluster, process)
    gate.open()
    code, output, errors = ended(process)
    assert code == 0, output + errors
    assert '"status": "COMPLETED"' in output
    assert sorted(names_and_kinds(holdfast, "latest")) == expected
    assert_whole(holdfast)


def names_and_kinds(holdfast, point: str) -> list[str]:
    return holdfast.ok("point", "objects", point, "-o", "name").stdout.splitlines()


def test_history_that_is_dropped_in_the_middle_makes_it_start_again_and_say_so(gated):
    cluster, holdfast, gate = gated
    gate.close()
    process = holdfast.popen("backup", "-n", "shop", "--cluster-scoped", "auto", "-o", "json")
    gate.wait_reached()
    add_config_maps(cluster.client, "shop", "later")
    compacted = cluster.compact_etcd()
    gate.open()
    code, output, errors = ended(process)
    assert code == 0, output + errors
    shown = holdfast.ok("point", "show", "latest", "-o", "json").json()
    assert shown["manifest"]["restarts"] == 1
    assert int(shown["resourceVersion"]) >= compacted
    assert "(restarted 1 time)" in holdfast.ok("point", "show", "latest").stdout
    assert "dropped resource version" in output and "read again at a newer one" in output
    assert "later" in names(holdfast, "-n", "shop") and "slow-one" in names(holdfast, "-n", "shop")
    assert {kind["resourceVersion"] for kind in shown["manifest"]["types"]} == {shown["resourceVersion"]}
    assert_whole(holdfast)


def test_a_restore_outlives_the_api_server(gated):
    cluster, holdfast, gate = gated
    backup(holdfast)
    cluster.client.create("/api/v1/namespaces", {"metadata": {"name": "copy"}})
    gate.admit("/gate", ["configmaps"], "copy", timeout=30)
    gate.close()
    process = holdfast.popen("restore", "latest", "-n", "shop", "--kind", "cm", "--map-namespace", "shop=copy", "--yes",
                             "-o", "json")  # fmt: skip
    gate.wait_reached()
    stays_away(cluster, process)
    gate.open()
    code, output, errors = ended(process)
    assert code == 0, output + errors
    expected = {each["metadata"]["name"] for each in cluster.client.get("/api/v1/namespaces/shop/configmaps")["items"]}
    assert len(expected) >= 20
    for name in expected:
        assert live_config_map(cluster, "copy", name) == {"name": name}
    counts = holdfast.ok("restore", "show", "latest", "-o", "json").json()["counts"]
    assert counts["created"] == len(expected) and counts["failed"] == 0, counts


# --- a disk that is full


@pytest.fixture
def small_disk(holdfast: Holdfast, tmp_path: Path):
    """A file system of 8 MiB, seen by nobody else: its folder as the program sees it and from outside, and a holdfast
    that sees it."""
    here = tmp_path / "disk"
    here.mkdir()
    script = f"mount -t tmpfs -o size=8m tmpfs '{here}' && echo ready && exec cat"
    keeper = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)  # fmt: skip
    try:
        if keeper.stdout.readline() != "ready\n":
            pytest.skip("a small file system needs the right to mount one")
        inside = tmp_path / "holdfast-inside"
        inside.write_text(f'#!/bin/sh\nexec nsenter -t {keeper.pid} -m -- {holdfast.binary} "$@"\n')
        inside.chmod(0o755)
        yield here, Path(f"/proc/{keeper.pid}/root{here}"), Holdfast(inside, holdfast.home, holdfast.env)
    finally:
        keeper.stdin.close()
        keeper.wait()


def noise(kilobytes: int) -> dict:
    return {"noise": os.urandom(kilobytes * 512).hex()}


def test_a_full_disk_is_told_clearly_and_harms_no_earlier_point(small_disk, cluster, namespace):
    disk, seen, holdfast = small_disk
    client = cluster.client
    holdfast.ok("vault", "create", "main", "--location", f"file://{disk}/vaults")
    add_config_maps(client, namespace, "early")
    first = backup(holdfast, "-n", namespace)
    ballast = seen / "ballast"
    free = os.statvfs(seen)
    ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - 300_000))
    add_config_maps(client, namespace, *(f"large-{number}" for number in range(4)), data=noise(400))
    assert_refused(holdfast, "backup", "-n", namespace, words=("No space left on device",))
    assert points(holdfast) == [first]
    assert_whole(holdfast)
    assert holdfast.ok("point", "get", first, "cm", "early", "-n", namespace, "-o", "json").json()["data"]
    ballast.unlink()
    second = backup(holdfast, "-n", namespace)
    assert points(holdfast) == [first, second]
    assert_whole(holdfast)


@pytest.mark.parametrize("left", [0, 4096, 20_480, 65_536])
def test_wherever_the_disk_ends_no_half_point_is_listed(small_disk, cluster, namespace, left):
    """The last writes of a backup are its small records: these must fail as cleanly as the packs."""
    disk, seen, holdfast = small_disk
    holdfast.ok("vault", "create", "main", "--location", f"file://{disk}/vaults")
    add_config_maps(cluster.client, namespace, "early")
    first = backup(holdfast, "-n", namespace)
    add_config_maps(cluster.client, namespace, "late", data=noise(20))
    free = os.statvfs(seen)
    (seen / "ballast").write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - left)))
    result = holdfast.run("backup", "-n", namespace)
    if left == 0:
        assert result.code == 1
    assert result.code == 0 or "No space left on device" in result.stderr, result.stderr
    assert len(points(holdfast)) == (2 if result.code == 0 else 1)
    assert points(holdfast)[0] == first
    assert_whole(holdfast)


def test_a_limit_on_file_sizes_is_an_error_and_not_a_crash(holdfast, cluster, namespace, tmp_path):
    add_config_maps(cluster.client, namespace, "early")
    first = backup(holdfast, "-n", namespace)
    add_config_maps(cluster.client, namespace, *(f"large-{number}" for number in range(4)), data=noise(400))
    limited = tmp_path / "holdfast-limited"
    limited.write_text(f'#!/bin/bash\nulimit -f 256\nexec {holdfast.binary} "$@"\n')
    limited.chmod(0o755)
    assert_refused(Holdfast(limited, holdfast.home, holdfast.env), "backup", "-n", namespace, words=("File too large",))
    assert points(holdfast) == [first]
    assert_whole(holdfast)


# --- everybody at once

WRITERS = 4
BACKUPS_EACH = 4


def test_first_backups_at_once_share_one_vault(holdfast, cluster, namespace):
    add_config_maps(cluster.client, namespace, "one")
    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(lambda _: holdfast.run("backup", "-n", namespace, "-o", "name"), range(WRITERS)))
    assert [result.code for result in results] == [0] * WRITERS, [result.stderr for result in results]
    assert set(points(holdfast)) == {result.stdout.strip() for result in results}
    assert [path.name for path in folder(holdfast).parent.iterdir()] == [folder(holdfast).name]
    assert_whole(holdfast)


def test_backups_deletions_and_collections_at_once_lose_nothing(holdfast, cluster, namespace):
    """Each writer adds objects, backs up, deletes its second point, and finds chunks that others just dropped."""
    client = cluster.client
    shared = noise(30)
    first = backup(holdfast, "-n", namespace)

    def write(writer: int) -> dict[str, list[str]]:
        made: dict[str, list[str]] = {}
        own: list[str] = []
        for turn in range(BACKUPS_EACH):
            name = f"w{writer}-{turn}"
            add_config_maps(client, namespace, name, data=shared if turn % 2 else noise(10))
            own.append(name)
            if turn == 2:
                client.delete(f"/api/v1/namespaces/{namespace}/configmaps/{own.pop(0)}")
            made[backup(holdfast, "-n", namespace, "--kind", "cm")] = list(own)
            if turn == 1:
                dropped = list(made)[1]
                holdfast.ok("point", "delete", dropped, "--yes")
                del made[dropped]
        return made

    def collect_until_done(_: int) -> int:
        runs = 0
        while not all(writer.done() for writer in writers):
            holdfast.ok("vault", "collect")
            runs += 1
        return runs

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        collectors = [pool.submit(collect_until_done, number) for number in range(2)]
        made = {point: own for writer in writers for point, own in writer.result().items()}
        assert all(collector.result() > 0 for collector in collectors)
    assert set(points(holdfast)) == {first, *made}
    assert_whole(holdfast)
    holdfast.ok("vault", "collect")
    assert_whole(holdfast)
    for point, own in made.items():
        held = holdfast.ok("point", "objects", point, "--kind", "cm", "-o", "name").stdout.split()
        assert set(own) <= {name.split("/")[-1] for name in held}
        read = holdfast.ok("point", "get", point, "cm", own[-1], "-n", namespace, "-o", "json").json()
        assert read["data"]["name"] == own[-1]
