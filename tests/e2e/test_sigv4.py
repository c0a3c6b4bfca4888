"""Our verifier of AWS signatures against signers that others wrote: what they sign is accepted, what is changed refused."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.conftest import ROOT

COUNT = 10_000
ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CACHE = Path(os.environ.get("HOLDFAST_CACHE") or Path.home() / ".cache" / "holdfast")
LETTERS = "abcXYZ019-._~ /:+=&%?#@!$'()*,;\"<>[]{}|\\^`\u00e4\u20ac\U0001f600"
SPACES = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class Wire:
    """A request as it is sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def line(self) -> str:
        return json.dumps({"method": self.method, "target": self.target, "headers": self.headers,
                           "body": base64.b64encode(self.body).decode()})  # fmt: skip


@pytest.fixture(scope="session")
def probe_binary() -> Path:
    """The release binary, or the one that HOLDFAST_SIGV4_PROBE names."""
    default = ROOT / "build" / "release" / "tests" / "sigv4_probe"
    binary = Path(os.environ.get("HOLDFAST_SIGV4_PROBE") or default).resolve()
    assert binary.is_file(), f"there is no {binary}; build the target sigv4_probe, or name one with HOLDFAST_SIGV4_PROBE"
    return binary


@pytest.fixture
def verdicts(probe_binary):
    """What the verifier says of each request."""

    def run(requests: list[Wire], secret: str = SECRET) -> list[str]:
        done = subprocess.run(
            [str(probe_binary), "--access-key-id", ACCESS_KEY, "--secret", secret],
            input="".join(f"{each.line()}\n" for each in requests),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said = done.stdout.splitlines()
        assert len(said) == len(requests)
        return said

    return run


def word(dice: random.Random, longest: int = 8) -> str:
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(1, longest)))


def random_url(dice: random.Random) -> str:
    host = dice.choice(["http://127.0.0.1:8080", "http://localhost", "https://backup.us-east-1.example.com"])
    segments = [quote(word(dice, 12), safe=dice.choice(["", "-._~", ":", ":@!$'()*,;="])) for _ in range(dice.randint(0, 4))]
    path = "/" + "/".join(segments) + dice.choice(["", "/"])
    pairs = []
    for _ in range(dice.randint(0, 4)):
        name = quote(word(dice), safe="-._~")
        pairs.append(dice.choice([name, f"{name}=", f"{name}={quote(word(dice), safe='-._~')}"]))
    if pairs and dice.random() < 0.3:
        pairs.append(dice.choice(pairs))
    return host + path + ("?" + "&".join(pairs) if pairs else "")


def signed_by_botocore(dice: random.Random) -> Wire:
    """One random request, signed in its header or in its query."""
    token = "token/" + word(dice, 30).encode("ascii", "ignore").decode() if dice.random() < 0.3 else None
    credentials = Credentials(ACCESS_KEY, SECRET, token)
    in_query = dice.random() < 0.3
    method = dice.choice(["GET", "PUT", "POST", "DELETE", "PATCH"])
    body = b"" if in_query or method == "GET" else dice.randbytes(dice.randint(0, 200))
    request = AWSRequest(method=method, url=random_url(dice), data=body)
    names = ["X-Amz-Meta", "Content-Type", "x-amz-other", "Accept", "User-Agent", "X-Custom"]
    values = ["plain", "a  b", " trimmed ", "tab\tand  more", 'a,b;c="d   e"', "1"]
    for _ in range(dice.randint(0, 4)):
        request.headers[dice.choice(names)] = dice.choice(values)  # appends: a name may repeat
    service, region = dice.choice(["backup", "eks", "sts"]), dice.choice(["us-east-1", "eu-central-1", "cn-north-1"])
    if in_query:
        SigV4QueryAuth(credentials, service, region, expires=dice.randint(60, 900)).add_auth(request)
    else:
        SigV4Auth(credentials, service, region).add_auth(request)
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return Wire(method, target, (("Host", parts.netloc), *request.headers.items()), body)


def signed_by_smithy() -> list[Wire]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on the PATH")
    modules = CACHE / "node" / "node_modules"
    assert modules.is_dir(), f"there is no {modules}; tools/setup.sh test makes it"
    # Modules are found beside the script, so it runs from where they are.
    script = CACHE / "node" / "sign_requests.mjs"
    shutil.copyfile(ROOT / "tests" / "node" / "sign_requests.mjs", script)
    done = subprocess.run([node, str(script), str(COUNT), "7", ACCESS_KEY, SECRET],
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    wires = []
    for line in done.stdout.splitlines():
        json_form = json.loads(line)
        wires.append(Wire(json_form["method"], json_form["target"], tuple(map(tuple, json_form["headers"])),
                          base64.b64decode(json_form["body"])))  # fmt: skip
    assert len(wires) == COUNT
    return wires


def normal_path(path: str) -> tuple[list[str], bool]:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return kept, path.endswith("/") or not kept


def normal_query(query: str) -> object:
    if re.search(r"%(?![0-9A-Fa-f]{2})", query):
        return query
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return sorted((unquote_to_bytes(name.replace("+", " ")), unquote_to_bytes(value.replace("+", " "))) for name, _, value in pairs)


def signed_names(wire: Wire) -> set[str]:
    text = next((value for name, value in wire.headers if name.lower() == "authorization"), None)
    if text is None:
        text = unquote_to_bytes(wire.target).decode(errors="replace")
    found = re.search(r"SignedHeaders=([^,&]*)", text)
    return set(found.group(1).split(";")) if found else set()


def meaning(wire: Wire, names: set[str]) -> object:
    """What the signature is about. Two requests that mean the same have the same signature, by AWS's rules."""
    path, _, query = wire.target.partition("?")
    headers = sorted((name.lower(), SPACES.sub(" ", value).strip()) for name, value in wire.headers if name.lower() in names)
    authorization = [[part.strip() for part in re.split(",", value)] for name, value in wire.headers if name.lower() == "authorization"]
    return wire.method, normal_path(path), normal_query(query), headers, authorization, wire.body


def change_byte(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text))
    return text[:place] + chr(dice.randint(0x21, 0x7E)) + text[place + 1 :]


def changed_once(wire: Wire, dice: random.Random, names: set[str]) -> Wire:
    part = dice.choice(["method", "target", "target", "value", "value", "name", "body"])
    if part == "method":
        return replace(wire, method=change_byte(wire.method, dice))
    if part == "target":
        return replace(wire, target=change_byte(wire.target, dice))
    if part == "body" and wire.body:
        place = dice.randrange(len(wire.body))
        return replace(wire, body=wire.body[:place] + dice.randbytes(1) + wire.body[place + 1 :])
    covered = [i for i, (name, value) in enumerate(wire.headers) if value and name.lower() in names | {"authorization"}]
    index = dice.choice(covered)
    name, value = wire.headers[index]
    header = (change_byte(name, dice), value) if part == "name" else (name, change_byte(value, dice))
    return replace(wire, headers=(*wire.headers[:index], header, *wire.headers[index + 1 :]))


def changed(wire: Wire, dice: random.Random) -> Wire:
    """The request with one byte changed so that it means something else."""
    names = signed_names(wire)
    before = meaning(wire, names)
    while True:
        other = changed_once(wire, dice, names)
        if meaning(other, names) != before:
            return other


def pairs(requests: list[Wire], said: list[str], wrong) -> Iterator[str]:
    return (f"{verdict}: {each.line()}" for each, verdict in zip(requests, said, strict=True) if wrong(verdict))


def check_signer(requests: list[Wire], verdicts) -> None:
    refused = list(pairs(requests, verdicts(requests), lambda verdict: verdict != "accepted"))
    assert not refused, f"{len(refused)} refused, such as {refused[0]}"
    dice = random.Random(11)
    others = [changed(each, dice) for each in requests]
    accepted = list(pairs(others, verdicts(others), lambda verdict: verdict == "accepted"))
    assert not accepted, f"{len(accepted)} accepted, such as {accepted[0]}"


def test_what_botocore_signs_is_accepted_and_what_is_changed_refused(verdicts):
    dice = random.Random(5)
    check_signer([signed_by_botocore(dice) for _ in range(COUNT)], verdicts)


def test_what_smithy_signs_is_accepted_and_what_is_changed_refused(verdicts):
    check_signer(signed_by_smithy(), verdicts)


def test_another_secret_is_refused(verdicts):
    dice = random.Random(6)
    requests = [signed_by_botocore(dice) for _ in range(100)]
    assert all("does not match the signature you provided" in each for each in verdicts(requests, "another"))
