"""What the rows stand on: programs, a scratch folder in memory, clusters with data, homes for Holdfast."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import ROOT, BenchError, Run, bytes_below, run
from tests.cluster.build import cache_root
from tests.cluster.cluster import Cluster, Options
from tests.cluster.populate import filled_cluster

BUILD = ROOT / "build" / "release"
MEMORY_FOLDER = Path("/dev/shm")
SCRATCH_BYTES = 8 << 30
NAMESPACES = 50

# Controllers would change what is measured while it is measured.
SERVER_ONLY = Options(controller_manager=False, scheduler=False)


@dataclass
class Home:
    """A HOLDFAST_HOME of its own, and the commands that run with it."""

    binary: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> Run:
        """One holdfast process, which must succeed."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        own = {"HOME": str(self.folder), "HOLDFAST_HOME": str(self.folder / ".holdfast")}
        return run([self.binary, *arguments], kept | own | self.env)

    def on(self, cluster: Cluster) -> Home:
        """The same home, speaking to that cluster."""
        return Home(self.binary, self.folder, {"KUBECONFIG": str(cluster.kubeconfig)})

    def stored_bytes(self) -> int:
        """All that lies in its vaults."""
        return bytes_below(self.folder / ".holdfast" / "data")

    def remove(self) -> None:
        """Gives its memory back."""
        shutil.rmtree(self.folder)


@dataclass
class Rig:
    """One run of the bench. `scale` below 1 shrinks the data, to try the bench itself."""

    scratch: Path
    rounds: int
    full: bool
    scale: float
    holdfast: Path
    programs: Path
    _numbers: itertools.count = field(default_factory=itertools.count)

    def objects(self, count: int) -> int:
        """A number of objects, at scale."""
        return max(int(count * self.scale), 1000)

    def filled(self, count: int) -> Cluster:
        """A running cluster with that many objects; the first time, filling one takes its time."""
        return filled_cluster(SERVER_ONLY, objects=count, namespaces=NAMESPACES)

    def empty(self) -> Cluster:
        """A running cluster with nothing in it."""
        return Cluster(SERVER_ONLY).start()

    def home(self, cluster: Cluster) -> Home:
        """A new home without a vault."""
        return Home(self.holdfast, self.folder("home")).on(cluster)

    def folder(self, name: str) -> Path:
        """A new folder in the scratch folder."""
        folder = self.scratch / f"{name}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def program(self, name: str) -> Path:
        """One of our benchmark programs."""
        path = self.programs / name
        if not path.is_file():
            raise BenchError(f"there is no {path}; `make bench` builds it")
        return path

    @property
    def cache(self) -> Path:
        """What is kept from one run to the next."""
        return cache_root() / "bench"


@contextmanager
def open_rig(rounds: int, full: bool, scale: float) -> Iterator[Rig]:
    """A rig whose scratch folder is gone afterwards. Clusters and vaults lie in memory where there is enough of it."""
    parent = MEMORY_FOLDER if _has_room(MEMORY_FOLDER) else Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=parent) as scratch:
        tempfile.tempdir = scratch
        try:
            yield Rig(
                Path(scratch), rounds, full, scale,
                Path(os.environ.get("HOLDFAST_BIN") or BUILD / "src" / "app" / "holdfast").resolve(),
                Path(os.environ.get("HOLDFAST_BENCH_PROGRAMS") or BUILD / "bench").resolve(),
            )  # fmt: skip
        finally:
            tempfile.tempdir = None


def _has_room(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free >= SCRATCH_BYTES
