"""What backups of 50,000 objects take in the vault: the first, one without changes, one after 1 % of changes."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from bench.rig import NAMESPACES, Rig
from bench.row import Row, at_most
from tests.cluster.cluster import Cluster
from tests.cluster.populate import populate
from tests.cluster.snapshot import Kind, each

OBJECTS = 50_000
GZIP_LEVEL = 6
UNCHANGED_PERCENT = 0.5
CHANGED_PERCENT = 2.0


def measure(rig: Rig) -> list[Row]:
    """Three rows."""
    count = rig.objects(OBJECTS)
    with rig.filled(count) as cluster:
        home = rig.home(cluster)
        home.run("backup")
        first = home.stored_bytes()
        lean = archive(cluster, rig.scratch / "lean.tar.gz", managed_fields=False)
        whole = archive(cluster, rig.scratch / "whole.tar.gz", managed_fields=True)
        home.run("backup")
        unchanged = home.stored_bytes() - first
        before = home.stored_bytes()
        populate(cluster.kubeconfig, objects=count, namespaces=NAMESPACES, change=1)
        home.run("backup")
        changed = home.stored_bytes() - before
        home.remove()
    how = (
        f"{first:,} bytes in the vault; tar.gz -6 of one JSON file each, verbatim as Velero stores them: {whole:,} bytes; "
        f"without managedFields, which Holdfast does not keep either: {lean:,}, of which it is {first / lean:.2f} ×"
    )
    return [
        at_most(f"first backup of {count:,} objects, against tar.gz", 1, first / whole, "×", how),
        at_most("second backup, nothing changed, of the first one's bytes", UNCHANGED_PERCENT,
                100 * unchanged / first, "%", f"{unchanged:,} bytes more"),
        at_most("second backup, 1 % of objects changed, of the first one's bytes", CHANGED_PERCENT,
                100 * changed / first, "%", f"{changed:,} bytes more"),
    ]  # fmt: skip


def archive(cluster: Cluster, path: Path, managed_fields: bool) -> int:
    """The size of a tar.gz in Velero's layout, one JSON file for each object; the file is removed again."""
    with tarfile.open(path, "w:gz", compresslevel=GZIP_LEVEL, format=tarfile.GNU_FORMAT) as tar:
        for kind, item in each(cluster.client):
            if not managed_fields:
                item["metadata"].pop("managedFields", None)
            body = {"apiVersion": kind.api_version, "kind": kind.kind} | item
            data = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            entry = tarfile.TarInfo(file_name(kind, item["metadata"]))
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    size = path.stat().st_size
    path.unlink()
    return size


def file_name(kind: Kind, metadata: dict) -> str:
    """Where Velero puts an object."""
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    scope = f"namespaces/{metadata['namespace']}" if "namespace" in metadata else "cluster"
    return f"resources/{resource}/{scope}/{metadata['name']}.json"
