"""A running `holdfast server`, and clients of it that others wrote."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import threading
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.httpsession
import botocore.loaders
import botocore.model
import botocore.validate

from tests.e2e.conftest import Holdfast

START_SECONDS = 60
STOP_SECONDS = 60
ACCOUNT = "000000000001"
REGION = "us-east-1"


class Server:
    """`holdfast server` on a free port of loopback, with a home of its own."""

    def __init__(self, holdfast: Holdfast, *arguments: str):
        self.holdfast = holdfast
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        self.endpoint = ""

    def start(self, listen: str = "127.0.0.1:0") -> Server:
        process = self.holdfast.popen("server", "--listen", listen, *self._arguments)
        self._process = process
        timer = threading.Timer(START_SECONDS, process.kill)
        timer.start()
        assert process.stderr is not None
        self.said = []
        for line in process.stderr:
            self.said.append(line)
            if match := re.match(r"Holdfast serves at (\S+)\. ", line):
                self.endpoint = match.group(1)
                break
        timer.cancel()
        assert self.endpoint, f"the server did not start: {''.join(self.said)}"
        # What is said later must not fill the pipe.
        threading.Thread(target=lambda: self.said.extend(process.stderr or []), daemon=True).start()
        return self

    def stop(self) -> int:
        """Stops it gracefully; its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(STOP_SECONDS)
        self._process = None
        return code

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def restart(self) -> Server:
        """Starts it again where clients expect it."""
        return self.start(self.endpoint.removeprefix("http://"))

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def credentials_file(self) -> Path:
        return self.holdfast.home / "server" / "credentials"

    def credentials(self) -> dict[str, str]:
        parser = configparser.ConfigParser()
        parser.read(self.credentials_file)
        return dict(parser["holdfast"])

    def client(self, service: str, region: str = REGION, **keys: str) -> Any:
        """A boto3 client that holds every answer against the service's model."""
        known = self.credentials()
        session = boto3.session.Session(
            aws_access_key_id=keys.get("access_key", known["aws_access_key_id"]),
            aws_secret_access_key=keys.get("secret", known["aws_secret_access_key"]),
            aws_session_token=keys.get("token"),
            region_name=region,
        )
        settings = botocore.config.Config(retries={"total_max_attempts": 1}, proxies={})
        client = session.client(service, endpoint_url=self.endpoint, config=settings)
        client.meta.events.register("after-call.*.*", check_answer)
        return client


    def own(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Asks for one of Holdfast's own operations; status and answer."""
        known = self.credentials()
        request = botocore.awsrequest.AWSRequest(
            method, self.endpoint + path, data=json.dumps(body), headers={"Content-Type": "application/json"})
        keys = botocore.credentials.Credentials(known["aws_access_key_id"], known["aws_secret_access_key"])
        botocore.auth.SigV4Auth(keys, "holdfast", REGION).add_auth(request)
        answer = botocore.httpsession.URLLib3Session().send(request.prepare())
        return answer.status_code, json.loads(answer.content)


def check_answer(http_response: Any, parsed: dict[str, Any], model: botocore.model.OperationModel, **_: Any) -> None:
    """Fails unless a successful answer has the members, types, enums and patterns of the model."""
    if http_response.status_code >= 300:
        return
    assert http_response.status_code == model.http.get("responseCode", 200), (model.name, http_response.status_code)
    assert "Date" in http_response.headers, model.name
    if model.output_shape is None:
        return
    answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
    report = botocore.validate.ParamValidator().validate(answer, model.output_shape)
    assert not report.has_errors(), f"{model.name}: {report.generate_report()}"
    problems = list(break_rules(answer, model.output_shape, model.name))
    assert not problems, problems


def break_rules(value: Any, shape: botocore.model.Shape, path: str) -> Any:
    """What botocore itself does not check: enums, patterns and members that the model does not have."""
    if isinstance(shape, botocore.model.StructureShape):
        for name, member in value.items():
            if name not in shape.members:
                yield f"{path}.{name} is not in the model"
            elif member is not None:
                yield from break_rules(member, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, botocore.model.ListShape):
        for member in value:
            yield from break_rules(member, shape.member, f"{path}[]")
    elif isinstance(shape, botocore.model.MapShape):
        for key, member in value.items():
            yield from break_rules(key, shape.key, f"{path}.key")
            yield from break_rules(member, shape.value, f"{path}[{key}]")
    elif isinstance(shape, botocore.model.StringShape):
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {shape.enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and "\\p{" not in pattern and not re.search(pattern.replace("\\u002F", "/"), value):
            yield f"{path}: {value!r} does not fit {pattern}"
