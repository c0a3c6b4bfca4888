"""A believable company in one cluster: what `make demo` backs up, damages and restores.

Seven namespaces with some fifty services, their RBAC, Helm releases and settings; custom resources with owned objects;
claims bound to static volumes. About 3,300 objects, the same ones every time.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.client import ApiError, Client, wait_until

REQUESTS_AT_ONCE = 12
BIND_SECONDS = 60

SERVICES = {
    "shop": "cart catalog checkout prices reviews wishlist promotions recommendations returns stock frontend mobile-api",
    "payments": "ledger card-gateway refunds invoices fraud-scoring settlements merchants reconciliation",
    "identity": "accounts sessions tokens profile consent directory",
    "search": "indexer query suggest ranking crawler",
    "messaging": "events notifications mailer sms-gateway templates",
    "monitoring": "prometheus alertmanager grafana blackbox-exporter log-collector trace-collector",
    "platform": "ingress-controller certificate-operator secrets-sync image-mirror policy-reporter",
}

# kind: (plural, group, namespace, how many)
CUSTOM = {
    "Promotion": ("promotions", "shop.example.com", "shop", 500),
    "Merchant": ("merchants", "payments.example.com", "payments", 400),
    "Topic": ("topics", "messaging.example.com", "messaging", 180),
    "AlertRule": ("alertrules", "monitoring.example.com", "monitoring", 160),
    "Certificate": ("certificates", "platform.example.com", "platform", 60),
}

DASHBOARDS = 150
HELM_REVISIONS = 4


@dataclass
class Item:
    """An object, where to POST it, and the items that it will own."""

    collection: str
    body: dict
    owned: list[Item] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where it will be."""
        return f"{self.collection}/{self.body['metadata']['name']}"


def apply(client: Client, running: bool = True) -> Counter[str]:
    """Creates all of it; returns how many objects of each kind. What exists already is left as it is.

    With `running`, Deployments want pods, so a cluster with controllers adds ReplicaSets and Pods (which stay Pending:
    there is no node); otherwise they are scaled to nothing.
    """
    made: Counter[str] = Counter()
    for crd in definitions():
        if not client.exists(crd.path):
            client.create_crd(crd.body)
        made["CustomResourceDefinition"] += 1
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        for wave in (cluster_wide(), namespaced(running)):
            for counts in pool.map(lambda item: _create(client, item), wave):
                made.update(counts)
    return made


def wait_bound(client: Client) -> None:
    """Returns when every claim is bound to its volume; needs a controller manager."""

    def all_bound() -> bool:
        claims = client.get("/api/v1/persistentvolumeclaims")["items"]
        return len(claims) >= len(SERVICES) and all(claim["status"]["phase"] == "Bound" for claim in claims)

    wait_until(all_bound, BIND_SECONDS, "the claims to be bound")


def definitions() -> list[Item]:
    """The CustomResourceDefinitions."""
    return [_definition(kind, plural, group) for kind, (plural, group, _, _) in CUSTOM.items()]


def cluster_wide() -> list[Item]:
    """Namespaces and what belongs to none."""
    return [item for name in SERVICES for item in _namespace(name)] + _classes() + _operators()


def namespaced(running: bool = True) -> list[Item]:
    """Everything inside the namespaces."""
    dice = random.Random(20260101)
    items: list[Item] = []
    for namespace, names in SERVICES.items():
        items += _fences(namespace)
        for name in names.split():
            items += Service(dice, namespace, name, running).items()
        items.append(_database(namespace))
    for kind in CUSTOM:
        items += _instances(dice, kind)
    return items + _dashboards(dice)


class Service:
    """One microservice with all that a Helm chart makes of it."""

    def __init__(self, dice: random.Random, namespace: str, name: str, running: bool):
        self.dice, self.namespace, self.name = dice, namespace, name
        self.version = f"{dice.randint(1, 4)}.{dice.randint(0, 30)}.{dice.randint(0, 9)}"
        self.replicas = dice.randint(1, 3) if running else 0
        self.labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/instance": f"{namespace}-{name}",
            "app.kubernetes.io/version": self.version,
            "app.kubernetes.io/managed-by": "Helm",
        }

    def items(self) -> list[Item]:
        """All of its objects."""
        selector = {"matchLabels": {"app.kubernetes.io/name": self.name}}
        return [
            self._item("v1", "ServiceAccount", "serviceaccounts", {"automountServiceAccountToken": True}),
            self._role(),
            self._role_binding(),
            *[self._settings(part) for part in ("settings", "feature-flags", "logging", "runbook")],
            *[self._credentials(part) for part in ("database", "broker", "api-keys")],
            *[self._release(revision) for revision in range(1, HELM_REVISIONS + 1)],
            self._deployment(selector),
            self._item("v1", "Service", "services", {"spec": {
                "selector": selector["matchLabels"], "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
            self._item("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", {"spec": {
                "maxUnavailable": 1, "selector": selector}}),
            self._item("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", {"spec": {
                "minReplicas": 1, "maxReplicas": 10,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name}}}),
            self._item("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", {"spec": {
                "podSelector": selector, "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"example.com/part": "shop"}}}]}]}}),
            self._ingress(),
            self._item("batch/v1", "CronJob", "cronjobs", {"spec": {
                "schedule": "15 4 * * *", "suspend": True,
                "jobTemplate": {"spec": {"template": self._pod("Never")}}}}),
        ]  # fmt: skip

    def _item(self, version: str, kind: str, plural: str, body: dict, name: str = "") -> Item:
        return item(version, kind, plural, self.namespace, name or self.name, body, self.labels)

    def _settings(self, part: str) -> Item:
        lines = [f"{self.name}.{part}.{key}={self.dice.randint(1, 9999)}" for key in
                 ("pool.size", "timeout.ms", "retry.limit", "cache.ttl", "queue.depth", "trace.ratio")]  # fmt: skip
        data = {f"{part}.properties": "\n".join(lines) + "\n", "owner": f"team-{self.namespace}@example.com"}
        return self._item("v1", "ConfigMap", "configmaps", {"data": data}, f"{self.name}-{part}")

    def _credentials(self, part: str) -> Item:
        data = {"username": f"{self.name}-{part}", "password": self.dice.randbytes(18).hex()}
        return self._item("v1", "Secret", "secrets", secret("Opaque", data), f"{self.name}-{part}")

    def _release(self, revision: int) -> Item:
        status = "deployed" if revision == HELM_REVISIONS else "superseded"
        made = self._item("v1", "Secret", "secrets", helm_release(self, revision, status),
                          f"sh.helm.release.v1.{self.name}.v{revision}")  # fmt: skip
        made.body["metadata"]["labels"] = {
            "name": self.name, "owner": "helm", "status": status, "version": str(revision)}  # fmt: skip
        return made

    def _role(self) -> Item:
        rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [f"{self.name}-settings"],
                "verbs": ["get", "watch"]}  # fmt: skip
        return self._item("rbac.authorization.k8s.io/v1", "Role", "roles", {"rules": [rule]})

    def _role_binding(self) -> Item:
        body = {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": self.name},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}],
        }
        return self._item("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", body)

    def _pod(self, restart: str = "Always") -> dict:
        container = {
            "name": "main",
            "image": f"registry.example.com/{self.namespace}/{self.name}:{self.version}",
            "ports": [{"name": "http", "containerPort": 8080}],
            "envFrom": [{"configMapRef": {"name": f"{self.name}-settings"}}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        }
        spec = {
            "serviceAccountName": self.name,
            "restartPolicy": restart,
            "priorityClassName": "customer-facing" if self.namespace in ("shop", "payments") else "standard",
            "containers": [container],
        }
        return {"metadata": {"labels": {"app.kubernetes.io/name": self.name}}, "spec": spec}

    def _deployment(self, selector: dict) -> Item:
        spec = {"replicas": self.replicas, "selector": selector, "template": self._pod()}
        return self._item("apps/v1", "Deployment", "deployments", {"spec": spec})

    def _ingress(self) -> Item:
        backend = {"service": {"name": self.name, "port": {"name": "http"}}}
        host = f"{self.name}.{self.namespace}.example.com"
        rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        spec = {"ingressClassName": "public", "rules": [rule]}
        return self._item("networking.k8s.io/v1", "Ingress", "ingresses", {"spec": spec})


def item(
    version: str, kind: str, plural: str, namespace: str, name: str, body: dict, labels: dict[str, str] | None = None
) -> Item:
    """An Item from the parts of its path; without a namespace it is cluster-wide."""
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    metadata: dict[str, Any] = {"name": name, "labels": dict(labels or {"app.kubernetes.io/part-of": "platform"})}
    if namespace:
        metadata["namespace"] = namespace
    collection = f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"
    return Item(collection, {"apiVersion": version, "kind": kind, "metadata": metadata} | body)


def secret(kind: str, values: dict[str, str]) -> dict:
    """The body of a Secret with these plain values."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"type": kind, "data": data}


def helm_release(service: Service, revision: int, status: str) -> dict:
    """The body of a Secret in which Helm keeps a release: JSON, gzip, base64, and the Secret's own base64."""
    release = {
        "name": service.name,
        "namespace": service.namespace,
        "version": revision,
        "info": {"status": status, "description": "Upgrade complete", "notes": service.dice.randbytes(300).hex()},
        "chart": {"metadata": {"name": "microservice", "version": service.version, "apiVersion": "v2"}},
        "config": {"replicas": service.replicas, "image": {"tag": service.version}},
    }
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode(), mtime=0)).decode()
    return secret("helm.sh/release.v1", {"release": packed})


def _definition(kind: str, plural: str, group: str) -> Item:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {"kind": kind, "plural": plural, "singular": kind.lower()}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": [version]}
    return item("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "",
                f"{plural}.{group}", {"spec": spec})  # fmt: skip


def _namespace(name: str) -> list[Item]:
    labels = {"example.com/part": name, "pod-security.kubernetes.io/warn": "baseline"}
    volume = {
        "capacity": {"storage": "20Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "static",
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": name, "name": "database"},
        "hostPath": {"path": f"/srv/volumes/{name}-database"},
    }
    return [
        item("v1", "Namespace", "namespaces", "", name, {}, labels),
        item("v1", "PersistentVolume", "persistentvolumes", "", f"{name}-database", {"spec": volume}),
    ]


def _fences(namespace: str) -> list[Item]:
    limit = {"type": "Container", "defaultRequest": {"cpu": "25m"}, "max": {"memory": "32Gi"}}
    return [
        item("v1", "LimitRange", "limitranges", namespace, "defaults", {"spec": {"limits": [limit]}}),
        item("v1", "ResourceQuota", "resourcequotas", namespace, "limits", {"spec": {"hard": {"pods": "500"}}}),
    ]


def _classes() -> list[Item]:
    static = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "Immediate"}
    made = [
        item("storage.k8s.io/v1", "StorageClass", "storageclasses", "", "static", static),
        item("networking.k8s.io/v1", "IngressClass", "ingressclasses", "", "public",
             {"spec": {"controller": "example.com/ingress"}}),
    ]  # fmt: skip
    for value, name in ((1000, "standard"), (100000, "customer-facing")):
        body = {"value": value, "description": f"Work that is {name}"}
        made.append(item("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "", name, body))
    return made


def _operators() -> list[Item]:
    made = []
    group = "rbac.authorization.k8s.io"
    for kind, (plural, api_group, namespace, _) in CUSTOM.items():
        name = f"{kind.lower()}-operator"
        rule = {"apiGroups": [api_group], "resources": [plural, f"{plural}/status"], "verbs": ["*"]}
        binding = {
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
        made.append(item(f"{group}/v1", "ClusterRole", "clusterroles", "", name, {"rules": [rule]}))
        made.append(item(f"{group}/v1", "ClusterRoleBinding", "clusterrolebindings", "", name, binding))
    return made


def _database(namespace: str) -> Item:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "static",
        "volumeName": f"{namespace}-database",
        "resources": {"requests": {"storage": "20Gi"}},
    }
    return item("v1", "PersistentVolumeClaim", "persistentvolumeclaims", namespace, "database", {"spec": spec})


def _instances(dice: random.Random, kind: str) -> list[Item]:
    plural, group, namespace, count = CUSTOM[kind]
    made = []
    for number in range(count):
        name = f"{kind.lower()}-{number:04d}"
        spec = {
            "owner": f"team-{namespace}",
            "enabled": dice.random() < 0.8,
            "priority": dice.randint(1, 100),
            "reference": dice.randbytes(12).hex(),
            "terms": [{"from": dice.randint(1, 50), "percent": dice.randint(1, 40)} for _ in range(dice.randint(2, 6))],
            "description": f"{kind} number {number}, agreed with team {namespace} and reviewed once a quarter",
        }
        one = item(f"{group}/v1", kind, plural, namespace, name, {"spec": spec})
        if kind == "Merchant":
            one.owned = _merchant_parts(dice, namespace, name)
        made.append(one)
    return made


def _merchant_parts(dice: random.Random, namespace: str, name: str) -> list[Item]:
    keys = secret("Opaque", {"api-key": dice.randbytes(24).hex()})
    contract = {"data": {"contract": f"merchant={name}\nfee={dice.randint(10, 300)}\ncurrency=EUR\n"}}
    return [
        item("v1", "Secret", "secrets", namespace, f"{name}-keys", keys),
        item("v1", "ConfigMap", "configmaps", namespace, f"{name}-contract", contract),
    ]


def _dashboards(dice: random.Random) -> list[Item]:
    made = []
    for number in range(DASHBOARDS):
        panels = [{"id": each, "title": f"panel {each}", "query": f"rate(requests_total[{dice.randint(1, 30)}m])"}
                  for each in range(12)]  # fmt: skip
        board = json.dumps({"title": f"Dashboard {number}", "panels": panels}, indent=1)
        made.append(item("v1", "ConfigMap", "configmaps", "monitoring", f"dashboard-{number:03d}",
                         {"data": {"dashboard.json": board}}))  # fmt: skip
    return made


def _create(client: Client, one: Item, owner: dict | None = None) -> Counter[str]:
    if owner:
        reference = {key: owner[key] for key in ("apiVersion", "kind")}
        reference |= {key: owner["metadata"][key] for key in ("name", "uid")}
        one.body["metadata"]["ownerReferences"] = [reference | {"controller": True}]
    try:
        made = client.create(one.collection, one.body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        made = client.get(one.path)
    counts = Counter({one.body["kind"]: 1})
    for part in one.owned:
        counts += _create(client, part, made)
    return counts
