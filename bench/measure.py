"""How things are measured: one process at a time, two rivals in turns, the median of several rounds."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN_SECONDS = 3600


class BenchError(Exception):
    """A row cannot be measured; the message says why."""


@dataclass(frozen=True)
class Run:
    """One finished process: wall time from start to end, peak resident memory, standard output."""

    seconds: float
    peak_bytes: int
    stdout: str

    def json(self) -> dict:
        """The parsed standard output."""
        return json.loads(self.stdout)


def run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> Run:
    """Runs a command that must succeed."""
    words = [str(word) for word in command]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [sys.executable, "-m", "bench.child", str(report), *words], env=(env or dict(os.environ)), cwd=ROOT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            text = (done.stdout[-2000:] + done.stderr[-2000:]).strip()
            raise BenchError(f"'{' '.join(words)[:200]}' ended with exit code {done.returncode}: {text}")
        return Run(stdout=done.stdout, **json.loads(report.read_text()))


@dataclass(frozen=True)
class Contest:
    """Rates of Holdfast and of the best of its rivals, measured in turns. More is better."""

    ours: float
    rival: float
    rival_name: str

    @property
    def ratio(self) -> float:
        """How Holdfast compares."""
        return self.ours / self.rival


def contest(rounds: int, ours: Callable[[], float], rivals: dict[str, Callable[[], float]]) -> Contest:
    """Each rival runs once and the best one goes on; then it and Holdfast alternate. Medians."""
    name = best(rivals)
    our_rates, rival_rates = [], []
    for _ in range(rounds):
        rival_rates.append(rivals[name]())
        our_rates.append(ours())
        tell(f"  {name} {rival_rates[-1]:,.0f}/s, holdfast {our_rates[-1]:,.0f}/s")
    return Contest(statistics.median(our_rates), statistics.median(rival_rates), name)


def best(rivals: dict[str, Callable[[], float]]) -> str:
    """The name of the fastest one."""
    if len(rivals) == 1:
        return next(iter(rivals))
    rates = {name: once() for name, once in rivals.items()}
    for name, rate in rates.items():
        tell(f"  {name} {rate:,.0f}/s")
    return max(rates, key=lambda name: rates[name])


def bytes_below(folder: Path) -> int:
    """The sizes of all files below a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def tell(text: str) -> None:
    """A line about how the measuring goes on."""
    print(text, file=sys.stderr, flush=True)
