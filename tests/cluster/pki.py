"""A certificate authority for tests, made with the openssl command."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

# The API server accepts a token for so long after its end, for clocks that differ.
EXPIRY_LEEWAY_SECONDS = 60
LOOPBACK_NAMES = ("DNS:localhost", "IP:127.0.0.1")


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, as PEM files."""

    cert: Path
    key: Path


class Authority:
    """A CA that lives in one folder; issues as many certificates as a test wants."""

    def __init__(self, folder: Path, common_name: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.own = KeyPair(folder / "ca.crt", folder / "ca.key")
        if self.own.cert.exists():
            return
        new_ec_key(self.own.key)
        openssl(
            "req", "-x509", "-new", "-key", str(self.own.key), "-out", str(self.own.cert), "-days", "3650",
            "-subj", f"/CN={common_name}", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip

    @property
    def cert_pem(self) -> bytes:
        """The CA certificate that clients trust."""
        return self.own.cert.read_bytes()

    @property
    def bundle(self) -> str:
        """The CA certificate as `caBundle` fields want it."""
        return base64.b64encode(self.cert_pem).decode()

    def issue_server(self, name: str, alt_names: tuple[str, ...] = LOOPBACK_NAMES, expired: bool = False) -> KeyPair:
        """A serving certificate for `alt_names` (entries such as DNS:localhost or IP:127.0.0.1)."""
        extensions = f"extendedKeyUsage=serverAuth\nsubjectAltName={','.join(alt_names)}\n"
        return self._issue(name, f"/CN={name}", extensions, expired)

    def issue_client(self, user: str, groups: tuple[str, ...] = (), expired: bool = False) -> KeyPair:
        """A client certificate; the API server reads the user from CN and the groups from O."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._issue(user.replace(":", "_"), subject, "extendedKeyUsage=clientAuth\n", expired)

    def _issue(self, name: str, subject: str, extensions: str, expired: bool) -> KeyPair:
        stem = f"{name}-expired" if expired else name
        pair = KeyPair(self.folder / f"{stem}.crt", self.folder / f"{stem}.key")
        request, config = self.folder / f"{stem}.csr", self.folder / f"{stem}.ext"
        config.write_text(f"basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n{extensions}")
        new_ec_key(pair.key)
        openssl("req", "-new", "-key", str(pair.key), "-out", str(request), "-subj", subject)
        openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.own.cert), "-CAkey", str(self.own.key),
            "-CAcreateserial", "-extfile", str(config), "-out", str(pair.cert), "-days", "-1" if expired else "365",
        )  # fmt: skip
        return pair


def new_ec_key(path: Path) -> None:
    """Writes a new P-256 private key."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(path))
    path.chmod(0o600)


def new_rsa_pair(private: Path, public: Path) -> None:
    """Writes an RSA key pair, the kind that signs service account tokens."""
    openssl("genrsa", "-out", str(private), "2048")
    openssl("rsa", "-in", str(private), "-pubout", "-out", str(public))
    private.chmod(0o600)


def sign_jwt(claims: dict, private_key: Path) -> str:
    """A JSON web token with `claims`, signed RS256."""
    header = {"alg": "RS256", "typ": "JWT"}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(private_key)],
        input=signed.encode(), capture_output=True, check=True,
    )  # fmt: skip
    return f"{signed}.{_base64url(signature.stdout)}"


def service_account_claims(issuer: str, namespace: str, name: str, uid: str, seconds: int) -> dict:
    """What the API server wants to read in a token of a service account that it refuses `seconds` from now."""
    now = int(time.time())
    return {
        "iss": issuer,
        "aud": [issuer],
        "sub": f"system:serviceaccount:{namespace}:{name}",
        "iat": now,
        "nbf": now,
        "exp": now + seconds - EXPIRY_LEEWAY_SECONDS,
        "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}},
    }


def openssl(*arguments: str) -> None:
    """Runs openssl; a failure carries what it printed."""
    result = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {result.stderr.strip()}")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
