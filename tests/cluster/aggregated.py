"""Aggregated APIs: one that is down, and one that a small server in the test's own process serves.

The API server finds the backend of an APIService through a Service. One of type ExternalName that names localhost is
enough: it then connects to 127.0.0.1 and the port in the APIService, and asks for no endpoints (aggregator routing is
off, as in every ordinary cluster). The certificate has to be for NAME.NAMESPACE.svc.
"""

from __future__ import annotations

import itertools
import threading
import urllib.parse
import uuid
from typing import Any

from tests.cluster.client import wait_until
from tests.cluster.cluster import Cluster
from tests.cluster.tls_server import TlsServer

API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
NAMESPACE = "default"
AVAILABLE_SECONDS = 60
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def register_down(cluster: Cluster, group: str, version: str = "v1") -> str:
    """Registers an API whose service does not exist; returns the APIService's path once it is known as down."""
    path = _register(cluster, group, version, "nobody", 443, {"insecureSkipTLSVerify": True})
    wait_until(lambda: condition(cluster, path) == "False", AVAILABLE_SECONDS, f"{group} to be down")
    return path


def condition(cluster: Cluster, path: str) -> str:
    """The Available condition of an APIService: True, False or nothing yet."""
    status = cluster.client.get(path).get("status", {})
    return next((each["status"] for each in status.get("conditions", []) if each["type"] == "Available"), "")


def is_served(cluster: Cluster, group: str, plural: str) -> bool:
    """Whether requests reach the API and discovery lists its kind; both follow the condition a little later."""
    if cluster.client.request("GET", f"/apis/{group}/v1").status != 200:
        return False
    listed = cluster.client.api("GET", "/apis", headers={"Accept": DISCOVERY})["items"]
    found = [version for each in listed if each["metadata"].get("name") == group for version in each["versions"]]
    return any(kind["resource"] == plural for version in found for kind in version.get("resources", []))


def _register(cluster: Cluster, group: str, version: str, service: str, port: int, trust: dict) -> str:
    name = f"{version}.{group}"
    spec = {
        "group": group,
        "version": version,
        "groupPriorityMinimum": 100,
        "versionPriority": 10,
        "service": {"namespace": NAMESPACE, "name": service, "port": port},
    }
    cluster.client.create(API_SERVICES, {"metadata": {"name": name}, "spec": spec | trust})
    return f"{API_SERVICES}/{name}"


class AggregatedApi(TlsServer):
    """Serves one namespaced kind of one group from memory, with resource versions of its own.

    Understands get, list (one page, whatever the limit), create and delete. `failing` makes every list answer 500;
    `uid` is the UID of what is created while it is set, in place of one of its own.
    """

    def __init__(self, cluster: Cluster, group: str, kind: str = "Widget", plural: str = "widgets"):
        self.cluster, self.group, self.kind, self.plural = cluster, group, kind, plural
        self.failing = False
        self.uid = ""
        self._objects: dict[tuple[str, str], dict] = {}
        self._versions = itertools.count(1001)
        self._version = 1000
        self._lock = threading.Lock()
        self._service = f"aggregated-{uuid.uuid4().hex[:8]}"
        pair = cluster.authority.issue_server(self._service, (f"DNS:{self._service}.{NAMESPACE}.svc",))
        super().__init__(pair)

    def register(self) -> str:
        """Makes the cluster serve it; returns the APIService's path once requests reach it."""
        spec = {"type": "ExternalName", "externalName": "localhost"}
        service = {"metadata": {"name": self._service}, "spec": spec}
        self.cluster.client.create(f"/api/v1/namespaces/{NAMESPACE}/services", service)
        trust = {"caBundle": self.cluster.authority.bundle}
        path = _register(self.cluster, self.group, "v1", self._service, self.port, trust)
        self._path = path
        wait_until(
            lambda: is_served(self.cluster, self.group, self.plural), AVAILABLE_SECONDS, f"{self.group} to be served"
        )
        return path

    def unregister(self) -> None:
        """Takes the API out of the cluster."""
        self.cluster.client.request("DELETE", self._path)
        self.cluster.client.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}/services/{self._service}")

    def handle(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        parts = [part for part in urllib.parse.urlsplit(path).path.split("/") if part]
        base = ["apis", self.group, "v1"]
        if parts == ["apis"]:
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": [self._group_document()]}
        if parts == base[:2]:
            return 200, self._group_document() | {"kind": "APIGroup", "apiVersion": "v1"}
        if parts == base:
            return 200, self._resource_list()
        if parts[:3] != base:
            return 404, status(404, "NotFound", f"{path} is not served here")
        rest = parts[3:]
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        if rest[0] != self.plural:
            return 404, status(404, "NotFound", f"{path} is not served here")
        with self._lock:
            if len(rest) == 1:
                return self._create(namespace, body) if method == "POST" else self._list(namespace)
            return self._one(method, namespace, rest[1])

    def _group_document(self) -> dict:
        version = {"groupVersion": f"{self.group}/v1", "version": "v1"}
        return {"name": self.group, "versions": [version], "preferredVersion": version}

    def _resource_list(self) -> dict:
        resource = {
            "name": self.plural,
            "singularName": self.kind.lower(),
            "namespaced": True,
            "kind": self.kind,
            "verbs": ["create", "delete", "get", "list"],
        }
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{self.group}/v1",
            "resources": [resource],
        }

    def _list(self, namespace: str) -> tuple[int, dict]:
        if self.failing:
            return 500, status(500, "InternalError", "the aggregated API is out of order")
        items = [each for key, each in sorted(self._objects.items()) if not namespace or key[0] == namespace]
        return 200, {
            "kind": f"{self.kind}List",
            "apiVersion": f"{self.group}/v1",
            "metadata": {"resourceVersion": str(self._version)},
            "items": items,
        }

    def _create(self, namespace: str, body: dict) -> tuple[int, dict]:
        name = body["metadata"]["name"]
        if (namespace, name) in self._objects:
            return 409, status(409, "AlreadyExists", f'{self.plural} "{name}" already exists')
        self._version = next(self._versions)
        metadata = body["metadata"] | {
            "namespace": namespace,
            "uid": self.uid or str(uuid.uuid4()),
            "resourceVersion": str(self._version),
            "creationTimestamp": "2026-01-01T00:00:00Z",
        }
        made = {**body, "apiVersion": f"{self.group}/v1", "kind": self.kind, "metadata": metadata}
        self._objects[namespace, name] = made
        return 201, made

    def _one(self, method: str, namespace: str, name: str) -> tuple[int, dict]:
        found = self._objects.get((namespace, name))
        if not found:
            return 404, status(404, "NotFound", f'{self.plural} "{name}" not found')
        if method == "DELETE":
            del self._objects[namespace, name]
            self._version = next(self._versions)
        return 200, found


def status(code: int, reason: str, message: str) -> dict:
    """A metav1.Status that says no."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }
