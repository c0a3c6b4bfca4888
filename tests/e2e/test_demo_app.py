"""The application that the demo backs up."""

from __future__ import annotations

from tests.cluster import demo_app
from tests.cluster.client import Client


def test_the_demo_application_can_be_applied_twice(new_cluster):
    own = new_cluster()
    client = Client.from_kubeconfig(own.kubeconfig)
    made = demo_app.apply(client)
    assert sum(made.values()) > 3000
    assert made["Namespace"] == 7 and made["CustomResourceDefinition"] == 5
    demo_app.wait_bound(client)
    keys = own.client.get("/api/v1/namespaces/payments/secrets/merchant-0007-keys")
    merchant = own.client.get("/apis/payments.example.com/v1/namespaces/payments/merchants/merchant-0007")
    assert keys["metadata"]["ownerReferences"][0]["uid"] == merchant["metadata"]["uid"]
    assert demo_app.apply(client) == made
