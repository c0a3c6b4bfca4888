"""The table, on the screen and in docs/performance.md; results of earlier runs stay until they are measured again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

from bench.measure import ROOT
from bench.row import Row

PAGE = ROOT / "docs" / "performance.md"

INTRODUCTION = """# Performance

Every figure is a ratio, or a peak, that one run on one machine gave; `make bench` measures it again and writes this
page. Raw is a C++ loop around libcurl ([bench/raw_client.cpp](../bench/raw_client.cpp)) with the same TLS, encoding and
objects, which throws answers away: LIST with 2 or 8 kinds at once and pages of 500 or 2,000, POST with 16 or 32 in
flight, whichever is fastest in a first round. After that raw and Holdfast alternate, and medians are compared.
Holdfast's time is always that of a whole process, from its start to its end; raw's is without its set-up. Clusters are
real API servers on the same machine, filled by `tests/cluster/populate.py`, with etcd and vaults on tmpfs. MB are
millions of bytes.
"""


def print_table(rows: list[Row]) -> None:
    """For the screen."""
    widths = [max(len(cell) for cell in column) for column in zip(*(cells(row) for row in rows))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells(row), widths)).rstrip())
        print(f"      {row.how}")


def cells(row: Row) -> tuple[str, str, str, str]:
    """The columns of the screen's table."""
    return ("ok" if row.holds else "SHORT", row.what, row.promised, row.measured)


def remember(cache: Path, group: str, rows: list[Row], command: str) -> None:
    """Keeps what was measured, with when, where and how."""
    results = recall(cache)
    results[group] = {"command": command, "date": time.strftime("%Y-%m-%d"), "machine": machine(), "commit": commit(),
                      "rows": [asdict(row) for row in rows]}  # fmt: skip
    cache.mkdir(parents=True, exist_ok=True)
    staging = cache / "results.json.new"
    staging.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    staging.replace(cache / "results.json")


def recall(cache: Path) -> dict:
    """What was measured so far."""
    try:
        return json.loads((cache / "results.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def write_page(cache: Path, groups: list[str]) -> None:
    """docs/performance.md, from everything that was measured."""
    results = recall(cache)
    measured = [(results[name], Row(**row)) for name in groups if name in results for row in results[name]["rows"]]
    lines = [INTRODUCTION, "| what | promised | measured | |", "|---|---|---|---|"]
    for _, row in measured:
        verdict = "holds" if row.holds else "**falls short**"
        lines.append(f"| {row.what} | {row.promised} | {row.measured} | {verdict} |")
    lines += ["", *falls_short([row for _, row in measured], [name for name in groups if name not in results])]
    lines += ["", "## How each row was made", ""]
    for name in groups:
        if name in results:
            lines += told(results[name])
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def falls_short(rows: list[Row], unmeasured: list[str]) -> list[str]:
    """What a reader should know first."""
    short = [row for row in rows if not row.holds]
    lines = [f"Falls short: {row.what}: {row.measured} instead of {row.promised}." for row in short]
    lines += [f"Not measured yet: `python3 -m bench --only {name}`." for name in unmeasured]
    return lines or ["Nothing falls short."]


def told(result: dict) -> list[str]:
    """One group of rows: the command, then what it said."""
    lines = [f"`{result['command']}` on {result['date']}, commit {result['commit']}, {result['machine']}:", ""]
    return lines + [f"- {row['what']}: {row['how']}" for row in result["rows"]] + [""]


def machine() -> str:
    """This machine in a few words."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in facts if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} cores of {model}, {pages / 1e9:.0f} GB of memory, Linux {platform.release()}"


def commit() -> str:
    """The short name of the commit that was measured."""
    ask = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
