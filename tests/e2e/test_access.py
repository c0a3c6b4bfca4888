"""How a cluster is reached and by whom; what a broken kubeconfig, certificate or plugin gets: one sentence, exit 1, no point."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cluster import kubeconfig, pki
from tests.cluster.client import wait_until
from tests.e2e.conftest import Holdfast
from tests.e2e.token_door import TokenDoor, plugin_script
from tests.e2e.vaults import add_config_maps


def refused(holdfast, *words: str, arguments: tuple[str, ...] = (), **env: str) -> str:
    """Runs a backup that must fail in one sentence with these words, and must leave nothing behind."""
    result = holdfast.run("backup", *arguments, **env)
    assert result.code == 1, result.stdout + result.stderr
    sentences = result.stderr.strip().splitlines()
    assert len(sentences) == 1 and sentences[0].startswith("holdfast: "), result.stderr
    for word in words:
        assert word in result.stderr, result.stderr
    assert not (holdfast.home / "data").exists()
    return result.stderr


def plugin(tmp_path: Path, script: str) -> str:
    path = tmp_path / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def with_user(cluster, tmp_path: Path, user: dict, **options) -> dict[str, str]:
    return {"KUBECONFIG": str(cluster.write_kubeconfig(tmp_path / "kubeconfig", user, **options))}


def credential(token: str, expires: str = "") -> str:
    status = {"token": token} | ({"expirationTimestamp": expires} if expires else {})
    return json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status})


def admin_token(cluster) -> str:
    import yaml

    return yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]["token"]


# --- ways in that work


@pytest.mark.parametrize("inline", [True, False])
def test_a_client_certificate(holdfast, cluster, tmp_path, inline):
    pair = cluster.client_cert("carol", "system:masters")
    holdfast.ok("backup", "-n", "default", **with_user(cluster, tmp_path, kubeconfig.cert_user(pair, inline), inline=inline))


def test_a_credential_plugin_gets_its_arguments_and_variables(holdfast, cluster, tmp_path):
    answer = tmp_path / "answer.json"
    answer.write_text(credential(admin_token(cluster)))
    script = f'test "$1" = get-token && test "$COLOR" = blue && test -n "$KUBERNETES_EXEC_INFO" && cat {answer}'
    user = kubeconfig.exec_user(plugin(tmp_path, script), "get-token", env={"COLOR": "blue"})
    holdfast.ok("backup", "-n", "default", **with_user(cluster, tmp_path, user))


def test_several_kubeconfig_files_are_merged(holdfast, cluster, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("apiVersion: v1\nkind: Config\ncurrent-context: test\n")
    second.write_text(cluster.kubeconfig.read_text())
    holdfast.ok("backup", "-n", "default", KUBECONFIG=f"{first}:{tmp_path}/missing:{second}")


SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture
def in_a_pod(holdfast, cluster, namespace, tmp_path):
    """A holdfast that finds what a pod of this namespace finds: no kubeconfig, the variables of the API server, and the
    service account's files in their place, which nobody else on this machine sees."""
    script = f"""#!/bin/sh
exec unshare --mount sh -c 'mount -t tmpfs tmpfs /run && mkdir -p {SERVICE_ACCOUNT} &&
    cp "{tmp_path}"/account/* {SERVICE_ACCOUNT} && exec "{holdfast.binary}" "$@"' sh "$@"
"""
    if subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run"], capture_output=True).returncode:
        pytest.skip("a folder in /run needs the right to mount one")
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "ca.crt").write_bytes(cluster.ca_file.read_bytes())
    (tmp_path / "account" / "namespace").write_text(namespace)
    (tmp_path / "account" / "token").write_text(cluster.service_account_token(namespace, "default"))
    inside = tmp_path / "holdfast-in-a-pod"
    inside.write_text(script)
    inside.chmod(0o755)
    return Holdfast(inside, holdfast.home, outside_of_kubeconfigs(cluster))


def outside_of_kubeconfigs(cluster) -> dict[str, str]:
    host, port = cluster.server.removeprefix("https://").split(":")
    return {"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}


def test_the_service_account_of_a_pod(in_a_pod, cluster, namespace):
    add_config_maps(cluster.client, namespace, "mine")
    forbidden = in_a_pod.run("backup", "-n", namespace)
    assert forbidden.code == 1 and f"system:serviceaccount:{namespace}:default" in forbidden.stderr
    rbac = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    cluster.client.create(rbac, {
        "metadata": {"name": namespace}, "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}]})  # fmt: skip
    try:
        review = {"spec": {"resourceAttributes": {"verb": "list", "resource": "secrets"}}}
        as_pod = cluster.client_for(cluster.service_account_token(namespace, "default"))
        reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        wait_until(lambda: as_pod.create(reviews, review)["status"]["allowed"], 20, "the account's rights")
        report = in_a_pod.ok("backup", "-n", namespace, "-o", "json").json()
        assert report["status"] == "COMPLETED"
        shown = in_a_pod.ok("point", "show", "latest", "-o", "json").json()
        assert shown["context"] == "in-cluster" and shown["server"] == cluster.server
        mine = in_a_pod.ok("point", "get", "latest", "cm", "mine", "-n", namespace, "-o", "json").json()
        assert mine["data"] == {"name": "mine"}
    finally:
        cluster.client.delete(f"{rbac}/{namespace}")


def test_a_pod_without_a_service_account_is_told_where_it_would_be(holdfast, cluster):
    """In a pod there is no kubeconfig: the flag --kubeconfig is absent, and so is the file."""
    refused(holdfast, SERVICE_ACCOUNT, **outside_of_kubeconfigs(cluster))


@pytest.mark.parametrize("tells", [True, False], ids=["the-plugin-says-when", "the-server-says-so"])
def test_tokens_of_five_seconds_are_renewed_in_the_middle_of_a_backup(holdfast, cluster, namespace, tmp_path, tells):
    """One process outlives two tokens. Where the plugin tells when they expire, they are renewed before anybody refuses
    them; where it does not, once after each refusal."""
    names = {f"config-{number}" for number in range(5)}
    add_config_maps(cluster.client, namespace, *names)
    asked = tmp_path / "asked"
    user = kubeconfig.exec_user(plugin(tmp_path, plugin_script(asked, tells)))
    with TokenDoor(cluster, outlived=2, strict=not tells) as door:
        env = with_user(cluster, tmp_path, user, server=door.server)
        report = holdfast.ok("backup", "-n", namespace, "-o", "json", **env).json()
    assert len(asked.read_text().split()) >= 3
    assert (door.refused == 0) == tells
    assert report["status"] == "COMPLETED" and report["notCaptured"] == []
    found = holdfast.ok("point", "objects", "latest", "--kind", "cm", "-o", "json").json()
    assert {each["name"] for each in found} == names | {"kube-root-ca.crt"}


# --- ways in that do not


def test_an_unreachable_cluster(holdfast, cluster, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{free.getsockname()[1]}"
    env = with_user(cluster, tmp_path, kubeconfig.token_user("x"), server=server)
    refused(holdfast, server, "refused", **env)


def test_a_name_that_nobody_knows(holdfast, cluster, tmp_path):
    env = with_user(cluster, tmp_path, kubeconfig.token_user("x"), server="https://no-such-host.invalid:6443")
    refused(holdfast, "no-such-host.invalid", **env)


def test_a_wrong_authority(holdfast, cluster, tmp_path):
    other = pki.Authority(tmp_path / "other", "somebody-else")
    ca = tmp_path / "other.pem"
    ca.write_bytes(other.cert_pem)
    refused(holdfast, "certificate", **with_user(cluster, tmp_path, kubeconfig.token_user("x"), ca=ca))


def test_an_expired_server_certificate(new_cluster, new_holdfast):
    cluster = new_cluster(expired_serving_cert=True, controller_manager=False, scheduler=False)
    refused(new_holdfast(cluster=cluster), "expired")


def test_an_expired_client_certificate(holdfast, cluster, tmp_path):
    pair = cluster.client_cert("late", "system:masters", expired=True)
    refused(holdfast, "expired", **with_user(cluster, tmp_path, kubeconfig.cert_user(pair)))


def test_a_wrong_token(holdfast, cluster, tmp_path):
    refused(holdfast, "credentials", **with_user(cluster, tmp_path, kubeconfig.token_user("wrong")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clusters: [", "line"),
        ("just a word", "kubeconfig"),
        ("apiVersion: v1\nkind: Config\n", "context"),
        ("current-context: a\ncontexts: [{name: b, context: {cluster: c, user: u}}]\n", "'a'"),
        ("current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n", "'c'"),
    ],
)
def test_a_broken_kubeconfig(holdfast, tmp_path, text, words):
    path = tmp_path / "broken"
    path.write_text(text)
    refused(holdfast, words, KUBECONFIG=str(path))


def test_a_missing_kubeconfig(holdfast, tmp_path):
    refused(holdfast, "there is no kubeconfig", arguments=("--kubeconfig", str(tmp_path / "none")))


def test_an_unknown_context_names_those_that_there_are(holdfast):
    refused(holdfast, "'nope'", "test", arguments=("--context", "nope"))


def test_a_plugin_that_is_not_installed(holdfast, cluster, tmp_path):
    user = kubeconfig.exec_user("no-such-plugin")
    user["exec"]["installHint"] = "Install it from example.com."
    refused(holdfast, "no-such-plugin", "Install it from example.com", **with_user(cluster, tmp_path, user))


def test_a_plugin_that_fails_is_quoted(holdfast, cluster, tmp_path):
    user = kubeconfig.exec_user(plugin(tmp_path, "echo 'session expired, log in again' >&2; exit 3"))
    refused(holdfast, "session expired, log in again", **with_user(cluster, tmp_path, user))


def test_a_plugin_that_says_nothing_of_use(holdfast, cluster, tmp_path):
    refused(holdfast, "plugin", **with_user(cluster, tmp_path, kubeconfig.exec_user(plugin(tmp_path, "echo hello"))))


def test_a_plugin_that_hangs_is_ended_with_its_children(holdfast, cluster, tmp_path):
    script = f"sleep 1000 & echo $! > {tmp_path}/child; wait"
    user = kubeconfig.exec_user(plugin(tmp_path, script))
    refused(holdfast, "2 s", arguments=("--plugin-timeout", "2"), **with_user(cluster, tmp_path, user))
    child = int((tmp_path / "child").read_text())
    status = Path(f"/proc/{child}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


def test_secrets_never_show_in_errors(holdfast, cluster, tmp_path):
    user = kubeconfig.exec_user(plugin(tmp_path, f"echo '{credential('top-secret-token')}'"))
    assert "top-secret-token" not in refused(holdfast, **with_user(cluster, tmp_path, user))


def test_a_server_that_hangs_is_given_up(holdfast, cluster, tmp_path):
    """A listener that takes connections and never answers; the handshake has a time limit."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = f"https://127.0.0.1:{listener.getsockname()[1]}"
        refused(holdfast, server, **with_user(cluster, tmp_path, kubeconfig.token_user("x"), server=server))


def test_a_proxy_is_used_and_its_failure_is_told(holdfast, cluster, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{free.getsockname()[1]}"
    entry = kubeconfig.cluster_entry(cluster.server, cluster.ca_file) | {"proxy-url": proxy}
    path = kubeconfig.write_kubeconfig(tmp_path / "kubeconfig", entry, kubeconfig.token_user("x"))
    refused(holdfast, "proxy", KUBECONFIG=str(path))
