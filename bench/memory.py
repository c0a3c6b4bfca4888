"""Peak resident memory of every big job with 300,000 objects; only with SIZE=full."""

from __future__ import annotations

from bench.measure import Run, tell
from bench.rig import NAMESPACES, Home, Rig
from bench.row import Row, at_most
from tests.cluster.cluster import Cluster
from tests.cluster.populate import populate

OBJECTS = 300_000
CAPTURE_MB = 200
OTHERS_MB = 300


def measure(rig: Rig) -> list[Row]:
    """One row for each job."""
    count = rig.objects(OBJECTS)
    with rig.filled(count) as cluster:
        home = rig.home(cluster)
        rows = [row("capture", CAPTURE_MB, first := home.run("backup", "-o", "json"), count)]
        point = first.json()["point"]
        rows += [row(what, OTHERS_MB, done, count) for what, done in jobs(home, cluster, point, count)]
    with rig.empty() as target:
        done = home.on(target).run("restore", point, "--yes", "-o", "json")
        rows.append(row("restore", OTHERS_MB, done, count))
    home.remove()
    return rows


def jobs(home: Home, cluster: Cluster, point: str, count: int) -> list[tuple[str, Run]]:
    """What can be done while the cluster of the point is there."""
    preview = home.run("restore", point, "--preview", "-o", "name")
    verify = home.run("vault", "verify", "main", "--read-data")
    populate(cluster.kubeconfig, objects=count, namespaces=NAMESPACES, change=1)
    later = home.run("backup", "-o", "name").stdout.strip()
    return [
        ("preview, everything present", preview),
        ("verify of every byte", verify),
        ("diff of two points, 1 % changed", home.run("point", "diff", point, later, "-o", "name")),
        ("diff of a point and the live cluster", home.run("point", "diff", point, "live", "-o", "name")),
        ("collect", home.run("vault", "collect", "main")),
    ]


def row(what: str, promised_mb: int, done: Run, count: int) -> Row:
    """The peak of one process."""
    tell(f"  {what}: {done.peak_bytes / 1e6:.0f} MB, {done.seconds:.1f} s")
    return at_most(f"peak memory of {what}, {count:,} objects", promised_mb, done.peak_bytes / 1e6, "MB",
                   f"{done.seconds:.1f} s")  # fmt: skip
