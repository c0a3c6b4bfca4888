"""How a cluster is reached and by whom; what a broken kubeconfig, certificate or plugin gets: one sentence, exit 1, no point."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest

from tests.cluster import kubeconfig, pki


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


def test_the_service_account_of_a_pod(holdfast, cluster, namespace, tmp_path):
    """In a pod there is no kubeconfig: the flag --kubeconfig is absent, and so is the file."""
    host, port = cluster.server.removeprefix("https://").split(":")
    env = {"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    result = holdfast.run("backup", **env)
    assert result.code == 1 and "/var/run/secrets/kubernetes.io/serviceaccount" in result.stderr


def test_tokens_of_five_seconds_are_renewed(holdfast, cluster, namespace, tmp_path):
    """Each token is good for five seconds; a plugin that hands out the same one until it ends must be asked again."""
    rbac = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    cluster.client.create(rbac, {
        "metadata": {"name": namespace}, "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}]})  # fmt: skip
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    until = time.time() + 60
    number = 0
    script = f"""
n=$(ls {tmp_path}/asked* 2>/dev/null | wc -l); : > {tmp_path}/asked.$n; cat {tokens}/$n"""
    while number < 12:
        token = cluster.service_account_token(namespace, "default", 5 + 5 * number)
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5 + 5 * number))
        (tokens / str(number)).write_text(credential(token, expires))
        number += 1
    env = with_user(cluster, tmp_path, kubeconfig.exec_user(plugin(tmp_path, script)))
    while len(list(tmp_path.glob("asked.*"))) < 3:
        holdfast.ok("backup", "-n", namespace, **env)
        assert time.time() < until, "the plugin was not asked again"


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
