"""Runs one command and writes what it took: python3 -m bench.child REPORT COMMAND…

A process of its own, because Linux counts the memory of the process that starts a program to that program's peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(report: str, *command: str) -> int:
    """The exit code is the command's."""
    begin = time.monotonic()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    with open(report, "w", encoding="utf-8") as out:
        json.dump({"seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024}, out)
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
