"""Restore of 20,000 objects against a loop that POSTs them, and a preview against the restore.

Every round has two new clusters. One is empty: the restore makes definitions and namespaces too, and is timed from the
start of its process to its end. The other has definitions, namespaces and classes already: it is previewed, then
filled by the raw loop with all other objects, in the form in which Holdfast creates them, timed without its set-up.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from bench.measure import run, tell
from bench.rig import NAMESPACES, Home, Rig
from bench.row import Row, at_least, at_most
from tests.cluster.client import Client
from tests.cluster.cluster import Cluster
from tests.cluster.populate import populate
from tests.cluster.snapshot import Key, each, key_of

OBJECTS = 20_000
PROMISED = 0.8
IN_FLIGHT = (16, 32)
FOUNDATION = ("CustomResourceDefinition", "Namespace", "PriorityClass")
SERVER_METADATA = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")
JOB_LABELS = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")


def measure(rig: Rig) -> list[Row]:
    """Two rows."""
    count = rig.objects(OBJECTS)
    with rig.filled(count) as source:
        home = rig.home(source)
        point = home.run("backup", "-o", "name").stdout.strip()
        foundation, rest = write_bodies(source, wanted_keys(rig, count), rig.scratch / "rest.ndjson")
    in_flight = best_in_flight(rig, foundation, rest)
    raw_rates, rates, times, previews = [], [], [], []
    for _ in range(rig.rounds):
        with prepared(rig, foundation) as cluster:
            previews.append(preview(home.on(cluster), point))
            raw_rates.append(post(rig, cluster, rest, in_flight))
        with rig.empty() as cluster:
            rate, seconds = restore(home.on(cluster), point)
        rates.append(rate)
        times.append(seconds)
        tell(f"  raw POST {raw_rates[-1]:,.0f}/s, holdfast {rate:,.0f}/s in {seconds:.1f} s, "
             f"preview {previews[-1]:.1f} s")  # fmt: skip
    home.remove()
    ours, raw = statistics.median(rates), statistics.median(raw_rates)
    took, previewed = statistics.median(times), statistics.median(previews)
    how = (
        f"holdfast restore, whole process: {ours:,.0f} objects/s; "
        f"raw POST, {in_flight} in flight: {raw:,.0f} objects/s"
    )
    return [
        at_least(f"restore of {count:,} objects into an empty cluster, against raw POST", PROMISED, ours / raw, how),
        at_most("preview of them, namespaces and kinds present, against the restore", 1, previewed / took, "×",
                f"preview {previewed:.1f} s, restore {took:.1f} s"),
    ]  # fmt: skip


def wanted_keys(rig: Rig, count: int) -> set[tuple[str, str, str]]:
    """Kind, namespace and name of what populate made: a cluster has more."""
    bodies = rig.scratch / "populate.ndjson"
    populate(objects=count, namespaces=NAMESPACES, ndjson=bodies)
    found = set()
    with open(bodies, encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            found.add((item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    bodies.unlink()
    return found


def write_bodies(source: Cluster, wanted: set[tuple[str, str, str]], path: Path) -> tuple[list[dict], Path]:
    """The foundation, and a file with all other objects: service accounts first and pods last, which need them."""
    foundation: list[dict] = []
    parts: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for kind, item in each(source.client):
        key = key_of(kind, item)
        if key[1:] not in wanted:
            continue
        body = as_created({"apiVersion": kind.api_version, "kind": kind.kind} | item, key)
        if key.kind in FOUNDATION:
            foundation.append(body)
        else:
            part = {"ServiceAccount": 0, "Pod": 2}.get(key.kind, 1)
            parts[part].append(json.dumps(body, separators=(",", ":")))
    path.write_text("".join(f"{line}\n" for part in parts.values() for line in part), encoding="utf-8")
    return foundation, path


def as_created(body: dict, key: Key) -> dict:
    """The object as it is sent to a new cluster."""
    for name in SERVER_METADATA:
        body["metadata"].pop(name, None)
    body.pop("status", None)
    if key.kind == "Service" and body["spec"].get("clusterIP") != "None":
        body["spec"].pop("clusterIP", None)
        body["spec"].pop("clusterIPs", None)
    if key.kind == "Job":
        body["spec"].pop("selector", None)
        labels = body["spec"]["template"]["metadata"]["labels"]
        for name in JOB_LABELS:
            labels.pop(name, None)
    return body


def prepared(rig: Rig, foundation: list[dict]) -> Cluster:
    """A new cluster in which the other objects can be created."""
    cluster = rig.empty()
    try:
        for body in foundation:
            create_foundation(cluster.client, body)
    except BaseException:
        cluster.stop()
        raise
    return cluster


def create_foundation(client: Client, body: dict) -> None:
    """Definitions are waited for."""
    if body["kind"] == "CustomResourceDefinition":
        client.create_crd(body)
    elif body["kind"] == "Namespace":
        client.create("/api/v1/namespaces", body)
    else:
        client.create("/apis/scheduling.k8s.io/v1/priorityclasses", body)


def best_in_flight(rig: Rig, foundation: list[dict], rest: Path) -> int:
    """How many requests at once suit the raw loop best."""
    rates = {}
    for in_flight in IN_FLIGHT:
        with prepared(rig, foundation) as cluster:
            rates[in_flight] = post(rig, cluster, rest, in_flight)
        tell(f"  raw POST, {in_flight} in flight: {rates[in_flight]:,.0f}/s")
    return max(rates, key=lambda each: rates[each])


def post(rig: Rig, cluster: Cluster, bodies: Path, in_flight: int) -> float:
    """Objects a second of the raw loop."""
    command = [rig.program("raw_client"), "post", "--kubeconfig", cluster.kubeconfig,
               "--inflight", str(in_flight), "--ndjson", bodies]  # fmt: skip
    return run(command).json()["objects_per_second"]


def restore(home: Home, point: str) -> tuple[float, float]:
    """Objects a second, and seconds."""
    done = home.run("restore", point, "--yes", "-o", "json")
    return done.json()["counts"]["created"] / done.seconds, done.seconds


def preview(home: Home, point: str) -> float:
    """Seconds of a preview of the whole point."""
    return home.run("restore", point, "--preview", "-o", "name").seconds
