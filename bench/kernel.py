"""Ingest and restore of 1.3 GB of kernel source in 64 KiB chunks, against Debian's restic: same bytes, same tmpfs."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.measure import BenchError, bytes_below, contest, run, tell
from bench.rig import Rig
from bench.row import Row, at_least

PACKAGE = "linux-source-6.1"
PROMISED = 1.5


def measure(rig: Rig) -> list[Row]:
    """Two rows."""
    shutil.copyfile(kernel_tar(rig), rig.scratch / "kernel.tar")
    source = rig.scratch / "kernel.tar"
    size = source.stat().st_size
    ours, restic = Vault(rig, source), Restic(rig, source)
    ingest = contest(rig.rounds, rate(size, ours.ingest), {"restic backup": rate(size, restic.ingest)})
    back = contest(rig.rounds, rate(size, ours.restore), {"restic restore": rate(size, restic.restore)})
    source.unlink()
    ours.remove()
    restic.remove()
    return [
        at_least(f"{verb} of {size / 1e9:.2f} GB of kernel source, against restic", PROMISED, result.ratio,
                 f"{result.ours / 1e6:,.0f} MB/s; {result.rival_name}: {result.rival / 1e6:,.0f} MB/s; {stored}")
        for verb, result, stored in (
            ("repository ingest", ingest, f"stored {ours.stored:,} and {restic.stored:,} bytes"),
            ("repository restore", back, "both results equal the source"),
        )
    ]  # fmt: skip


def rate(size: int, job: Callable[[], float]) -> Callable[[], float]:
    """Bytes a second of a job that tells its seconds."""
    return lambda: size / job()


class Vault:
    """Our repository, as `repo_bench` drives it."""

    def __init__(self, rig: Rig, source: Path):
        self._rig, self._source = rig, source
        self._program = rig.program("repo_bench")
        self._folder: Path | None = None
        self.stored = 0

    def ingest(self) -> float:
        """Into a new vault; making that is part of it."""
        self.remove()
        self._folder = self._rig.folder("vault")
        done = run([self._program, "ingest", *self._vault(), self._source])
        self.stored = bytes_below(self._folder / "data")
        return done.seconds

    def restore(self) -> float:
        """Out of the last one."""
        target = self._rig.scratch / "restored.tar"
        done = run([self._program, "restore", *self._vault(), "latest", target])
        check_equal(self._source, target)
        return done.seconds

    def remove(self) -> None:
        """Gives its memory back."""
        if self._folder:
            shutil.rmtree(self._folder)
            self._folder = None

    def _vault(self) -> list[str]:
        return [f"file://{self._folder}/data", f"{self._folder}/key"]


class Restic:
    """Debian's restic with its defaults."""

    def __init__(self, rig: Rig, source: Path):
        self._rig, self._source = rig, source
        self._folder: Path | None = None
        self.stored = 0
        if not shutil.which("restic"):
            raise BenchError("there is no restic; `make bench` installs it")

    def ingest(self) -> float:
        """Into a new repository; making that is not part of it."""
        self.remove()
        self._folder = self._rig.folder("restic")
        (self._folder / "password").write_text("correct horse battery staple\n")
        self._run("init")
        seconds = self._run("backup", str(self._source))
        self.stored = bytes_below(self._folder / "repo")
        return seconds

    def restore(self) -> float:
        """Out of the last one."""
        target = self._rig.folder("restic-restored")
        seconds = self._run("restore", "latest", "--target", str(target))
        check_equal(self._source, target / self._source.relative_to("/"))
        shutil.rmtree(target)
        return seconds

    def remove(self) -> None:
        """Gives its memory back."""
        if self._folder:
            shutil.rmtree(self._folder)
            self._folder = None

    def _run(self, *arguments: str) -> float:
        env = os.environ | {
            "RESTIC_REPOSITORY": f"{self._folder}/repo",
            "RESTIC_PASSWORD_FILE": f"{self._folder}/password",
            "RESTIC_CACHE_DIR": f"{self._folder}/cache",
        }
        return run(["restic", *arguments], env).seconds


def check_equal(source: Path, restored: Path) -> None:
    """A restore that gives other bytes has no speed. The restored file is removed."""
    if not filecmp.cmp(source, restored, shallow=False):
        raise BenchError(f"{restored} is not what was stored")
    restored.unlink()


def kernel_tar(rig: Rig) -> Path:
    """The kernel's source as one tar, from Debian's package; kept in the cache."""
    path = rig.cache / f"{PACKAGE}.tar"
    if not path.exists():
        rig.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=rig.cache) as folder:
            tell(f"  fetching {PACKAGE} from Debian")
            unpack_package(Path(folder))
            (Path(folder) / "kernel.tar").rename(path)
    return path


def unpack_package(folder: Path) -> None:
    """Leaves kernel.tar in the folder."""
    try:
        fetch = ["apt-get", "download", "-q", PACKAGE]
        subprocess.run(fetch, cwd=folder, check=True, capture_output=True, text=True)
        package = next(folder.glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", package, folder / "tree"], check=True, capture_output=True, text=True)
        packed = folder / "tree" / "usr" / "src" / f"{PACKAGE}.tar.xz"
        with open(folder / "kernel.tar", "wb") as out:
            subprocess.run(["xz", "-dc", packed], stdout=out, check=True)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        words = getattr(error, "stderr", None) or str(error)
        raise BenchError(f"{PACKAGE} cannot be fetched from Debian; is there a network? {words.strip()}") from error
