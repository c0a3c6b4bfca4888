"""A webhook that holds requests back until the test lets them pass: the way to be provably in the middle of something."""

from __future__ import annotations

import threading
from typing import Any

from tests.cluster.cluster import Cluster
from tests.cluster.webhook import Webhook

HELD_SECONDS_MAX = 120


class Gate(Webhook):
    """Behaves as Webhook; the path /gate holds admissions and conversions back while the gate is closed."""

    def __init__(self, cluster: Cluster):
        self._open = threading.Event()
        self._open.set()
        self._reached = threading.Event()
        self.failing = False  # what passes is refused
        super().__init__(cluster)

    def close(self) -> None:
        """From now on whatever comes is held back."""
        self._reached.clear()
        self._open.clear()

    def open(self) -> None:
        """Lets what is held back pass, and what comes later."""
        self._open.set()

    def wait_reached(self, seconds: float = 60) -> None:
        """Returns when something is being held back."""
        assert self._reached.wait(seconds), "nothing came to the gate"

    def handle(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path.startswith("/gate"):
            if not self._open.is_set():
                self._reached.set()
                self._open.wait(HELD_SECONDS_MAX)
            conversion = bool(body) and body.get("kind") == "ConversionReview"
            if self.failing:
                path = "/convert-fail" if conversion else "/deny"
            else:
                path = "/convert" if conversion else "/allow"
        return super().handle(method, path, body)

    def stop(self) -> None:
        self.open()
        super().stop()
