"""The generator of objects: right counts, same objects from the same seed, owners that exist."""

from __future__ import annotations

import json
import subprocess
import zlib

import pytest

from tests.cluster import build
from tests.cluster.cluster import Options
from tests.cluster.populate import filled_cluster, populate, program

COUNT = 1500


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    populate(objects=COUNT, namespaces=5, ndjson=folder / "bodies", requests=folder / "requests", bodies_only=folder)
    return folder


def test_bodies_are_as_many_and_as_large_as_asked(bodies):
    lines = (bodies / "bodies").read_bytes().splitlines()
    assert len(lines) == COUNT
    assert sum(1024 <= len(line) <= 4096 for line in lines) > 0.97 * COUNT
    assert len({json.loads(line)["kind"] for line in lines}) >= 20
    assert len(list((bodies / "resources").rglob("*.json"))) == COUNT
    stream = b"".join(lines)
    assert 4 < len(stream) / len(zlib.compress(stream, 1)) < 12


def test_requests_tell_where_a_body_goes(bodies):
    pairs = [line.split("\t", 1) for line in (bodies / "requests").read_text().splitlines()]
    assert [body for _, body in pairs] == (bodies / "bodies").read_text().splitlines()
    for path, body in pairs:
        namespace = json.loads(body)["metadata"].get("namespace")
        assert f"/namespaces/{namespace}/" in path if namespace else "/namespaces/" not in path


def test_the_seed_decides_the_objects(bodies, tmp_path):
    for name, seed in (("same", 1), ("other", 2)):
        populate(objects=COUNT, namespaces=5, seed=seed, ndjson=tmp_path / name)
    assert (tmp_path / "same").read_bytes() == (bodies / "bodies").read_bytes() != (tmp_path / "other").read_bytes()


def test_a_cluster_is_filled_and_filling_it_again_changes_nothing(new_cluster):
    own = new_cluster(controller_manager=False, scheduler=False)
    done = populate(own.kubeconfig, objects=COUNT, namespaces=5)
    assert done["objects"] == COUNT
    for resource, path in {
        "deployments.apps": "/apis/apps/v1/deployments",
        "databases.data.example.com": "/apis/data.example.com/v1/databases",
        "services": "/api/v1/services",
    }.items():
        listed = own.client.get(path)["items"]
        ours = [each for each in listed if "example.com/git-commit" in each["metadata"].get("annotations", {})]
        assert len(ours) == done["kinds"][resource]
    databases = own.client.get("/apis/data.example.com/v1/databases")["items"]
    components = own.client.get("/apis/apps.example.com/v1/components")["items"]
    known = {each["metadata"]["uid"] for each in components}
    assert databases and all(each["metadata"]["ownerReferences"][0]["uid"] in known for each in databases)

    before = own.etcd.revision()
    assert populate(own.kubeconfig, objects=COUNT, namespaces=5)["objects"] == COUNT
    count = own.etcd.count()
    changed = populate(own.kubeconfig, objects=COUNT, namespaces=5, change=2)["objects"]
    assert 0 < changed < COUNT * 0.05
    assert own.etcd.count() == count
    assert own.etcd.revision() >= before + changed


def test_a_filled_cluster_starts_from_saved_data_the_second_time(monkeypatch, tmp_path):
    build.ensure_built()
    program()
    for path in (build.cache_root() / "cluster").iterdir():
        if (path / "bin").is_dir():
            (tmp_path / "cluster").mkdir(exist_ok=True)
            (tmp_path / "cluster" / path.name).symlink_to(path)
    monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path))
    what = {"objects": 300, "namespaces": 3}
    lean = Options(controller_manager=False, scheduler=False)
    with filled_cluster(lean, **what) as first:
        identity, first_count = first.namespace_uid(), len(first.client.get("/api/v1/configmaps")["items"])
    with filled_cluster(Options(), **what) as second:
        assert second.namespace_uid() == identity
        ours = [each for each in second.client.get("/api/v1/configmaps")["items"]
                if each["metadata"]["name"] != "kube-root-ca.crt"]  # fmt: skip
        assert 40 < len(ours) <= first_count
        second.client.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "writable"}})


def test_nonsense_is_refused_in_one_line():
    done = subprocess.run([program(), "--objects", "10"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "error: 50 namespaces and what they need are more than 10 objects\n")
