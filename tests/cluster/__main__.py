"""The test cluster from the command line: `python3 -m tests.cluster {build,up,down,populate}`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.cluster import build, detached, populate
from tests.cluster.cluster import ClusterError, Options


def main() -> int:
    """Runs one command; the exit code is that of the process."""
    arguments = parse_arguments()
    try:
        return arguments.run(arguments)
    except (build.BuildError, ClusterError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def parse_arguments() -> argparse.Namespace:
    """Every command names the function that runs it as `run`."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("build", help="build the control plane into the cache and print its folder")
    command.add_argument("--jobs", type=int, help="packages that go compiles at once")
    command.set_defaults(run=run_build)

    command = commands.add_parser("up", help="start a cluster and print its kubeconfig's path")
    command.add_argument("--state", type=Path, default=detached.default_folder(), help="its folder")
    command.add_argument("--apiserver-flag", action="append", default=[], metavar="FLAG", help="e.g. =--v=4; repeatable")
    command.add_argument("--no-controller-manager", action="store_true")
    command.add_argument("--no-scheduler", action="store_true")
    command.add_argument("--no-history", action="store_true", help="a compaction of etcd is visible at once")
    command.set_defaults(run=run_up)

    command = commands.add_parser("down", help="end the cluster that `up` started")
    command.add_argument("--state", type=Path, default=detached.default_folder(), help="its folder")
    command.set_defaults(run=run_down)

    command = commands.add_parser("populate", help="fill a cluster with many objects, or write their bodies to files",
                                  add_help=False)  # fmt: skip
    command.set_defaults(run=run_populate)
    known, others = parser.parse_known_args()
    if others and known.run is not run_populate:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    known.options = others
    return known


def run_build(arguments: argparse.Namespace) -> int:
    """build"""
    print(build.ensure_built(jobs=arguments.jobs))
    return 0


def run_up(arguments: argparse.Namespace) -> int:
    """up"""
    options = Options(
        apiserver_flags=tuple(arguments.apiserver_flag),
        controller_manager=not arguments.no_controller_manager,
        scheduler=not arguments.no_scheduler,
        history=not arguments.no_history,
        detached=True,
    )
    path, is_new = detached.up(arguments.state.resolve(), options)
    if not is_new:
        print("the cluster runs already, with the flags it was started with", file=sys.stderr)
    print(path)
    return 0


def run_down(arguments: argparse.Namespace) -> int:
    """down"""
    if not detached.down(arguments.state.resolve()):
        print("no cluster runs there", file=sys.stderr)
    return 0


def run_populate(arguments: argparse.Namespace) -> int:
    """populate: its options are those of the program"""
    program = str(populate.program())
    os.execv(program, [program, *arguments.options])


if __name__ == "__main__":
    sys.exit(main())
