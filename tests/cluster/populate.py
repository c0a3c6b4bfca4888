"""Fills a cluster with many realistic objects, by the Go program in gomod/populate."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.cluster import build
from tests.cluster.cluster import Cluster, Options


def program() -> Path:
    """The program, built if need be. `--help` tells its options."""
    return build.ensure_built(build.TOOLS) / "populate"


def populate(kubeconfig: Path | None = None, **options: Any) -> dict:
    """Runs it; options as on its command line, underscores for dashes: objects=1000, namespaces=10, seed=1.

    Returns {"objects": n, "bytes": n, "seconds": s, "kinds": {"deployments.apps": n, ...}}.
    """
    command = [str(program())]
    if kubeconfig:
        options["kubeconfig"] = kubeconfig
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def filled_cluster(options: Options, **what: Any) -> Cluster:
    """A cluster that holds what populate(**what) makes, started. The first one of a kind is filled, which takes minutes
    for tens of thousands of objects; later ones start in seconds from a copy of its data. All copies share one identity
    (the UID of kube-system)."""
    saved = _saved_data(what)
    saved.parent.mkdir(parents=True, exist_ok=True)
    with open(saved.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not saved.is_dir():
            with Cluster(Options(controller_manager=False, scheduler=False)) as source:
                populate(source.kubeconfig, **what)
                source.save_data(saved)
    return Cluster(replace(options, data=saved)).start()


def _saved_data(what: dict[str, Any]) -> Path:
    versions = build.versions_hash(build.CONTROL_PLANE + build.TOOLS)
    name = hashlib.sha256(f"{versions} {sorted(what.items())}".encode()).hexdigest()[:16]
    return build.cache_root() / "cluster" / "data" / name
