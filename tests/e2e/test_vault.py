"""Vaults: what opens them and what does not, coming back from nothing but the vault and its key, naming and deleting points."""

from __future__ import annotations

import os
import pty
import re
import shutil
import stat
import subprocess

import pytest

from tests.e2e.vaults import add_config_maps, assert_refused, assert_whole, backup, folder, points, stored_bytes


@pytest.fixture
def full(holdfast, cluster, namespace):
    """A home whose vault main holds one point of the namespace, with one ConfigMap `one`."""
    add_config_maps(cluster.client, namespace, "one")
    backup(holdfast, "-n", namespace)
    return holdfast


def key_ids(holdfast, *arguments: str) -> list[str]:
    return holdfast.ok("vault", "key", "list", "-o", "name", *arguments).stdout.split()


def read_one(holdfast, namespace: str, *arguments: str) -> dict:
    found = holdfast.ok("point", "get", "latest", "cm", "one", "-n", namespace, "-o", "json", *arguments)
    return found.json()["data"]


# --- keys that do not open it


def test_another_vaults_key_file_is_refused_in_one_sentence(full, tmp_path):
    other = tmp_path / "other.key"
    full.ok("vault", "create", "other", "--key-file", str(other))
    assert_refused(full, "point", "list", "--key-file", str(other), words=("key file",))
    assert len(points(full)) == 1


def test_a_wrong_passphrase_is_refused_in_one_sentence(new_holdfast, tmp_path):
    holdfast = new_holdfast()
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse battery staple\n")
    wrong.write_text("correct horse battery stapler\n")
    holdfast.ok("vault", "create", "safe", "--passphrase-file", str(right))
    sentence = assert_refused(holdfast, "point", "list", "--vault", "safe", "--passphrase-file", str(wrong),
                              words=("passphrase",))  # fmt: skip
    assert "stapler" not in sentence
    holdfast.ok("point", "list", "--vault", "safe", "--passphrase-file", str(right))


def test_an_empty_passphrase_is_refused(new_holdfast, tmp_path):
    (tmp_path / "empty").write_text(" \n")
    holdfast = new_holdfast()
    assert_refused(holdfast, "vault", "create", "safe", "--passphrase-file", str(tmp_path / "empty"),
                   words=("passphrase is empty",))  # fmt: skip
    assert holdfast.ok("vault", "list", "-o", "name").stdout == ""


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_that_others_can_read_is_refused(full, mode):
    key = full.home / "keys" / "main.key"
    key.chmod(mode)
    assert_refused(full, "point", "list", words=(str(key), "chmod 600"))
    key.chmod(0o600)
    assert len(points(full)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], "cut short"),
        (lambda text: "", "no key"),
        (lambda text: re.sub(r":([0-9a-f])", lambda m: ":" + ("1" if m[1] == "0" else "0"), text, count=1), "checksum"),
        (lambda text: text.replace("holdfast-key-1", "holdfast-key-9"), "form"),
        (lambda text: "x" * 100_000, "main.key"),
    ],
    ids=["cut", "empty", "one digit changed", "another form", "too long"],
)
def test_a_harmed_key_file_is_refused(full, change, words):
    key = full.home / "keys" / "main.key"
    whole = key.read_text()
    key.write_text(change(whole))
    sentence = assert_refused(full, "point", "list", words=(str(key), words))
    digits = max(re.findall(r"[0-9a-f]{32,}", whole), key=len)
    assert digits[:16] not in sentence
    key.write_text(whole)
    assert len(points(full)) == 1


def test_a_key_file_that_is_gone_is_named(full):
    key = full.home / "keys" / "main.key"
    key.rename(key.with_suffix(".away"))
    assert_refused(full, "backup", words=(str(key),))
    assert not key.exists()


# --- several keys


def test_a_second_key_file_opens_it_until_it_is_removed(full, namespace, tmp_path):
    second = tmp_path / "second.key"
    first = key_ids(full)
    told = full.ok("vault", "key", "add", "--new-key-file", str(second), "--label", "for the safe").stdout
    assert str(second) in told and stat.S_IMODE(second.stat().st_mode) == 0o600
    added = [key for key in key_ids(full) if key not in first]
    assert len(first) == len(added) == 1
    listed = full.ok("vault", "key", "list", "-o", "json").json()
    assert {(key["kind"], key["label"]) for key in listed if key["id"] in added} == {("key-file", "for the safe")}
    assert read_one(full, namespace, "--key-file", str(second)) == {"name": "one"}
    full.ok("vault", "key", "remove", added[0][:8])
    assert key_ids(full) == first
    assert_refused(full, "point", "list", "--key-file", str(second), words=("key file",))
    assert read_one(full, namespace) == {"name": "one"}
    assert_whole(full)


def test_a_passphrase_beside_a_key_file_opens_it(full, namespace, tmp_path):
    (tmp_path / "phrase").write_text("correct horse")
    full.ok("vault", "key", "add", "--new-passphrase-file", str(tmp_path / "phrase"))
    assert sorted(key["kind"] for key in full.ok("vault", "key", "list", "-o", "json").json()) == [
        "key-file", "passphrase"]  # fmt: skip
    assert read_one(full, namespace, "--passphrase-file", str(tmp_path / "phrase")) == {"name": "one"}


def test_the_key_that_opened_it_can_be_taken_away_and_the_home_goes_on_with_another(full, namespace, tmp_path):
    first = key_ids(full)[0]
    second = str(tmp_path / "second.key")
    full.ok("vault", "key", "add", "--new-key-file", second)
    (tmp_path / "phrase").write_text("correct horse")
    full.ok("vault", "key", "add", "--new-passphrase-file", str(tmp_path / "phrase"))
    full.ok("vault", "key", "remove", first, "--key-file", second)
    assert_refused(full, "point", "list", words=("key file", "1 key file and 1 passphrase", "--key-file",
                                                 "--passphrase-file", "vault import main"))  # fmt: skip
    assert read_one(full, namespace, "--key-file", second) == {"name": "one"}
    full.ok("vault", "import", "main", "--key-file", second)
    assert read_one(full, namespace) == {"name": "one"}
    backup(full, "-n", namespace)
    full.ok("vault", "import", "main", "--location", full.ok("vault", "list", "-o", "json").json()[0]["location"] + "/",
            "--passphrase-file", str(tmp_path / "phrase"))  # fmt: skip
    assert len(points(full)) == 2


def test_taking_away_the_key_of_this_home_warns_with_the_cure(full, tmp_path):
    first = key_ids(full)[0]
    second = str(tmp_path / "second.key")
    full.ok("vault", "key", "add", "--new-key-file", second)
    added = [key for key in key_ids(full) if key != first][0]
    removed = full.ok("vault", "key", "remove", added)
    assert "warning" not in removed.stderr
    full.ok("vault", "key", "add", "--new-key-file", second)
    removed = full.ok("vault", "key", "remove", first)
    assert "warning: this home opens vault 'main' with key " + first in removed.stderr
    assert "holdfast vault import main --key-file FILE" in removed.stderr


def test_an_import_that_does_not_open_the_known_vault_changes_nothing(full, namespace, tmp_path):
    full.ok("vault", "create", "other", "--key-file", str(tmp_path / "other.key"))
    assert_refused(full, "vault", "import", "main", "--key-file", str(tmp_path / "other.key"), words=("key file",))
    assert_refused(full, "vault", "import", "main", words=("already", "--key-file"))
    (tmp_path / "elsewhere").mkdir()
    assert_refused(full, "vault", "import", "main", "--location", f"file://{tmp_path}/elsewhere", "--key-file",
                   str(tmp_path / "other.key"), words=("already", "choose another name"))  # fmt: skip
    assert_refused(full, "vault", "import", "new", "--location", f"file://{tmp_path}", words=("--key-file", "--passphrase-file"))
    assert_refused(full, "vault", "import", "new", "--key-file", str(tmp_path / "other.key"), words=("--location",))
    assert read_one(full, namespace) == {"name": "one"}


def test_the_last_key_is_never_removed(full, namespace):
    last = key_ids(full)
    assert_refused(full, "vault", "key", "remove", last[0], words=("last",))
    assert key_ids(full) == last
    assert read_one(full, namespace) == {"name": "one"}


def test_a_key_id_that_fits_none_lists_the_keys(full):
    result = full.run("vault", "key", "remove", "zzzz")
    assert result.code == 1 and "'zzzz' fits 0 keys" in result.stderr and key_ids(full)[0] in result.stderr


def test_an_exported_root_key_opens_the_vault_when_every_wrap_is_lost(full, new_holdfast, namespace, tmp_path):
    exported = tmp_path / "main.root"
    told = full.ok("vault", "key", "export", "--to", str(exported)).stdout
    assert "can read every backup" in told and stat.S_IMODE(exported.stat().st_mode) == 0o600
    again = full.run("vault", "key", "export", "--to", str(exported))
    assert again.code == 1 and str(exported) in again.stderr
    vault = folder(full)
    shutil.rmtree(vault / "keys")
    assert full.run("point", "list").code == 1
    fresh = new_holdfast("fresh")
    fresh.ok("vault", "import", "back", "--location", f"file://{vault.parent}", "--key-file", str(exported))
    assert read_one(fresh, namespace, "--vault", "back") == {"name": "one"}


# --- coming back from the vault and its key alone


def test_a_fresh_home_brings_every_point_back_with_location_and_key(full, new_holdfast, cluster, namespace):
    add_config_maps(cluster.client, namespace, "two")
    backup(full, "-n", namespace)
    made = full.ok("point", "list", "-o", "json").json()
    key = full.home.parent / "saved.key"
    shutil.copy(full.home / "keys" / "main.key", key)
    location = full.home.parent / "elsewhere"
    shutil.move(folder(full).parent, location)
    shutil.rmtree(full.home)
    fresh = new_holdfast("fresh", cluster)
    told = fresh.ok("vault", "import", "rescued", "--location", f"file://{location}", "--key-file", str(key)).stdout
    assert "holds 2 recovery points" in told
    assert fresh.ok("point", "list", "--vault", "rescued", "-o", "json").json() == made
    assert read_one(fresh, namespace, "--vault", "rescued") == {"name": "one"}
    assert_whole(fresh, "rescued")
    backup(fresh, "-n", namespace, "--vault", "rescued")
    assert len(points(fresh, "--vault", "rescued")) == 3


def test_an_import_with_the_wrong_key_leaves_nothing_behind(full, new_holdfast, tmp_path):
    fresh = new_holdfast("fresh")
    fresh.ok("vault", "create", "mine", "--key-file", str(tmp_path / "mine.key"))
    location = f"file://{folder(full).parent}"
    assert_refused(fresh, "vault", "import", "theirs", "--location", location, "--key-file", str(tmp_path / "mine.key"),
                   words=("key file",))  # fmt: skip
    assert fresh.ok("vault", "list", "-o", "name").stdout.split() == ["mine"]


def test_of_several_vaults_at_a_location_one_is_chosen(new_holdfast, tmp_path):
    location, key = f"file://{tmp_path}/shelf", str(tmp_path / "shared.key")
    holdfast = new_holdfast()
    ids = {}
    for name in ("left", "right"):
        holdfast.ok("vault", "create", name, "--location", location, "--key-file", key)
        ids[name] = folder(holdfast, name).name
    fresh = new_holdfast("fresh")
    both = ("--location", location, "--key-file", key)
    assert_refused(fresh, "vault", "import", "one", *both, words=("several", "--vault-id", *ids.values()))
    fresh.ok("vault", "import", "one", *both, "--vault-id", ids["right"][:12])
    assert folder(fresh, "one").name == ids["right"]
    assert_refused(fresh, "vault", "import", "two", *both, "--vault-id", "0000", words=("no vault '0000'",))
    assert_refused(fresh, "vault", "import", "one", *both, "--vault-id", ids["left"], words=("already",))


def test_an_import_from_where_no_vault_is_says_so(full, new_holdfast, tmp_path):
    fresh = new_holdfast("fresh")
    key = str(full.home / "keys" / "main.key")
    (tmp_path / "empty").mkdir()
    assert_refused(fresh, "vault", "import", "x1", "--location", f"file://{tmp_path}/empty", "--key-file", key,
                   words=("no vault",))  # fmt: skip
    assert_refused(fresh, "vault", "import", "x1", "--location", f"file://{tmp_path}/none", "--key-file", key,
                   words=(f"{tmp_path}/none",))  # fmt: skip
    assert not (tmp_path / "none").exists()


def test_a_vault_name_that_is_unknown_or_no_name(full):
    assert_refused(full, "point", "list", "--vault", "mian", words=("'mian'", "Did you mean 'main'"))
    none = full.run("point", "list", "--vault", "../main")
    assert none.code == 2 and "no vault name" in none.stderr
    assert_refused(full, "vault", "create", "main", words=("already",))


# --- points by name


def test_a_point_name_that_fits_nothing_lists_what_there_is(full, namespace):
    first = points(full)[0]
    result = full.run("point", "show", "zz")
    assert result.code == 1 and "no point is called 'zz'" in result.stderr and first[:8] in result.stderr
    shown = full.ok("point", "show", first[:10].upper(), "-o", "name").stdout.strip()
    assert shown == first


def test_a_point_name_that_fits_several_lists_them(full, namespace):
    while True:
        backup(full, "-n", namespace)
        ids = points(full)
        firsts = [each[0] for each in ids]
        twice = [first for first in firsts if firsts.count(first) > 1]
        if twice:
            break
    fitting = [each for each in ids if each[0] == twice[0]]
    result = full.run("point", "show", twice[0])
    assert result.code == 1 and f"fits {len(fitting)} points" in result.stderr
    assert all(each[:8] in result.stderr for each in fitting)
    assert not any(each[:8] in result.stderr for each in ids if each not in fitting)


def test_an_empty_vault_says_that_it_has_no_points(new_holdfast):
    holdfast = new_holdfast()
    holdfast.ok("vault", "create", "main")
    assert_refused(holdfast, "point", "show", "latest", words=("no recovery point",))
    assert points(holdfast) == []


# --- deleting


def test_deleting_asks_and_without_a_terminal_says_what_to_say(full):
    point = points(full)[0]
    assert_refused(full, "point", "delete", point, words=("--yes",))
    assert points(full) == [point]
    assert on_terminal(full, "no\n", "point", "delete", point) == 1
    assert points(full) == [point]
    assert on_terminal(full, "yes\n", "point", "delete", point) == 0
    assert points(full) == []
    assert full.run("point", "show", point).code == 1


def on_terminal(holdfast, answer: str, *arguments: str) -> int:
    """Runs it with a terminal as its standard input and types the answer; returns the exit code."""
    master, terminal = pty.openpty()
    try:
        os.write(master, answer.encode())
        return subprocess.run([str(holdfast.binary), *arguments], env=holdfast._environment({}), stdin=terminal,
                              capture_output=True, timeout=60, check=False).returncode  # fmt: skip
    finally:
        os.close(master)
        os.close(terminal)


def test_deleting_a_point_and_collecting_frees_its_bytes(full, cluster, namespace):
    before = stored_bytes(full)
    noise = {"noise": os.urandom(200_000).hex()}
    add_config_maps(cluster.client, namespace, "large", data=noise)
    large = backup(full, "-n", namespace)
    with_large = stored_bytes(full)
    assert with_large > before + 150_000
    full.ok("point", "delete", large, "--yes")
    assert stored_bytes(full) >= with_large  # a deletion is a record; only collecting frees
    planned = full.ok("vault", "collect", "--dry-run", "-o", "json").json()
    assert stored_bytes(full) >= with_large
    full.ok("vault", "collect")
    assert stored_bytes(full) < before + 50_000, planned
    assert len(points(full)) == 1
    assert read_one(full, namespace) == {"name": "one"}
    assert_whole(full)


def test_the_deletion_of_every_point_leaves_a_vault_that_goes_on(full, cluster, namespace):
    for point in points(full):
        full.ok("point", "delete", point, "--yes")
    full.ok("vault", "collect")
    assert points(full) == []
    assert_whole(full)
    backup(full, "-n", namespace)
    assert read_one(full, namespace) == {"name": "one"}
    assert_whole(full)
