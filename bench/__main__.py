"""Measures what Holdfast promises and writes docs/performance.md; the exit code is 1 when a row falls short."""

from __future__ import annotations

import argparse
import signal
import sys

from bench import capture, kernel, lookup, memory, report, restore, storage
from bench.measure import BenchError, tell
from bench.rig import Rig, open_rig
from bench.row import Row
from tests.cluster.build import BuildError
from tests.cluster.cluster import ClusterError

# In the order of the table.
GROUPS = {
    "capture": capture.measure,
    "memory": memory.measure,
    "restore": restore.measure,
    "storage": storage.measure,
    "lookup": lookup.measure,
    "kernel": kernel.measure,
}
ONLY_FULL = {"memory"}
INTERRUPTED = 130


def main() -> int:
    """Measures group after group; what was measured is kept even when a later group fails."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    arguments = parse_arguments()
    rows: list[Row] = []
    failures: list[str] = []
    try:
        with open_rig(arguments.rounds, arguments.size == "full", arguments.scale) as rig:
            for name in chosen_groups(arguments):
                try:
                    rows += measure(rig, name, arguments)
                except (BenchError, BuildError, ClusterError, OSError) as error:
                    failures.append(f"{name} could not be measured: {error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    if rows:
        report.print_table(rows)
    for failure in failures:
        tell(f"error: {failure}")
    return 1 if failures or not all(row.holds for row in rows) else 0


def chosen_groups(arguments: argparse.Namespace) -> list[str]:
    """Those that were named; otherwise all that the size has."""
    is_full = arguments.size == "full"
    return arguments.only or [name for name in GROUPS if is_full or name not in ONLY_FULL]


def measure(rig: Rig, name: str, arguments: argparse.Namespace) -> list[Row]:
    """One group; figures of a shrunken run are not written down."""
    tell(f"{name}:")
    rows = GROUPS[name](rig)
    if arguments.scale == 1:
        command = f"python3 -m bench --size {arguments.size} --rounds {arguments.rounds} --only {name}"
        report.remember(rig.cache, name, rows, command)
        report.write_page(rig.cache, list(GROUPS))
    return rows


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument("--size", choices=("normal", "full"), default="normal", help="full adds 300,000 objects")
    parser.add_argument("--rounds", type=int, default=5, help="medians are of that many rounds")
    parser.add_argument("--only", action="append", choices=GROUPS, help="only this group of rows; repeatable")
    parser.add_argument("--scale", type=float, default=1, help="below 1: less data, to try the bench; not written down")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or not 0 < arguments.scale <= 1:
        parser.error("--rounds must be at least 1 and --scale between 0 and 1")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
