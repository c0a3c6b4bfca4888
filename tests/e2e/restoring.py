"""What the restore tests share: running a restore and reading what became of each object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.cluster.client import Client, wait_until
from tests.e2e.conftest import Holdfast, Result

MAPS = "/api/v1/namespaces/{}/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True)
class Restored:
    """A restore that ran to its end."""

    result: Result
    record: dict[str, Any]
    objects: dict[str, dict[str, Any]]

    def outcome(self, text: str) -> str:
        """"created", or "failed: why", of "Kind ns/name" or "Kind.group ns/name"."""
        found = self.objects[text]
        return found["outcome"] + (f": {found['reason']}" if found["reason"] else "")


def objects_of(holdfast: Holdfast, restore: str = "latest") -> dict[str, dict[str, Any]]:
    """Outcomes by "Kind.group ns/name"."""
    listed = holdfast.ok("restore", "objects", restore, "-o", "json").json()
    return {text_of(one): one for one in listed}


def text_of(one: dict[str, Any]) -> str:
    """How a person names the object."""
    kind = f"{one['kind']}.{one['group']}" if one["group"] else one["kind"]
    return f"{kind} {one['namespace']}/{one['name']}" if one["namespace"] else f"{kind} {one['name']}"


def restore(holdfast: Holdfast, *arguments: str, expect: int = 0, point: str = "latest") -> Restored:
    """Runs a restore that has to end with the exit code `expect`."""
    result = holdfast.run("restore", point, "--yes", "-o", "json", *arguments)
    assert result.code == expect, f"exit {result.code}, not {expect}\n{result.stdout}{result.stderr}"
    record = result.json()
    return Restored(result, record, objects_of(holdfast, record["restore"]))


def preview(holdfast: Holdfast, *arguments: str, expect: int = 0) -> dict[str, dict[str, Any]]:
    """A preview's verdicts by "Kind.group ns/name"."""
    result = holdfast.run("restore", "latest", "--preview", "-o", "json", *arguments)
    assert result.code == expect, f"exit {result.code}, not {expect}\n{result.stdout}{result.stderr}"
    return {text_of(one): one for one in result.json()}


def config_map(client: Client, namespace: str, name: str, data: dict[str, str], **metadata: Any) -> dict:
    """Creates a ConfigMap."""
    body = {"metadata": {"name": name, **metadata}, "data": data}
    return client.create(MAPS.format(namespace), body)


def delete_namespace(client: Client, name: str) -> None:
    """Deletes a namespace and waits until it is gone."""
    client.delete(f"/api/v1/namespaces/{name}")
    client.wait_gone(f"/api/v1/namespaces/{name}")


def widget_crd(group: str, *versions: str, conversion: dict | None = None) -> dict:
    """A definition of Widget in its own group, with a status subresource; the first version is stored."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec: dict[str, Any] = {
        "group": group,
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
        "versions": [
            {"name": name, "served": True, "storage": name == versions[0], "schema": schema, "subresources": {"status": {}}}
            for name in versions
        ],
    }
    if conversion:
        spec["conversion"] = conversion
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"}, "spec": spec,
    }  # fmt: skip


def wait_quota_known(client: Client, namespace: str, name: str) -> None:
    """Returns when the quota's controller has counted."""
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/{name}"
    wait_until(lambda: client.get(path).get("status", {}).get("used"), 30, f"{path} to be counted")
