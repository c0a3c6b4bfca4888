"""What goes wrong in the demo's cluster on a bad day. Returns sentences that say what was done."""

from __future__ import annotations

import base64

from tests.cluster.client import Client, wait_until

LOST_NAMESPACE = "payments"
EDITED_NAMESPACE = "shop"
LOST_DEFINITION = "topics.messaging.example.com"
GONE_SECONDS = 120


def delete_namespace(client: Client) -> str:
    """A whole namespace, with its custom resources, claims and everything else."""
    path = f"/api/v1/namespaces/{LOST_NAMESPACE}"
    client.delete(path)
    client.wait_gone(path, GONE_SECONDS)
    return f"Namespace {LOST_NAMESPACE} is deleted, and all that was in it."


def edit_namespace(client: Client) -> str:
    """Changes that each break something: no replicas, a wrong image, a lost password, missing and unwanted objects."""
    core, apps, batch, rbac = (
        f"{root}/namespaces/{EDITED_NAMESPACE}"
        for root in ("/api/v1", "/apis/apps/v1", "/apis/batch/v1", "/apis/rbac.authorization.k8s.io/v1")
    )
    client.patch(f"{apps}/deployments/checkout", {"spec": {"replicas": 0}})
    job = client.get(f"{batch}/cronjobs/checkout")
    job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/broken:1"
    client.replace(f"{batch}/cronjobs/checkout", job)
    client.patch(f"{core}/configmaps/cart-settings", {"data": {"owner": None, "debug": "true"}})
    wrong = base64.b64encode(b"forgotten").decode()
    client.patch(f"{core}/secrets/catalog-database", {"data": {"password": wrong}})
    client.patch(f"{core}/services/frontend", {"spec": {"ports": [{"name": "http", "port": 8081, "targetPort": 1}]}})
    client.patch(core, {"metadata": {"labels": {"example.com/part": None}}})
    client.delete(f"{rbac}/rolebindings/prices")
    client.delete(f"{core}/configmaps/reviews-feature-flags")
    client.create(f"{core}/configmaps", {"metadata": {"name": "left-behind"}, "data": {"by": "the bad day"}})
    return (
        f"In namespace {EDITED_NAMESPACE} a Deployment is scaled to nothing and a CronJob has a wrong image; a "
        "ConfigMap, a Secret, a Service and the namespace's labels are changed; a RoleBinding and a ConfigMap are "
        "gone; a ConfigMap is new."
    )


def remove_definition(client: Client) -> str:
    """A CustomResourceDefinition; Kubernetes deletes its instances with it."""
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{LOST_DEFINITION}"
    client.delete(path)
    client.wait_gone(path, GONE_SECONDS)
    return f"CustomResourceDefinition {LOST_DEFINITION} is removed, and with it all of its instances."


def wait_settled(client: Client, seconds: float = 120) -> None:
    """Returns when the controllers have made for Deployments and Services all that they make."""
    wait_until(
        lambda: _pods_are_made(client) and _endpoints_are_made(client), seconds, "the controllers to have caught up"
    )


def _pods_are_made(client: Client) -> bool:
    deployments = client.get("/apis/apps/v1/deployments")["items"]
    for each in deployments:
        status, wanted = each["status"], each["spec"]["replicas"]
        is_seen = status.get("observedGeneration") == each["metadata"]["generation"]
        if not is_seen or not wanted == status.get("replicas", 0) == status.get("updatedReplicas", 0):
            return False
    return len(client.get("/api/v1/pods")["items"]) == sum(each["spec"]["replicas"] for each in deployments)


def _endpoints_are_made(client: Client) -> bool:
    slices = [each["metadata"] for each in client.get("/apis/discovery.k8s.io/v1/endpointslices")["items"]]
    made = {(each["namespace"], each["labels"].get("kubernetes.io/service-name")) for each in slices}
    services = [each for each in client.get("/api/v1/services")["items"] if "selector" in each["spec"]]
    return {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in services} <= made
