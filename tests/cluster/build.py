"""Builds Go programs into a cache outside the build tree: the test cluster's control plane, and our own small tools.

Run as `python3 -m tests.cluster build`; prints the folder that holds the control plane. Present binaries are used as
they are: the folder's name is a hash of everything that decides what they contain.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
KUBERNETES = FOLDER / "gomod" / "kubernetes"
ETCD = FOLDER / "gomod" / "etcd"


@dataclass(frozen=True)
class Binary:
    """One program: its name, the folder of the module that pins it, and its package."""

    name: str
    module: Path
    package: str


CONTROL_PLANE = (
    Binary("etcd", ETCD, "go.etcd.io/etcd/server/v3"),
    Binary("kube-apiserver", KUBERNETES, "k8s.io/kubernetes/cmd/kube-apiserver"),
    Binary("kube-controller-manager", KUBERNETES, "k8s.io/kubernetes/cmd/kube-controller-manager"),
    Binary("kube-scheduler", KUBERNETES, "k8s.io/kubernetes/cmd/kube-scheduler"),
)
TOOLS = (Binary("populate", FOLDER / "gomod" / "populate", "."),)

# Raised when the way of building changes without a change in the modules.
RECIPE = "1"


class BuildError(RuntimeError):
    """A binary could not be built; the message holds the last lines that go printed."""


def cache_root() -> Path:
    """The folder for what outlives a build tree; HOLDFAST_CACHE overrides it."""
    return Path(os.environ.get("HOLDFAST_CACHE") or Path.home() / ".cache" / "holdfast")


def kubernetes_version() -> str:
    """The Kubernetes version that the module pins, such as v1.34.4."""
    text = (KUBERNETES / "go.mod").read_text()
    found = re.search(r"k8s\.io/kubernetes (v\d+\.\d+\.\d+)", text)
    if not found:
        raise BuildError("gomod/kubernetes/go.mod does not require k8s.io/kubernetes")
    return found.group(1)


def versions_hash(binaries: tuple[Binary, ...]) -> str:
    """Names the cache entry: the modules' files, the recipe and the machine's architecture."""
    digest = hashlib.sha256(f"{RECIPE} {platform.system()} {platform.machine()}\n".encode())
    for module in dict.fromkeys(binary.module for binary in binaries):
        for path in sorted([*module.glob("go.*"), *module.glob("*.go")]):
            digest.update(f"{path.name} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def ensure_built(binaries: tuple[Binary, ...] = CONTROL_PLANE, jobs: int | None = None) -> Path:
    """Returns the folder with the binaries, building them first where they are not there.

    Safe to call from several processes at once: one builds, the others wait for it. A killed build leaves only a
    temporary folder, which the next one removes.
    """
    target = cache_root() / "cluster" / versions_hash(binaries) / "bin"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.parent / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        for leftover in target.parent.glob("building-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(prefix="building-", dir=target.parent))
        for binary in binaries:
            go_build(binary, staging, jobs)
        staging.chmod(0o755)
        staging.rename(target)
    return target


def go_build(binary: Binary, into: Path, jobs: int | None) -> None:
    """Compiles one binary into `into`."""
    if not shutil.which("go"):
        raise BuildError("the test cluster is built with Go, and there is no `go` in PATH")
    print(f"building {binary.name} (once; kept in {into.parent})", file=sys.stderr, flush=True)
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", linker_flags(binary)]
    if jobs:
        command += ["-p", str(jobs)]
    command += ["-o", str(into / binary.name), binary.package]
    environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="", GOWORK="off")
    result = subprocess.run(
        command, cwd=binary.module, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        tail = "\n".join(result.stderr.splitlines()[-20:])
        raise BuildError(f"go build of {binary.name} failed:\n{tail}")


def linker_flags(binary: Binary) -> str:
    """Without a version the API server reports v0.0.0 and clients misbehave."""
    flags = "-s -w"
    if binary.module == KUBERNETES:
        version = kubernetes_version()
        major, minor, _ = version.lstrip("v").split(".")
        stamp = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
        for name, value in stamp.items():
            flags += f" -X k8s.io/component-base/version.{name}={value}"
    return flags
