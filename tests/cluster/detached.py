"""A cluster that outlives the command that started it: what `up` and `down` do."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.build import cache_root
from tests.cluster.cluster import Cluster, ClusterError, Options, state_file
from tests.cluster.process import ProcessRecord


def default_folder() -> Path:
    """Where `up` puts its cluster unless told otherwise."""
    return cache_root() / "cluster" / "run"


def up(folder: Path, options: Options) -> tuple[Path, bool]:
    """Starts a cluster in `folder`, or finds the one that runs there; returns its kubeconfig and whether it is new."""
    with _locked(folder):
        if state_file(folder).exists():
            state = json.loads(state_file(folder).read_text())
            if Path(state["kubeconfig"]).exists() and all(each.is_alive() for each in _processes(state)):
                return Path(state["kubeconfig"]), False
            _remove(folder)
        elif folder.exists() and any(folder.iterdir()):
            raise ClusterError(f"{folder} holds something else than a cluster; name another folder with --state")
        return Cluster(options, folder).start().kubeconfig, True


def down(folder: Path) -> bool:
    """Ends the cluster in `folder` and removes the folder; false when there is none."""
    with _locked(folder):
        if not state_file(folder).exists():
            return False
        _remove(folder)
        return True


def _remove(folder: Path) -> None:
    """Ends only processes that are provably those that `up` started there."""
    for process in reversed(_processes(json.loads(state_file(folder).read_text()))):
        process.kill()
    shutil.rmtree(folder)


def _processes(state: dict) -> list[ProcessRecord]:
    return [ProcessRecord(**each) for each in state["processes"]]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f".{folder.name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
