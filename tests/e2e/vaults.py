"""What tests do with vaults and points beside calling holdfast: their files, their objects, their sizes."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.client import Client
from tests.cluster.cluster import Cluster
from tests.e2e.conftest import Holdfast


def add_config_maps(client: Client, namespace: str, *names: str, data: dict | None = None) -> None:
    """Creates ConfigMaps; each holds its own name, beside `data`."""
    for name in names:
        body = {"metadata": {"name": name}, "data": {"name": name, **(data or {})}}
        client.create(f"/api/v1/namespaces/{namespace}/configmaps", body)


def backup(holdfast: Holdfast, *arguments: str) -> str:
    """Makes a point and returns its id."""
    return holdfast.ok("backup", "-o", "name", *arguments).stdout.strip()


def points(holdfast: Holdfast, *arguments: str) -> list[str]:
    """The ids of the points of vault main, oldest first."""
    return holdfast.ok("point", "list", "-o", "name", *arguments).stdout.split()


def folder(holdfast: Holdfast, name: str = "main") -> Path:
    """Where a vault at a local location lies."""
    record = next(v for v in holdfast.ok("vault", "list", "-o", "json").json() if v["name"] == name)
    return Path(record["location"].removeprefix("file://")) / record["vaultId"]


def object_names(vault: Path) -> list[str]:
    """The names of all objects that a vault holds."""
    return sorted(str(path.relative_to(vault)) for path in vault.rglob("*") if path.is_file())


def stored_bytes(holdfast: Holdfast, name: str = "main") -> int:
    """The bytes that a vault's files take."""
    return sum(path.stat().st_size for path in folder(holdfast, name).rglob("*") if path.is_file())


def assert_whole(holdfast: Holdfast, name: str = "main") -> None:
    """Every byte of the vault is read, and nothing is found wrong."""
    report = holdfast.ok("vault", "verify", name, "--read-data", "-o", "json").json()
    assert report["whole"] and report["damage"] == [] and report["harmedPoints"] == []


def assert_refused(holdfast: Holdfast, *arguments: str, words: tuple[str, ...] = (), **options: str) -> str:
    """The command fails with exit code 1 and one sentence on standard error, which has all the words."""
    result = holdfast.run(*arguments, **options)
    assert result.code == 1, f"exit {result.code}\n{result.stdout}{result.stderr}"
    assert result.stdout == ""
    sentences = result.stderr.strip().splitlines()
    assert len(sentences) == 1 and sentences[0].startswith("holdfast: "), result.stderr
    for word in words:
        assert word in result.stderr, f"{word!r} is not in {result.stderr!r}"
    return result.stderr


def live_config_map(cluster: Cluster, namespace: str, name: str) -> dict | None:
    """The data of a ConfigMap of the cluster, or nothing where there is none."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/{name}"
    return cluster.client.get(path)["data"] if cluster.client.exists(path) else None
