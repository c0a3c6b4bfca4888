"""Child processes that cannot outlive their parent unless they are meant to, and free ports for them."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

# Below the range that the kernel takes for outgoing connections, so that a killed server finds its port free again.
PORT_RANGE = (20000, 32000)
STOP_SECONDS = 10

# Put before a command, it makes the kernel kill the program when the thread that started it ends.
KILLED_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")

# The kernel sends a parent-death signal when the *thread* that forked ends. All forks happen on this one thread, which
# lives until the interpreter ends.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


@dataclass(frozen=True)
class ProcessRecord:
    """Enough to find a process again, and to know that its id was not given to another since."""

    pid: int
    started: str
    program: str

    def is_alive(self) -> bool:
        """True while the very process that was recorded runs."""
        return _started(self.pid) == self.started and _program(self.pid) == self.program

    def send(self, number: int) -> None:
        """Signals the process if it is still the recorded one."""
        if self.is_alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def kill(self) -> None:
        """Ends it and waits until it is gone."""
        self.send(signal.SIGKILL)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)

    def as_json(self) -> dict:
        """For a state file."""
        return asdict(self)


class Child:
    """One running program, its output in a log file."""

    def __init__(self, command: list[str], log: Path, detached: bool = False):
        self.log = log
        wrapper = [] if detached else list(KILLED_WITH_PARENT)
        with open(log, "ab") as output:
            self._process = _spawner.submit(
                subprocess.Popen, wrapper + command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, cwd="/",
            ).result()  # fmt: skip
        self._program = command[0]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """True until it has ended."""
        return self._process.poll() is None

    def record(self) -> ProcessRecord:
        """Its identity, for a state file; call once it serves, when the wrapper has become the program."""
        return ProcessRecord(self.pid, _started(self.pid), self._program)

    def send(self, number: int) -> None:
        """Signals it."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends it as a crash would, and waits until it is gone."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, for an error message."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now; another process may still be quicker, so callers retry."""
    found: list[socket.socket] = []
    try:
        for _ in range(count * 200):
            if len(found) == count:
                break
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", random.SystemRandom().randrange(*PORT_RANGE)))
                found.append(candidate)
            except OSError:
                candidate.close()
        if len(found) < count:
            raise RuntimeError("no free ports on 127.0.0.1")
        return [each.getsockname()[1] for each in found]
    finally:
        for each in found:
            each.close()


def _started(pid: int) -> str:
    """The process's start time in clock ticks, or nothing when it is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""

