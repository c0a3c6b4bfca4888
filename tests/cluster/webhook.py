"""Admission and conversion webhooks that misbehave on request, in the test's own process.

    with Webhook(cluster) as webhook:
        webhook.admit("/deny/forbidden", ["configmaps"], namespace)

The path decides what an admission webhook does:
    /allow              lets everything pass
    /deny               refuses everything
    /deny/KEY           refuses objects that carry the label KEY
    /mutate/KEY/VALUE   adds a label
    /no-dry-run         refuses dry runs, lets the rest pass
    /hang               does not answer before the server stops
    /error              answers 500
    /garbage            answers something that is not a review
and a conversion webhook:
    /convert            changes apiVersion and nothing else
    /convert-fail       says that it cannot
A dead one is any of them after die().
"""

from __future__ import annotations

import base64
import json
import urllib.parse
import uuid
from typing import Any

from tests.cluster.client import wait_until
from tests.cluster.cluster import Cluster
from tests.cluster.tls_server import TlsServer

REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
HANG_SECONDS_MAX = 60
ACTIVE_SECONDS = 30
PROBE_LABEL = "webhook-probe"


class Webhook(TlsServer):
    """Serves every behaviour at once. Leaving the context removes what it registered in the cluster."""

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._registered: list[str] = []
        self.reviews: list[dict] = []
        super().__init__(cluster.authority.issue_server(f"webhook-{uuid.uuid4().hex[:8]}"))

    def client_config(self, path: str) -> dict:
        """The `clientConfig` of a webhook that does what `path` says."""
        return {"url": f"https://127.0.0.1:{self.port}{path}", "caBundle": self._cluster.authority.bundle}

    def conversion(self, path: str) -> dict:
        """The `spec.conversion` of a CRD whose versions are converted as `path` says."""
        hook = {"clientConfig": self.client_config(path), "conversionReviewVersions": ["v1"]}
        return {"strategy": "Webhook", "webhook": hook}

    def admit(
        self,
        path: str,
        resources: list[str],
        namespace: str | None = None,
        groups: tuple[str, ...] = ("*",),
        operations: tuple[str, ...] = ("CREATE", "UPDATE"),
        failure_policy: str = "Fail",
        timeout: int = 5,
    ) -> str:
        """Registers an admission webhook, for one namespace or for all, and returns its configuration's path once
        the API server calls it."""
        kind = "mutating" if path.startswith("/mutate") else "validating"
        name = f"webhook-{uuid.uuid4().hex[:8]}"
        rule = {"apiGroups": groups, "apiVersions": ["*"], "operations": operations, "resources": resources}
        hook = self._hook("main", path, [rule], failurePolicy=failure_policy, timeoutSeconds=timeout)
        hook["objectSelector"] = {"matchExpressions": [{"key": PROBE_LABEL, "operator": "DoesNotExist"}]}
        if namespace:
            hook["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        configurations = f"{REGISTRATION}/{kind}webhookconfigurations"
        self._cluster.client.create(configurations, {"metadata": {"name": name}, "webhooks": [hook, self._probe(name)]})
        self._registered.append(f"{configurations}/{name}")
        wait_until(lambda: self._is_active(name), ACTIVE_SECONDS, "the API server to call the webhook")
        return f"{configurations}/{name}"

    def die(self) -> None:
        """Stops serving, but stays registered: the API server finds nobody there."""
        super().stop()

    def stop(self) -> None:
        """Removes what it registered, then stops serving."""
        while self._registered:
            try:
                self._cluster.client.request("DELETE", self._registered.pop())
            except OSError:
                pass
        super().stop()

    def handle(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        behaviour, *rest = urllib.parse.urlsplit(path).path.strip("/").split("/")
        if behaviour == "hang":
            self.stopping.wait(HANG_SECONDS_MAX)
        if behaviour == "error":
            return 500, {"error": "the webhook is broken"}
        if behaviour == "garbage" or not body:
            return 200, {"kind": "Nonsense"}
        if behaviour in ("convert", "convert-fail"):
            return 200, convert(body, fails=behaviour == "convert-fail")
        request = body["request"]
        if behaviour != "probe":
            self.reviews.append(request)
        return 200, answer_review(body, decide(behaviour, rest, request))

    def _hook(self, name: str, path: str, rules: list[dict], **more: Any) -> dict:
        hook = {
            "name": f"{name}.webhook.test",
            "clientConfig": self.client_config(path),
            "rules": rules,
            "sideEffects": "NoneOnDryRun",
            "admissionReviewVersions": ["v1"],
        }
        return hook | more

    def _probe(self, name: str) -> dict:
        """A second webhook in the same configuration, which only _is_active() meets."""
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
        selector = {"matchLabels": {PROBE_LABEL: name}}
        return self._hook("probe", "/probe", [rule], objectSelector=selector)

    def _is_active(self, name: str) -> bool:
        probe = {"metadata": {"name": name, "labels": {PROBE_LABEL: name}}}
        answer = self._cluster.client.request("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", probe)
        return b"the probe was seen" in answer.body


def decide(behaviour: str, words: list[str], request: dict) -> dict:
    """What an admission webhook answers, apart from the envelope."""
    labels = ((request.get("object") or {}).get("metadata") or {}).get("labels") or {}
    if behaviour == "probe":
        return refusal("the probe was seen")
    if behaviour == "deny" and not words:
        return refusal("nothing is allowed here")
    if behaviour == "deny" and words[0] in labels:
        return refusal(f"label {words[0]} is forbidden here")
    if behaviour == "no-dry-run" and request.get("dryRun"):
        return refusal("this webhook does not support dry run")
    if behaviour == "mutate":
        patch = {"op": "add", "path": "/metadata/labels", "value": labels | {words[0]: words[1]}}
        encoded = base64.b64encode(json.dumps([patch]).encode()).decode()
        return {"allowed": True, "patchType": "JSONPatch", "patch": encoded}
    return {"allowed": True}


def refusal(message: str) -> dict:
    """A decision against the request."""
    return {"allowed": False, "status": {"code": 403, "message": message}}


def answer_review(review: dict, decision: dict) -> dict:
    """The AdmissionReview around a decision."""
    response = decision | {"uid": review["request"]["uid"]}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def convert(review: dict, fails: bool) -> dict:
    """The ConversionReview that answers one."""
    request = review["request"]
    response: dict[str, Any] = {"uid": request["uid"], "convertedObjects": []}
    if fails:
        response["result"] = {"status": "Failure", "message": "the conversion webhook refuses to convert"}
    else:
        wanted = request["desiredAPIVersion"]
        response["convertedObjects"] = [each | {"apiVersion": wanted} for each in request["objects"]]
        response["result"] = {"status": "Success"}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": response}
