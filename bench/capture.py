"""Capture of 50,000 objects against a loop that lists them and throws the answers away."""

from __future__ import annotations

from collections.abc import Callable

from bench.measure import contest, run
from bench.rig import Rig
from bench.row import Row, at_least
from tests.cluster.cluster import Cluster

OBJECTS = 50_000
PROMISED = 0.8


def measure(rig: Rig) -> list[Row]:
    """One row."""
    count = rig.objects(OBJECTS)
    with rig.filled(count) as cluster:
        capture(rig, cluster)  # both sides find a server that has worked before
        result = contest(rig.rounds, lambda: capture(rig, cluster), listings(rig, cluster))
    how = (
        f"holdfast backup into a new vault, whole process: {result.ours:,.0f} objects/s; "
        f"raw LIST, {result.rival_name}: {result.rival:,.0f} objects/s"
    )
    return [at_least(f"capture of {count:,} objects, against raw LIST", PROMISED, result.ratio, how)]


def capture(rig: Rig, cluster: Cluster) -> float:
    """Objects a second of one first backup, from the start of the process to its end."""
    home = rig.home(cluster)
    done = home.run("backup", "-o", "json")
    home.remove()
    return done.json()["objects"] / done.seconds


def listings(rig: Rig, cluster: Cluster) -> dict[str, Callable[[], float]]:
    """The raw rivals."""

    def listing(kinds: int, page: int) -> Callable[[], float]:
        command = [rig.program("raw_client"), "list", "--kubeconfig", cluster.kubeconfig,
                   "--kinds-at-once", str(kinds), "--page", str(page)]  # fmt: skip
        return lambda: run(command).json()["objects_per_second"]

    return {
        f"{kinds} kinds at once, pages of {page}": listing(kinds, page) for kinds in (2, 8) for page in (500, 2000)
    }
