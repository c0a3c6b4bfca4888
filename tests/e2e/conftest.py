"""Fixtures: a shared real cluster, clusters of one's own, and the holdfast binary with a home of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.cluster import Cluster, Options
from tests.cluster.process import KILLED_WITH_PARENT

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_BINARY = ROOT / "build" / "release" / "src" / "app" / "holdfast"
RUN_SECONDS = 300
# Files run side by side, each on one worker: the longest begin first, so that none of them is left over at the end.
LONGEST_FIRST = (
    "test_restore_trouble.py", "test_preview.py", "test_restore.py", "test_access.py", "test_demo.py",
    "test_cluster.py", "test_bad_days.py", "test_backup.py", "test_populate.py", "test_kube_client.py", "test_demo_app.py",
    "test_killed.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts files into the order in which they begin; within a file nothing changes."""
    missing = [name for name in LONGEST_FIRST if not (Path(__file__).parent / name).is_file()]
    assert not missing, f"LONGEST_FIRST names files that are not there: {missing}"
    rank = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


@dataclass(frozen=True)
class Result:
    """What one run of holdfast gave."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The parsed standard output of a command that ran with `-o json`."""
        return json.loads(self.stdout)


@dataclass
class Holdfast:
    """Runs the holdfast binary. Its home is `home`; `env` holds what all its runs get beside that.

    Nothing else of the caller's environment that could steer it (KUBECONFIG, HOLDFAST_*, proxies) comes through.
    """

    binary: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str = "", timeout: float = RUN_SECONDS, **env: str) -> Result:
        """Runs it to its end, whatever the exit code."""
        done = subprocess.run(
            [str(self.binary), *arguments], input=stdin, env=self._environment(env), cwd=self.home.parent,
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, **options: Any) -> Result:
        """Runs it and expects exit code 0."""
        result = self.run(*arguments, **options)
        assert result.code == 0, f"holdfast {' '.join(arguments)}: exit {result.code}\n{result.stdout}{result.stderr}"
        return result

    def popen(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Starts it and returns at once, for tests that kill it; it dies with the test at the latest."""
        return subprocess.Popen(
            [*KILLED_WITH_PARENT, str(self.binary), *arguments], env=self._environment(env), cwd=self.home.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def on(self, cluster: Cluster) -> Holdfast:
        """The same home, speaking to another cluster."""
        return Holdfast(self.binary, self.home, dict(self.env, KUBECONFIG=str(cluster.kubeconfig)))

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        kept |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        return kept | {"HOME": str(self.home.parent), "HOLDFAST_HOME": str(self.home)} | self.env | more


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster that tests share; each works in namespaces of its own, and none kills the API server."""
    with Cluster() as shared:
        yield shared


@pytest.fixture
def new_cluster() -> Iterator[Callable[..., Cluster]]:
    """Starts clusters of the test's own; takes the fields of Options."""
    started: list[Cluster] = []

    def start(**options: Any) -> Cluster:
        fresh = Cluster(Options(**options))
        started.append(fresh)
        return fresh.start()

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace in the shared cluster, named after the test; deleted afterwards, without waiting."""
    stem = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    name = f"{stem}-{uuid.uuid4().hex[:6]}"
    create_namespace(cluster, name)
    yield name
    cluster.client.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="session")
def holdfast_binary() -> Path:
    """The release binary, or the one that HOLDFAST_BIN names."""
    binary = Path(os.environ.get("HOLDFAST_BIN") or DEFAULT_BINARY).resolve()
    assert binary.is_file(), f"there is no {binary}; build it with `make`, or name another one with HOLDFAST_BIN"
    return binary


@pytest.fixture
def new_holdfast(holdfast_binary: Path, tmp_path: Path) -> Callable[..., Holdfast]:
    """Makes runners with homes of their own: new_holdfast("name", cluster=None)."""

    def make(name: str = "home", cluster: Cluster | None = None) -> Holdfast:
        folder = tmp_path / name
        folder.mkdir()
        runner = Holdfast(holdfast_binary, folder / ".holdfast")
        return runner.on(cluster) if cluster else runner

    return make


@pytest.fixture
def holdfast(new_holdfast: Callable[..., Holdfast], cluster: Cluster) -> Holdfast:
    """A runner with a home of its own that speaks to the shared cluster."""
    return new_holdfast(cluster=cluster)


def create_namespace(cluster: Cluster, name: str, labels: dict[str, str] | None = None) -> None:
    """Creates a namespace and, where controllers run, waits for what they put into it."""
    cluster.client.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels or {}}})
    if cluster.options.controller_manager:
        cluster.wait_namespace_ready(name)
