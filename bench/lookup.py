"""`point get`: one object out of many, by a new process each time."""

from __future__ import annotations

import statistics

from bench.rig import Rig
from bench.row import Row, at_most

OBJECTS = 50_000
OBJECTS_FULL = 300_000
PROMISED_MS = 200
TIMES = 21


def measure(rig: Rig) -> list[Row]:
    """One row."""
    count = rig.objects(OBJECTS_FULL if rig.full else OBJECTS)
    with rig.filled(count) as cluster:
        home = rig.home(cluster)
        point = home.run("backup", "-o", "name").stdout.strip()
    listed = home.run("point", "objects", point, "--kind", "configmaps", "-o", "json").json()
    home.env.clear()  # no cluster any more, and none is needed
    taken = []
    for number in range(TIMES + 1):
        one = listed[(number * 7919) % len(listed)]
        done = home.run("point", "get", point, "configmap", one["name"], "-n", one["namespace"])
        taken.append(done.seconds * 1e3)
    home.remove()
    median = statistics.median(taken[1:])  # the first one fills the index cache
    what = f"`point get` of one object from a point of {count:,}"
    if not rig.full:
        what += f" ({OBJECTS_FULL:,} with SIZE=full)"
    how = f"median of {TIMES} new processes, each another object, key-file vault"
    return [at_most(what, PROMISED_MS, median, "ms", how)]
