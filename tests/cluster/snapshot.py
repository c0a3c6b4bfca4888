"""Everything that a cluster holds, read through the Kubernetes API alone: a witness that is not Holdfast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.cluster.client import Client

PAGE = 500

# Not state: moments, and who leads. Holdfast does not capture them either.
MOMENTS = {"Event", "Lease", "LeaseCandidate"}


class Key(NamedTuple):
    """What names an object."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Kind:
    """A kind of object that the cluster serves."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """What objects of the kind have as apiVersion; listed ones lack it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Where all objects of the kind are listed."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.plural}"


Snapshot = dict[Key, dict]


def take(client: Client, resource_version: str = "") -> Snapshot:
    """Every object of every kind: as it was at that resource version, or as it is now."""
    return {key_of(kind, item): item for kind, item in each(client, resource_version)}


def each(client: Client, resource_version: str = "") -> Iterator[tuple[Kind, dict]]:
    """The same, one by one: for clusters that do not fit into memory."""
    for kind in kinds(client):
        for item in _list(client, kind, resource_version):
            yield kind, item


def key_of(kind: Kind, item: dict) -> Key:
    """The key of a listed object."""
    metadata = item["metadata"]
    return Key(kind.group, kind.kind, metadata.get("namespace", ""), metadata["name"])


def kinds(client: Client) -> Iterator[Kind]:
    """What is state: every kind that can be listed, read and created, in the version that the server prefers."""
    yield from _kinds_of(client, "", ["v1"])
    for group in client.get("/apis")["groups"]:
        preferred = group["preferredVersion"]["version"]
        versions = [each["version"] for each in group["versions"]]
        yield from _kinds_of(client, group["name"], sorted(versions, key=lambda each: each != preferred))


def _kinds_of(client: Client, group: str, versions: list[str]) -> Iterator[Kind]:
    seen = set(MOMENTS)
    for version in versions:
        root = f"/apis/{group}" if group else "/api"
        for resource in client.get(f"{root}/{version}")["resources"]:
            is_state = {"list", "get", "create"} <= set(resource["verbs"]) and "/" not in resource["name"]
            if is_state and resource["kind"] not in seen:
                seen.add(resource["kind"])
                yield Kind(group, version, resource["kind"], resource["name"])


def _list(client: Client, kind: Kind, resource_version: str) -> Iterator[dict]:
    first = f"&resourceVersion={resource_version}&resourceVersionMatch=Exact" if resource_version else ""
    token = ""
    while True:
        page = client.get(f"{kind.path}?limit={PAGE}" + (f"&continue={token}" if token else first))
        yield from page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            return
