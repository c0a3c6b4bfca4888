"""What tests do to etcd behind the API server's back, through its JSON gateway."""

from __future__ import annotations

import base64
import json
import urllib.request

TIMEOUT_SECONDS = 30


class Etcd:
    """One etcd server on the loopback interface."""

    def __init__(self, url: str):
        self.url = url

    def is_healthy(self) -> bool:
        """Whether it answers reads and writes."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return json.load(answer)["health"] == "true"
        except OSError:
            return False

    def revision(self) -> int:
        """The store's current revision: the cluster's newest resourceVersion."""
        answer = self._call("/v3/kv/range", {"key": _encode("\0"), "limit": 1, "keys_only": True})
        return int(answer["header"]["revision"])

    def compact(self, revision: int | None = None) -> int:
        """Forgets all history before `revision`, by default before now; returns that revision."""
        at = self.revision() if revision is None else revision
        self._call("/v3/kv/compaction", {"revision": at, "physical": True})
        return at

    def count(self, prefix: str = "/registry/") -> int:
        """How many keys begin with `prefix`."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        answer = self._call("/v3/kv/range", {"key": _encode(prefix), "range_end": _encode(end), "count_only": True})
        return int(answer.get("count", 0))

    def _call(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(self.url + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)


def _encode(key: str) -> str:
    return base64.b64encode(key.encode()).decode()
