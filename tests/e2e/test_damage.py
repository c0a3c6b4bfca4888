"""A flipped bit in any object of a vault is found, told with the points that it harms, and mended where that can be."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, Options
from tests.e2e.conftest import Holdfast
from tests.e2e.vaults import add_config_maps, assert_whole, backup, folder, object_names

SEED = int(os.environ.get("HOLDFAST_DAMAGE_SEED", "1"))
# A byte of a pack that lies in its first frame, behind the head of eight bytes.
FIRST_FRAME = 100
MUTATIONS = ("POST", "PUT", "PATCH", "DELETE")


class Sample:
    """A vault with two points that share nothing: one of namespace left, one of namespace right. A copy of it is put
    back before every harm, caches included."""

    def __init__(self, cluster: Cluster, holdfast: Holdfast):
        self.cluster, self.holdfast = cluster, holdfast
        self.point = {}
        for side in ("left", "right"):
            cluster.client.create("/api/v1/namespaces", {"metadata": {"name": side}})
            add_config_maps(cluster.client, side, *(f"{side}-{number}" for number in range(5)))
            self.point[side] = backup(holdfast, "-n", side)
        self.vault = folder(holdfast)
        self._saved = self.vault.parent.parent / "saved"
        shutil.copytree(self.vault, self._saved)
        self.objects = object_names(self.vault)
        self._targets = 0

    def put_back(self) -> None:
        for stale in (self.vault, self.holdfast.home / "cache"):
            shutil.rmtree(stale, ignore_errors=True)
        shutil.copytree(self._saved, self.vault)

    def forget_cache(self) -> None:
        shutil.rmtree(self.holdfast.home / "cache", ignore_errors=True)

    def flip(self, name: str, at: int | None = None) -> None:
        """Flips one bit that the seed chooses, or the first one of the byte `at`."""
        path = self.vault / name
        content = bytearray(path.read_bytes())
        chosen = at * 8 if at is not None else random.Random(f"{SEED} {len(content)} {name.split('/')[0]}").randrange(len(content) * 8)
        content[chosen // 8] ^= 1 << chosen % 8
        path.chmod(0o600)
        path.write_bytes(content)

    def cut(self, name: str) -> None:
        path = self.vault / name
        path.chmod(0o600)
        os.truncate(path, path.stat().st_size // 2)

    def verify(self) -> dict:
        """The report of a verification that finds damage."""
        result = self.holdfast.run("vault", "verify", "--read-data", "-o", "json")
        assert result.code == 1, f"exit {result.code}: {result.stdout}{result.stderr}"
        return result.json()

    def new_target(self) -> str:
        self._targets += 1
        return f"target-{self._targets}"

    def restore(self, side: str, target: str, *more: str):
        self.forget_cache()
        mapped = ("-n", side, "--map-namespace", f"{side}={target}", "--yes")
        return self.holdfast.run("restore", self.point[side], *mapped, *more)

    def restored(self, target: str) -> set[str]:
        path = f"/api/v1/namespaces/{target}/configmaps"
        if not self.cluster.client.exists(f"/api/v1/namespaces/{target}"):
            return set()
        return {each["metadata"]["name"] for each in self.cluster.client.get(path)["items"]} - {"kube-root-ca.crt"}

    def writes(self) -> int:
        """How many changes to namespaces and ConfigMaps the API server has been asked for."""
        lines = self.cluster.client.get("/metrics").splitlines()
        counted = [line for line in lines if line.startswith("apiserver_request_total{")
                   and ('resource="configmaps"' in line or 'resource="namespaces"' in line)
                   and any(f'verb="{verb}"' in line for verb in MUTATIONS)]  # fmt: skip
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in counted)


@pytest.fixture(scope="module")
def sample(holdfast_binary, tmp_path_factory):
    with Cluster(Options(controller_manager=False, scheduler=False)) as cluster:
        home = tmp_path_factory.mktemp("damage") / "home" / ".holdfast"
        home.parent.mkdir()
        yield Sample(cluster, Holdfast(holdfast_binary, home, {"KUBECONFIG": str(cluster.kubeconfig)}))


@pytest.fixture
def harmed(sample):
    sample.put_back()
    return sample


def sides_of(sample: Sample, points: list[str]) -> set[str]:
    return {side for side, point in sample.point.items() if point in points}


def has_twin(name: str) -> bool:
    return name.startswith(("header.", "keys/"))


def test_the_sample_is_whole_and_has_every_kind_of_object(harmed):
    assert_whole(harmed.holdfast)
    kinds = {name.split("/")[0] for name in harmed.objects}
    assert kinds >= {"header.a", "header.b", "keys", "packs", "index", "manifests", "points"}


@pytest.mark.parametrize("harm", ["flip", "cut"])
def test_verify_names_every_harmed_object_and_the_points_that_need_it(sample, harm):
    for name in sample.objects:
        sample.put_back()
        getattr(sample, harm)(name)
        report = sample.verify()
        assert not report["whole"]
        named = {damage["object"]: damage for damage in report["damage"]}
        assert name in named, f"{harm} of {name}: {report}"
        told = sample.holdfast.run("vault", "verify", "--read-data")
        assert told.code == 1 and f"damaged: {name}" in told.stdout
        harmed = sides_of(sample, report["harmedPoints"])
        if has_twin(name) or name.startswith("index/"):
            assert not harmed and named[name]["repairable"], f"{harm} of {name}: {report}"
        for point in sample.point.values():
            if point in name:  # packs, manifests and points carry the point's id
                assert report["harmedPoints"] == [point], f"{harm} of {name}: {report}"
                assert point in told.stdout
                if not name.startswith("points/"):
                    assert named[name]["points"] == [point], f"{harm} of {name}: {report}"


def test_unharmed_points_are_restored_and_harmed_ones_touch_nothing(sample):
    for name in sample.objects:
        sample.put_back()
        sample.flip(name)
        harmed = sides_of(sample, sample.verify()["harmedPoints"])
        for side in sample.point:
            target = sample.new_target()
            before = sample.writes()
            result = sample.restore(side, target)
            if side not in harmed:
                assert result.code == 0, f"{name}, {side}: {result.stdout}{result.stderr}"
                assert sample.restored(target) == {f"{side}-{number}" for number in range(5)}
            else:
                assert result.code == 1 and "holdfast: " in result.stderr, f"{name}, {side}: {result}"
                assert sample.writes() == before and sample.restored(target) == set(), f"{name}, {side}"


def test_a_harmed_point_record_is_named_once(harmed):
    name = f"points/{harmed.point['left']}"
    harmed.flip(name)
    listed = harmed.holdfast.ok("point", "list", "-o", "name")
    assert harmed.point["right"] in listed.stdout and harmed.point["left"] not in listed.stdout
    assert listed.stderr.count(name) == 1, listed.stderr


def test_what_is_left_of_a_harmed_point_is_restored_when_asked(harmed, sample):
    """One object of the point lies in a pack of its own, which is harmed."""
    client = harmed.cluster.client
    add_config_maps(client, "left", "left-late")
    late = backup(harmed.holdfast, "-n", "left")
    client.delete("/api/v1/namespaces/left/configmaps/left-late")
    packs = sorted((harmed.vault / "packs").glob(f"{late}-*"))
    [old] = (harmed.vault / "packs").glob(f"{harmed.point['left']}-*")
    assert packs
    mapped = ("-n", "left", "--map-namespace", "left=left-again", "--yes")
    for at in range(FIRST_FRAME, old.stat().st_size, FIRST_FRAME):
        # Frames are stored as they get ready: in this one are objects or the point's rows.
        harmed.flip(str(old.relative_to(harmed.vault)), at=at)
        harmed.forget_cache()
        refused = harmed.holdfast.run("restore", late, *mapped)
        if "reading a run" not in refused.stderr:
            break
        # Without its rows nothing would be left of a point.
        harmed.flip(str(old.relative_to(harmed.vault)), at=at)
    report = harmed.verify()
    assert set(report["harmedPoints"]) == {harmed.point["left"], late}
    assert refused.code == 1 and "--restore-damaged" in refused.stderr
    assert harmed.restored("left-again") == set()
    partial = harmed.holdfast.run("restore", late, *mapped, "--restore-damaged")
    assert partial.code == 3, partial.stdout + partial.stderr
    assert "cannot be read and will be missing" in partial.stderr
    # The point's Namespace is lost too, but for its name.
    assert harmed.restored("left-again") == {"left-late"}, partial
    listed = harmed.holdfast.ok("restore", "objects", "latest", "-o", "json").json()
    outcomes = {one["kind"]: one for one in listed}
    assert outcomes["Namespace"]["outcome"] == "created"
    assert any("lost from the point" in note for note in outcomes["Namespace"]["notes"])
    assert harmed.holdfast.ok("restore", "show", "latest", "-o", "json").json()["state"] == "partial"
    failed = harmed.holdfast.ok("restore", "objects", "latest", "--outcome", "failed", "-o", "json").json()
    lost = {("ConfigMap", "left-again", f"left-{number}") for number in range(5)}
    assert {(one["kind"], one["namespace"], one["name"]) for one in failed} == lost
    assert all("lost from the point" in one["reason"] for one in failed)


def test_repair_mends_what_has_a_twin_or_can_be_rebuilt(sample):
    for name in sample.objects:
        if not has_twin(name) and not name.startswith("index/"):
            continue
        harms = (sample.flip, sample.cut, lambda gone: (sample.vault / gone).unlink())
        for harm in harms if name.endswith("a") else harms[:1]:
            sample.put_back()
            harm(name)
            sample.verify()
            repaired = sample.holdfast.ok("vault", "repair", "-o", "json").json()
            assert repaired["losses"] == []
            sample.forget_cache()
            assert_whole(sample.holdfast)
            for side, point in sample.point.items():
                found = sample.holdfast.ok("point", "get", point, "cm", f"{side}-3", "-n", side, "-o", "json").json()
                assert found["data"] == {"name": f"{side}-3"}


def test_repair_says_which_objects_of_which_points_are_lost(sample):
    for pack in [name for name in sample.objects if name.startswith("packs/")]:
        sample.put_back()
        sample.flip(pack)
        side = next(side for side, point in sample.point.items() if point in pack)
        result = sample.holdfast.run("vault", "repair", "-o", "json")
        assert result.code == 3, result.stdout + result.stderr
        losses = result.json()["losses"]
        assert [loss["point"] for loss in losses] == [sample.point[side]]
        assert losses[0]["wholePoint"] or losses[0]["count"] > 0
        told = sample.holdfast.run("vault", "repair")
        assert told.code == 3 and f"point {sample.point[side]}" in told.stdout
        other = "right" if side == "left" else "left"
        found = sample.holdfast.ok("point", "get", sample.point[other], "cm", f"{other}-0", "-n", other, "-o", "json")
        assert found.json()["data"] == {"name": f"{other}-0"}


def test_a_lost_object_that_is_gone_altogether_is_told(sample):
    """Not every loss is a flipped bit: a file may be missing."""
    for name in sample.objects:
        if not name.startswith(("packs/", "manifests/")):
            continue
        sample.put_back()
        Path(sample.vault / name).unlink()
        report = sample.verify()
        assert len(report["harmedPoints"]) == 1 and report["harmedPoints"][0] in name, f"{name}: {report}"
        assert any(name in damage["object"] or name in damage["what"] for damage in report["damage"]), report


def test_the_backup_after_a_repair_heals_what_was_harmed(harmed, sample):
    """Whatever frame of the pack it is: objects or rows."""
    [pack] = [name for name in sample.objects if name.startswith(f"packs/{sample.point['left']}")]
    size = (sample.vault / pack).stat().st_size
    for at in (FIRST_FRAME, size // 2, size - FIRST_FRAME):
        sample.put_back()
        sample.flip(pack, at=at)
        told = sample.holdfast.run("vault", "verify", "--read-data")
        assert told.code == 1 and "Run 'holdfast vault repair main' before the next backup" in told.stdout, told
        repaired = sample.holdfast.run("vault", "repair")
        assert f"condemned: {pack}" in repaired.stdout and "stores its objects anew" in repaired.stdout, repaired
        new = backup(sample.holdfast, "-n", "left")
        sample.forget_cache()
        report = sample.verify()  # the damaged pack is still there
        assert report["harmedPoints"] == [] and [each["object"] for each in report["damage"]] == [pack]
        for point in (new, sample.point["left"]):
            target = sample.new_target()
            sample.forget_cache()
            sample.holdfast.ok("restore", point, "-n", "left", "--map-namespace", f"left={target}", "--yes")
            assert sample.restored(target) == {f"left-{number}" for number in range(5)}
        assert sample.holdfast.ok("vault", "repair", "-o", "json").json()["losses"] == []
        sample.holdfast.ok("vault", "collect")
        assert_whole(sample.holdfast)
