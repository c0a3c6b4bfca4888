"""A small Kubernetes client for tests: standard library only, TLS verified."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

POLL_SECONDS = 0.05
# The API server closes idle connections; a request sent into one that is closing would fail without an answer.
IDLE_SECONDS_MAX = 20
T = TypeVar("T")


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)


class ApiError(Exception):
    """An answer that is not a success; `status` is the HTTP code, `reason` the server's word for it."""

    def __init__(self, method: str, path: str, response: Response):
        try:
            details = response.json()
        except ValueError:
            details = {}
        if not isinstance(details, dict):
            details = {}
        self.status = response.status
        self.reason = details.get("reason", "")
        self.details = details
        text = details.get("message") or response.body[:500].decode(errors="replace")
        super().__init__(f"{method} {path}: {response.status} {self.reason}: {text}")


class Client:
    """Speaks to one API server as one user. Safe to use from several threads; each has its own connection."""

    def __init__(
        self,
        server: str,
        ca_file: str | None,
        token: str | None = None,
        cert: tuple[str, str] | None = None,
        timeout: float = 60,
        ca_data: str | None = None,
    ):
        url = urllib.parse.urlsplit(server)
        self._host, self._port, self._timeout = url.hostname, url.port, timeout
        self._tls = ssl.create_default_context(cafile=ca_file, cadata=ca_data)
        if cert:
            self._tls.load_cert_chain(*cert)
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._local = threading.local()
        self._generation = 0

    @classmethod
    def from_kubeconfig(cls, path: str | Path) -> Client:
        """Speaks as the current user of a kubeconfig that holds its CA and a token inline, as ours do."""
        import yaml

        config = yaml.safe_load(Path(path).read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(cluster["server"], None, user["token"], ca_data=ca)

    def reconnect(self) -> None:
        """Makes every thread open a new connection at its next request."""
        self._generation += 1

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """One request; every status is an answer. Raises OSError when the server cannot be reached."""
        sent = dict(self._headers)
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        connection = self._connection()
        connection.timeout = timeout or self._timeout
        if connection.sock:
            connection.sock.settimeout(connection.timeout)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            content = answer.read()
        except http.client.HTTPException as error:
            connection.close()
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        except OSError:
            connection.close()
            raise
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, content)

    def api(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """One request whose success is expected; returns the parsed answer, raises ApiError otherwise."""
        response = self.request(method, path, body, **options)
        if response.status >= 400:
            raise ApiError(method, path, response)
        is_json = "json" in response.headers.get("content-type", "")
        return response.json() if is_json else response.body.decode()

    def get(self, path: str) -> Any:
        """GET, success expected."""
        return self.api("GET", path)

    def create(self, path: str, body: Any) -> Any:
        """POST, success expected."""
        return self.api("POST", path, body)

    def replace(self, path: str, body: Any) -> Any:
        """PUT, success expected."""
        return self.api("PUT", path, body)

    def patch(self, path: str, body: Any) -> Any:
        """Merge patch, success expected."""
        return self.api("PATCH", path, body, headers={"Content-Type": "application/merge-patch+json"})

    def delete(self, path: str, propagation: str | None = None) -> Any:
        """DELETE, success expected; `propagation` is Foreground, Background or Orphan."""
        return self.api("DELETE", path, {"propagationPolicy": propagation} if propagation else None)

    def exists(self, path: str) -> bool:
        """Whether GET finds something."""
        response = self.request("GET", path)
        if response.status == 404:
            return False
        if response.status >= 400:
            raise ApiError("GET", path, response)
        return True

    def wait_gone(self, path: str, seconds: float = 60) -> None:
        """Returns when GET answers 404."""
        wait_until(lambda: not self.exists(path), seconds, f"{path} to be gone")

    def create_crd(self, crd: dict, seconds: float = 30) -> dict:
        """Creates a CustomResourceDefinition and waits until instances of it can be created."""
        self.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        spec = crd["spec"]
        for version in spec["versions"]:
            if version["served"]:
                path = f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}?limit=1"
                wait_until(lambda path=path: self.request("GET", path).status == 200, seconds, f"{path} to be served")
        return self.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}")

    def _connection(self) -> http.client.HTTPSConnection:
        local = self._local
        if getattr(local, "generation", None) != self._generation:
            if hasattr(local, "connection"):
                local.connection.close()
            local.generation = self._generation
            local.connection = http.client.HTTPSConnection(
                self._host, self._port, context=self._tls, timeout=self._timeout
            )
        elif time.monotonic() - local.used > IDLE_SECONDS_MAX:
            local.connection.close()
        local.used = time.monotonic()
        return local.connection


def _named(entries: list[dict], name: str) -> dict:
    return next(entry for entry in entries if entry["name"] == name)


def wait_until(condition: Callable[[], T], seconds: float, what: str) -> T:
    """Polls until `condition` gives something true and returns that; TimeoutError names `what`.

    Errors of the connection and of the API count as "not yet", because a server that starts gives both.
    """
    deadline = time.monotonic() + seconds
    last: Exception | None = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = None
        except (OSError, ApiError) as error:
            last = error
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}" + (f"; last error: {last}" if last else ""))
        time.sleep(POLL_SECONDS)
