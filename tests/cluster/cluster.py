"""A real Kubernetes control plane on free loopback ports: one Cluster is one isolated instance."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster import build, kubeconfig, pki
from tests.cluster.client import Client, wait_until
from tests.cluster.etcd import Etcd
from tests.cluster.process import Child, free_ports

START_ATTEMPTS = 3
READY_SECONDS = 90
PROBE_SECONDS = 2
SERVICE_RANGE = "10.96.0.0/12"
SERVICE_NAMES = ("DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc", "IP:10.96.0.1")
ISSUER = "https://kubernetes.default.svc"


class ClusterError(RuntimeError):
    """The control plane did not come up; the message holds the end of the log that says why."""


@dataclass(frozen=True)
class Options:
    """What a test may want otherwise.

    apiserver_flags -- added to the API server's, e.g. ("--max-requests-inflight=4",); feature gates add up.
    tokens          -- further users: token -> (user, groups).
    history         -- False makes etcd's compaction visible at once (a forced 410 needs it): the watch cache then
                       keeps no snapshots.
    data            -- a folder made by save_data(): the cluster begins with what that one held, its identity included.
    detached        -- the processes outlive this one.
    keep            -- the folder with logs and data is not removed when the cluster stops.
    """

    apiserver_flags: tuple[str, ...] = ()
    controller_manager: bool = True
    scheduler: bool = True
    tokens: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    history: bool = True
    expired_serving_cert: bool = False
    data: Path | None = None
    detached: bool = False
    keep: bool = bool(os.environ.get("HOLDFAST_KEEP_CLUSTERS"))


def state_file(folder: Path) -> Path:
    """Where a detached cluster notes its processes, from the first one on."""
    return folder / "state.json"


class Cluster:
    """etcd, kube-apiserver and, unless left out, kube-controller-manager and kube-scheduler.

    Use as a context manager or call start() and stop(). `client` speaks as the administrator.
    """

    def __init__(self, options: Options | None = None, folder: Path | None = None):
        self.options = options or Options()
        self._made_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="holdfast-cluster-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.admin_token = secrets.token_hex(16)
        self.children: dict[str, Child] = {}
        self.ports: dict[str, int] = {}
        self.client: Client

    def __enter__(self) -> Cluster:
        return self if self.children else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Life and death

    def start(self) -> Cluster:
        """Returns when the cluster serves and its controllers work; a few seconds."""
        self._bin = build.ensure_built()
        (self.folder / "logs").mkdir(exist_ok=True)
        self._make_certificates()
        self._write_token_file()
        for attempt in range(START_ATTEMPTS):
            try:
                self._start_all()
                return self
            except ClusterError as error:
                self._stop_all()
                lost_a_port = "address already in use" in str(error)
                if attempt + 1 == START_ATTEMPTS or not lost_a_port:
                    raise
                shutil.rmtree(self.folder / "etcd", ignore_errors=True)
            except BaseException:
                self._stop_all()
                raise
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Ends every process and removes the folder, if this cluster made it. Harmless when called twice."""
        self._stop_all()
        if self._made_folder and not self.options.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def save_data(self, target: Path) -> None:
        """Ends every process, then puts a copy of all that the cluster held at `target`, which must not exist."""
        self._stop_all()
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
        try:
            shutil.copytree(self.folder / "etcd", staging, dirs_exist_ok=True)
            staging.rename(target)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise

    def kill_apiserver(self) -> None:
        """Ends the API server as a crash would."""
        self.children.pop("kube-apiserver").kill()
        self.client.reconnect()

    def start_apiserver(self, *more_flags: str) -> None:
        """Starts it again on the same port, and waits until it is ready."""
        child = self._spawn("kube-apiserver", self._apiserver_flags() + list(more_flags))
        self.client.reconnect()
        self._wait_ready(child, self._is_ready, "the API server to be ready")

    def pause_apiserver(self) -> None:
        """Stops it in its tracks: connections stay open and nothing answers."""
        self.children["kube-apiserver"].send(signal.SIGSTOP)

    def resume_apiserver(self) -> None:
        """Lets a paused one go on."""
        self.children["kube-apiserver"].send(signal.SIGCONT)

    def compact_etcd(self, revision: int | None = None) -> int:
        """Forgets history before `revision`, by default before now. Requests see it with Options(history=False)."""
        return self.etcd.compact(revision)

    # Ways in

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self.ports['apiserver']}"

    @property
    def etcd(self) -> Etcd:
        """The store behind the API server."""
        return Etcd(f"http://127.0.0.1:{self.ports['etcd']}")

    @property
    def ca_file(self) -> Path:
        """The certificate that vouches for the API server."""
        return self.authority.own.cert

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of the administrator, by token."""
        return self.folder / "kubeconfig"

    def write_kubeconfig(
        self,
        path: Path,
        user: dict,
        server: str | None = None,
        ca: Path | None = None,
        inline: bool = True,
        namespace: str | None = None,
    ) -> Path:
        """A kubeconfig for this cluster; `user` comes from kubeconfig.token_user, cert_user or exec_user."""
        entry = kubeconfig.cluster_entry(server or self.server, ca or self.ca_file, inline)
        return kubeconfig.write_kubeconfig(path, entry, user, namespace=namespace)

    def client_cert(self, user: str, *groups: str, expired: bool = False) -> pki.KeyPair:
        """A new user who signs in with a certificate; needs no restart."""
        return self.authority.issue_client(user, groups, expired)

    def client_for(self, token: str | None = None, cert: pki.KeyPair | None = None) -> Client:
        """A client that speaks as somebody else."""
        files = (str(cert.cert), str(cert.key)) if cert else None
        return Client(self.server, str(self.ca_file), token, files)

    def service_account_token(self, namespace: str, name: str, seconds: int = 3600) -> str:
        """A token of a service account, of any life time: signed with the cluster's own key, because the API server
        itself grants none under ten minutes. It remembers a good token for ten seconds beyond its end."""
        account = self.client.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}")
        claims = pki.service_account_claims(ISSUER, namespace, name, account["metadata"]["uid"], seconds)
        return pki.sign_jwt(claims, self.folder / "pki" / "service-account.key")

    def namespace_uid(self, name: str = "kube-system") -> str:
        """A namespace's UID; that of kube-system is the cluster's identity."""
        return self.client.get(f"/api/v1/namespaces/{name}")["metadata"]["uid"]

    def wait_namespace_ready(self, name: str, seconds: float = 30) -> None:
        """Returns when the controllers have put into a new namespace what they put into every one."""
        base = f"/api/v1/namespaces/{name}"
        for path in (f"{base}/serviceaccounts/default", f"{base}/configmaps/kube-root-ca.crt"):
            wait_until(lambda path=path: self.client.exists(path), seconds, f"{path} to exist")

    # Inside

    def _make_certificates(self) -> None:
        folder = self.folder / "pki"
        self.authority = pki.Authority(folder / "ca", "holdfast-test-ca")
        self._front_proxy = pki.Authority(folder / "front-proxy", "holdfast-test-front-proxy-ca")
        names = pki.LOOPBACK_NAMES + SERVICE_NAMES
        self._serving = self.authority.issue_server("kube-apiserver", names, self.options.expired_serving_cert)
        self._proxy_client = self._front_proxy.issue_client("front-proxy-client")
        pki.new_rsa_pair(folder / "service-account.key", folder / "service-account.pub")

    def _write_token_file(self) -> None:
        lines = [f'{self.admin_token},admin,admin,"system:masters"']
        for token, (user, groups) in self.options.tokens.items():
            lines.append(f'{token},{user},{user},"{",".join(groups)}"')
        path = self.folder / "pki" / "tokens.csv"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")

    def _start_all(self) -> None:
        etcd, peer, apiserver = free_ports(3)
        self.ports = {"etcd": etcd, "etcd-peer": peer, "apiserver": apiserver}
        self.client = Client(self.server, str(self.ca_file), self.admin_token)
        if self.options.data and not (self.folder / "etcd").exists():
            shutil.copytree(self.options.data, self.folder / "etcd")
        child = self._spawn("etcd", self._etcd_flags())
        self._wait_ready(child, self.etcd.is_healthy, "etcd to be healthy")
        if self.options.expired_serving_cert:
            self._spawn("kube-apiserver", self._apiserver_flags())
        else:
            self.start_apiserver()
        self.write_kubeconfig(self.kubeconfig, kubeconfig.token_user(self.admin_token))
        if self.options.controller_manager:
            child = self._spawn("kube-controller-manager", self._controller_manager_flags())
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            self._wait_ready(child, lambda: self.client.exists(account), "the controllers to work")
        if self.options.scheduler:
            self._spawn("kube-scheduler", self._scheduler_flags())

    def _stop_all(self) -> None:
        while self.children:
            self.children.popitem()[1].kill()

    def _spawn(self, name: str, flags: list[str]) -> Child:
        log = self.folder / "logs" / f"{name}.log"
        child = Child([str(self._bin / name), *flags], log, self.options.detached)
        self.children[name] = child
        if self.options.detached:
            self._write_state()
        return child

    def _write_state(self) -> None:
        processes = [child.record().as_json() for child in self.children.values()]
        state = {"kubeconfig": str(self.kubeconfig), "processes": processes}
        state_file(self.folder).write_text(json.dumps(state, indent=2) + "\n")

    def _wait_ready(self, child: Child, condition: Any, what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not child.is_alive():
                raise ClusterError(f"the process died while waiting for {what}:\n{child.last_lines()}")
            try:
                wait_until(condition, 0.2, what)
                return
            except TimeoutError:
                continue
        raise ClusterError(f"waited {READY_SECONDS} s for {what}:\n{child.last_lines()}")

    def _is_ready(self) -> bool:
        return self.client.request("GET", "/readyz", timeout=PROBE_SECONDS).status == 200

    def _etcd_flags(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{self.ports[name]}" for name in ("etcd", "etcd-peer"))
        return [
            "--name=test",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=test={peer}",
            "--unsafe-no-fsync",
            "--quota-backend-bytes=8589934592",
            "--log-level=warn",
        ]

    def _apiserver_flags(self) -> list[str]:
        keys = self.folder / "pki"
        flags = [
            f"--etcd-servers=http://127.0.0.1:{self.ports['etcd']}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self.ports['apiserver']}",
            f"--tls-cert-file={self._serving.cert}",
            f"--tls-private-key-file={self._serving.key}",
            f"--client-ca-file={self.authority.own.cert}",
            f"--token-auth-file={keys / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={keys / 'service-account.pub'}",
            f"--service-account-signing-key-file={keys / 'service-account.key'}",
            f"--requestheader-client-ca-file={self._front_proxy.own.cert}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={self._proxy_client.cert}",
            f"--proxy-client-key-file={self._proxy_client.key}",
            "--enable-aggregator-routing=false",
            "--allow-privileged=true",
            "--profiling=false",
            "--v=1",
        ]
        if not self.options.history:
            flags.append("--feature-gates=ListFromCacheSnapshot=false")
        return flags + list(self.options.apiserver_flags)

    def _controller_manager_flags(self) -> list[str]:
        pair = self.client_cert("system:kube-controller-manager")
        config = self.write_kubeconfig(self.folder / "controller-manager.kubeconfig", kubeconfig.cert_user(pair))
        return [
            f"--kubeconfig={config}",
            "--leader-elect=false",
            "--secure-port=0",
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self.folder / 'pki' / 'service-account.key'}",
            f"--root-ca-file={self.authority.own.cert}",
            f"--cluster-signing-cert-file={self.authority.own.cert}",
            f"--cluster-signing-key-file={self.authority.own.key}",
            "--kube-api-qps=1000",
            "--kube-api-burst=2000",
            "--v=1",
        ]

    def _scheduler_flags(self) -> list[str]:
        pair = self.client_cert("system:kube-scheduler")
        config = self.write_kubeconfig(self.folder / "scheduler.kubeconfig", kubeconfig.cert_user(pair))
        return [f"--kubeconfig={config}", "--leader-elect=false", "--secure-port=0", "--v=1"]
