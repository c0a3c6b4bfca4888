"""What the demo prints: chapters, sentences, and commands with what they say, long answers cut."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

WIDTH = 100
HOLDFAST_SECONDS = 600

# Lines by which a long job shows that it goes on, where there is no terminal.
PROGRESS = re.compile(r"^\w+ \[[#.]+\]")


class DemoFailed(Exception):
    """The demo cannot go on; the message says why."""


class Narrator:
    """Tells the story and runs holdfast in it, with a home and a kubeconfig of the demo's own."""

    def __init__(self, binary: Path, home: Path, kubeconfig: Path):
        self._binary = binary
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        self._environment = kept | {"HOME": str(home.parent), "HOLDFAST_HOME": str(home), "KUBECONFIG": str(kubeconfig)}

    def run(self, command: str, pick: Callable[[list[str]], set[int]] | None = None) -> None:
        """Shows a holdfast command and what it prints; `pick` says which lines of a long answer are shown."""
        print(f"\n$ holdfast {command}", flush=True)
        lines = [line for line in self.quietly(command).splitlines() if not PROGRESS.match(line)]
        shown = pick(lines) if pick else set(range(len(lines)))
        for line in cut(lines, shown):
            print(f"  {line}".rstrip(), flush=True)

    def quietly(self, command: str) -> str:
        """Runs a holdfast command and returns what it prints; anything but success ends the demo."""
        done = subprocess.run(
            [self._binary, *shlex.split(command)], env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HOLDFAST_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise DemoFailed(f"'holdfast {command}' ended with exit code {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout


def chapter(title: str) -> None:
    """A heading."""
    print(f"\n== {title}", flush=True)


def say(text: str) -> None:
    """A paragraph."""
    print("\n" + textwrap.fill(" ".join(text.split()), WIDTH), flush=True)


def tell_item(text: str) -> None:
    """One entry of a list."""
    print(textwrap.fill(text, WIDTH, initial_indent="  - ", subsequent_indent="    "), flush=True)


def first(count: int) -> Callable[[list[str]], set[int]]:
    """Picks that many lines."""
    return lambda lines: set(range(min(count, len(lines))))


def cut(lines: list[str], shown: set[int]) -> list[str]:
    """The lines whose numbers are in `shown`; a count stands for each gap."""
    result: list[str] = []
    hidden = 0
    for number, line in enumerate(lines + [""]):
        if number < len(lines) and number not in shown:
            hidden += 1
            continue
        if hidden:
            result.append(f"[… {hidden:,} more lines]")
            hidden = 0
        result.append(line)
    return result[:-1]
