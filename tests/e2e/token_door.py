"""A door before an API server, which opens to tokens that live for five seconds, and the plugin that makes them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.cluster import Cluster
from tests.cluster.tls_server import TlsServer

LIFE_SECONDS = 5
MARK = "made-at-"
REFUSAL = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Unauthorized", "code": 401}


class TokenDoor(TlsServer):
    """Passes requests on as the administrator's. A list that comes with one of the first tokens is answered only once
    that token has lived its life, so that whoever lists twice needs another one.

    strict -- refuses tokens that have lived their life; otherwise it takes them for ever.
    """

    def __init__(self, cluster: Cluster, outlived: int, strict: bool):
        self._client = cluster.client
        self._outlived = outlived
        self._strict = strict
        self._seen: list[str] = []
        self._lock = threading.Lock()
        self.refused = 0
        super().__init__(cluster.authority.issue_server("token-door"))

    @property
    def server(self) -> str:
        """Its URL."""
        return f"https://127.0.0.1:{self.port}"

    def handle_whole(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        left = float(token.removeprefix(MARK)) + LIFE_SECONDS - time.time()
        if left <= 0 and self._strict:
            self.refused += 1
            return 401, REFUSAL
        if "limit=" in path and self._is_early(token):
            self.stopping.wait(max(0.0, left))
        answer = self._client.request(method, path, body, headers={"Accept": headers.get("Accept", "")})
        return answer.status, answer.body

    def _is_early(self, token: str) -> bool:
        with self._lock:
            if token not in self._seen:
                self._seen.append(token)
            return self._seen.index(token) < self._outlived


def plugin_script(asked: Path, tells: bool) -> str:
    """A credential plugin that makes a new token whenever it is asked, and adds a line to `asked`.

    tells -- says when its tokens expire.
    """
    expires = {"expirationTimestamp": "'$(date -u -d '+5 seconds' +%Y-%m-%dT%H:%M:%SZ)'"} if tells else {}
    status = {"token": f"{MARK}'$(date +%s.%N)'"} | expires
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"echo x >> '{asked}'; echo '{json.dumps(answer)}'"
