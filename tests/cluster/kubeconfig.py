"""Writes kubeconfig files, including the unusual ones that tests ask for."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from tests.cluster.pki import KeyPair


def token_user(token: str) -> dict:
    """The `user` part for a bearer token."""
    return {"token": token}


def cert_user(pair: KeyPair, inline: bool = True) -> dict:
    """The `user` part for a client certificate, its bytes inline or as file names."""
    if not inline:
        return {"client-certificate": str(pair.cert), "client-key": str(pair.key)}
    return {
        "client-certificate-data": base64.b64encode(pair.cert.read_bytes()).decode(),
        "client-key-data": base64.b64encode(pair.key.read_bytes()).decode(),
    }


def exec_user(command: str, *arguments: str, env: dict[str, str] | None = None) -> dict:
    """The `user` part for a credential plugin."""
    plugin: dict[str, Any] = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": command,
        "args": list(arguments),
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
        "interactiveMode": "Never",
    }
    return {"exec": plugin}


def cluster_entry(server: str, ca: Path | None, inline: bool = True) -> dict:
    """The `cluster` part; without a CA the server's certificate is not verified."""
    entry: dict[str, Any] = {"server": server}
    if ca is None:
        entry["insecure-skip-tls-verify"] = True
    elif inline:
        entry["certificate-authority-data"] = base64.b64encode(ca.read_bytes()).decode()
    else:
        entry["certificate-authority"] = str(ca)
    return entry


def write_kubeconfig(path: Path, cluster: dict, user: dict, name: str = "test", namespace: str | None = None) -> Path:
    """Writes a kubeconfig of one cluster, one user and one context, all called `name`; mode 0600."""
    context = {"cluster": name, "user": name}
    if namespace:
        context["namespace"] = namespace
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": context}],
        "current-context": name,
    }
    path.touch(mode=0o600)
    path.write_text(to_yaml(document))
    return path


def to_yaml(value: Any) -> str:
    """Block YAML of plain JSON data; scalars are written as JSON, which YAML contains."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> list[str]:
    if isinstance(value, dict) and value:
        out = []
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                out.append(f"{indent}{key}:")
                out += _lines(item, indent + "  ")
            else:
                out.append(f"{indent}{key}: {json.dumps(item)}")
        return out
    if isinstance(value, list) and value:
        out = []
        for item in value:
            first, *rest = _lines(item, indent + "  ")
            out += [f"{indent}- {first.lstrip()}", *rest]
        return out
    return [f"{indent}{json.dumps(value)}"]
