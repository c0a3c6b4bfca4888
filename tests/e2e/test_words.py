"""The words of the command line and of its answers: options, notes, tables, documents, examples, masks and exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess

import pytest
import yaml

from tests.e2e.conftest import Holdfast, create_namespace
from tests.e2e.vaults import add_config_maps, assert_refused, backup

SHOP, SHELF = "words-shop", "words-shelf"


@pytest.fixture(scope="module")
def points(cluster, holdfast_binary, tmp_path_factory):
    """A home with one point of two namespaces, then with one of a narrower selection; shared, so nothing deletes them."""
    for name in (SHOP, SHELF):
        create_namespace(cluster, name)
        add_config_maps(cluster.client, name, "one", "two")
    secret = {"metadata": {"name": "hidden"}, "stringData": {"password": "first-secret"}}
    cluster.client.create(f"/api/v1/namespaces/{SHOP}/secrets", secret)
    home = tmp_path_factory.mktemp("words") / ".holdfast"
    holdfast = Holdfast(holdfast_binary, home).on(cluster)
    wide = backup(holdfast, "-n", f"{SHOP},{SHELF}")
    narrow = backup(holdfast, "-n", SHOP, "--kind", "configmaps", "-l", "!absent")
    change = {"stringData": {"password": "second-secret"}}
    cluster.client.patch(f"/api/v1/namespaces/{SHOP}/secrets/hidden", change)
    yield holdfast, wide, narrow
    for name in (SHOP, SHELF):
        cluster.client.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def words(points):
    return points[0]


def run_usage(holdfast: Holdfast, *arguments: str) -> str:
    """The command line is refused before anything is done."""
    result = holdfast.run(*arguments)
    assert (result.code, result.stdout) == (2, ""), result
    return result.stderr


def on_terminal(holdfast: Holdfast, *arguments: str, **env: str) -> str:
    """What a command writes to a terminal."""
    master, terminal = pty.openpty()
    with subprocess.Popen([str(holdfast.binary), *arguments], env=holdfast._environment(env), stdin=terminal,
                          stdout=terminal, stderr=terminal) as process:  # fmt: skip
        os.close(terminal)
        written = b""
        try:
            while part := os.read(master, 65536):
                written += part
        except OSError:  # the other end is closed
            pass
        os.close(master)
        assert process.wait(60) in (0, 3)
    return written.decode()


# --- options


@pytest.mark.parametrize("option", [("-n", SHOP), ("--existing", "update"), ("--map-namespace", f"{SHOP}=x"), ("--kind", "cm")])
def test_a_list_option_leaves_the_point_alone(points, option):
    holdfast, wide, _ = points
    said = holdfast.ok("restore", *option, wide, "--preview", "-o", "json").json()
    assert f"{SHOP if option[0] != '--map-namespace' else 'x'}" in {one["namespace"] for one in said}


def test_lists_are_repeated_or_joined_by_commas(points):
    holdfast, wide, _ = points
    joined = holdfast.ok("point", "objects", wide, "-n", f"{SHOP},{SHELF}", "--kind", "cm,secrets", "-o", "name").stdout
    repeated = holdfast.ok("point", "objects", "-n", SHOP, "-n", SHELF, "--kind", "cm", "--kind", "secrets", wide,
                           "-o", "name").stdout  # fmt: skip
    assert joined == repeated and f"ConfigMap {SHELF}/two" in joined


def test_resume_takes_nothing_that_the_record_says(words):
    said = run_usage(words, "restore", "--resume", "latest", "latest", "-n", SHOP, "--existing", "update",
                     "--map-namespace", "a=b")  # fmt: skip
    assert "cannot be combined with POINT, --namespace, --map-namespace, --existing" in said


def test_names_that_can_be_none_are_usage_errors(words):
    assert "'../main' is no vault name" in run_usage(words, "point", "list", "--vault", "../main")
    assert "'x' is no vault name" in run_usage(words, "vault", "create", "x")
    assert "Bad_Name" in run_usage(words, "restore", "latest", "--map-namespace", "a=Bad_Name", "--preview")
    assert "OLD=NEW" in run_usage(words, "restore", "latest", "--map-image", "a", "--preview")


def test_a_percentage_that_is_none_shows_the_right_form(words):
    said = run_usage(words, "vault", "verify", "--read-data", "xx")
    assert "--read-data: takes a percentage from 0 to 100, such as --read-data=10, not 'xx'" in said
    assert words.ok("vault", "verify", "main", "--read-data=100", "-o", "json").json()["whole"]


def test_typos_are_told_what_was_meant(words):
    assert "Did you mean 'restore'?" in run_usage(words, "restroe", "latest")
    assert "Did you mean 'collect'?" in run_usage(words, "vault", "colect")
    assert "Did you mean '--preview'?" in run_usage(words, "restore", "latest", "--previw")
    assert "no output format; use table, wide, json, yaml or name" in run_usage(words, "point", "list", "-o", "xml")


def test_verbose_is_taken_before_and_after_the_verb(words):
    for arguments in (("-v", "point", "list"), ("point", "list", "-v"), ("point", "list", "--verbose")):
        assert SHOP in words.ok(*arguments).stdout


def commands(holdfast: Holdfast, *path: str):
    """Every command below a path, from its help."""
    text = holdfast.ok(*path, "--help").stdout
    yield path, text
    below = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    for name in re.findall(r"^  (\S+) ", below[1], re.M) if below else []:
        yield from commands(holdfast, *path, name)


def test_every_command_has_help_with_examples_of_its_own(words):
    seen = {path: text for path, text in commands(words)}
    assert {("backup",), ("restore", "list"), ("vault", "key", "list"), ("version",)} <= seen.keys() and len(seen) > 25
    for path, text in seen.items():
        examples = text.split("Examples:\n")[1].splitlines()
        assert any(line.startswith("  holdfast " + " ".join(path)) for line in examples), (path, text)


# --- selections that match nothing


def test_a_restore_of_nothing_fails_and_says_what_was_meant(points):
    holdfast, wide, _ = points
    for mode in (["--yes"], ["--preview"]):
        assert_refused(holdfast, "restore", wide, "-n", "words-shp", *mode,
                       words=("nothing to restore", "-n words-shp matches no namespace", f"Did you mean '{SHOP}'?"))  # fmt: skip
    assert_refused(holdfast, "restore", wide, "-l", "nobody=has-it", "-n", SHOP, "--kind", "cm", "--yes",
                   words=("nothing to restore",))  # fmt: skip
    assert holdfast.ok("restore", "list", "-o", "json").json() == []


def test_what_matches_nothing_is_noted_and_the_rest_goes_on(points, tmp_path):
    holdfast, wide, _ = points
    (tmp_path / "order").write_text("configmaps\nnonsense\n")
    result = holdfast.ok("restore", wide, "-n", SHOP, "-n", "nosuch", "--exclude-namespace", "neither", "--map-namespace",
                         "gone=x", "--order", str(tmp_path / "order"), "--preview", "-o", "json")  # fmt: skip
    notes = [line for line in result.stderr.splitlines() if line.startswith("note: ")]
    assert len(notes) == 4, result.stderr
    for word in ("-n nosuch", "--exclude-namespace neither", "--map-namespace gone=x", "--order names 'nonsense'"):
        assert any(word in note for note in notes), (word, notes)
    assert {one["namespace"] for one in result.json()} >= {SHOP}
    quiet = holdfast.ok("restore", wide, "-n", SHOP, "--preview")
    assert "note: -" not in quiet.stderr


def test_a_backup_of_nothing_says_so(words, new_holdfast, cluster):
    holdfast = new_holdfast(cluster=cluster)
    result = holdfast.ok("backup", "-n", SHOP, "--kind", "leases", "-o", "name")
    assert "the point holds no objects: nothing in the cluster matches -n words-shop --kind leases" in result.stderr
    assert "holds no objects" not in holdfast.ok("backup", "-n", SHOP).stderr


# --- where something goes, and where it is from


def test_where_a_restore_goes_is_told_before_a_preview_and_beside_documents(points, cluster):
    holdfast, wide, _ = points
    uid = cluster.client.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    for arguments in (("--preview",), ("--preview", "-o", "json"), ("--yes", "-o", "json"), ("--yes", "-o", "name")):
        result = holdfast.ok("restore", wide, "-n", SHELF, "--kind", "cm", *arguments)
        for part in ("into context", "at server", f"{uid} (the cluster of the point)", " to restore", SHELF):
            assert part in result.stderr, result.stderr
        assert ("Preview of a restore" in result.stderr) == ("--preview" in arguments)


def test_another_cluster_is_told(points, new_cluster, tmp_path):
    holdfast, wide, _ = points
    other = new_cluster()
    create_namespace(other, "lived-in")
    add_config_maps(other.client, "lived-in", "there")
    there = holdfast.on(other)
    previewed = there.ok("restore", wide, "-n", SHOP, "--preview")
    assert "ANOTHER cluster than the point's: restoring needs --to-other-cluster" in previewed.stderr
    assert "the live cluster is another one" in there.ok("point", "diff", wide, "live", "-n", SHOP).stderr
    assert "another one" not in holdfast.ok("point", "diff", wide, "live", "-n", SHOP).stderr
    # latest is of the addressed cluster, of which there is no point.
    refused = there.run("point", "show", "latest")
    assert refused.code == 1 and "no point is of cluster" in refused.stderr and "--cluster" in refused.stderr
    uid = holdfast.ok("point", "show", wide, "-o", "json").json()["cluster"]
    assert there.ok("point", "show", "latest", "--cluster", uid, "-o", "name").stdout
    moved = there.ok("restore", "latest", "-n", SHOP, "--to-other-cluster", "--preview", "-o", "name")
    assert "taken to be of" in moved.stderr and uid in moved.stderr and f"ConfigMap {SHOP}/one" in moved.stdout
    # And where it cannot be asked, the only cluster that has points will do.
    other.stop()
    offline = there.ok("point", "show", "latest", "-o", "name")
    assert "cannot be asked" in offline.stderr and uid in offline.stderr


def test_narrowed_points_look_narrowed(points):
    holdfast, wide, narrow = points
    selection = f"-n {SHOP} --kind configmaps -l '!absent'"
    assert f"Selection           {selection}\n" in holdfast.ok("point", "show", narrow).stdout
    listed = holdfast.ok("point", "list").stdout.splitlines()
    assert listed[0].split()[-1] == "SELECTION" and listed[1].split()[-1] == f"{SHOP},{SHELF}"
    assert f"-n {SHOP} --kind" in listed[2] and listed[2].endswith("...")
    broad = holdfast.ok("point", "list", "-o", "wide").stdout.splitlines()
    assert wide in broad[1] and narrow in broad[2] and selection in broad[2] and "CLUSTER-UID" in broad[0]


def test_points_of_an_unknown_cluster_are_not_denied(words):
    result = words.ok("point", "list", "--cluster", "nope")
    uid = words.ok("point", "list", "-o", "json").json()[0]["cluster"]
    assert "is of cluster 'nope'; there are points of" in result.stderr and uid in result.stderr
    assert words.ok("point", "list", "--cluster", "nope", "-o", "json").json() == []


# --- keys and places


def test_a_new_vault_tells_of_its_key_whatever_the_output(new_holdfast):
    holdfast = new_holdfast()
    for output in ("json", "yaml", "name", "table"):
        made = holdfast.ok("vault", "create", f"v-{output}", "-o", output)
        assert "Losing this file loses the vault" in (made.stdout if output == "table" else made.stderr)
        assert f"v-{output}" in made.stdout


def test_a_location_is_called_the_same_everywhere(new_holdfast):
    holdfast = new_holdfast()
    made = holdfast.ok("vault", "create", "main").stdout
    location = holdfast.ok("vault", "list", "-o", "json").json()[0]["location"]
    assert f"at {location}.\n" in made
    assert f"Location    {location}\n" in holdfast.ok("vault", "show").stdout
    assert location in holdfast.ok("vault", "list").stdout.splitlines()[1].split()


# --- answers


def test_documents_are_yaml_and_json_of_the_same(points):
    holdfast, wide, _ = points
    for arguments in (("point", "list"), ("point", "show", wide), ("point", "objects", wide), ("vault", "list"),
                      ("vault", "show"), ("vault", "key", "list"), ("version",), ("restore", "list"),
                      ("point", "diff", wide, "live", "-n", SHOP), ("point", "objects", wide, "-n", SHOP, "--kind", "pods"),
                      ("restore", wide, "--preview", "-n", SHOP)):  # fmt: skip
        as_json = json.loads(holdfast.ok(*arguments, "-o", "json").stdout)
        as_yaml = yaml.safe_load(holdfast.ok(*arguments, "-o", "yaml").stdout)
        if isinstance(as_json, list) and arguments[0] == "restore":
            as_json, as_yaml = (sorted(one, key=json.dumps) for one in (as_json, as_yaml))
        assert as_json == as_yaml, arguments


def test_wide_tables_show_more(points):
    holdfast, wide, _ = points
    for arguments in (("point", "list"), ("point", "objects", wide, "-n", SHOP)):
        table = holdfast.ok(*arguments).stdout.splitlines()
        broad = holdfast.ok(*arguments, "-o", "wide").stdout.splitlines()
        assert len(table) == len(broad) and len(broad[0].split()) > len(table[0].split())


def test_secrets_are_masked_unless_asked_for(points):
    holdfast, wide, _ = points
    for command in (("point", "diff", wide, "live", "-n", SHOP, "--kind", "secrets"),
                    ("restore", wide, "-n", SHOP, "--kind", "secrets", "--preview", "--existing", "update")):  # fmt: skip
        for output in ("table", "json"):
            masked = holdfast.ok(*command, "-o", output).stdout
            shown = holdfast.ok(*command, "-o", output, "--show-secrets").stdout
            assert "***" in masked and "Zmlyc3Qtc2VjcmV0" not in masked and "c2Vjb25kLXNlY3JldA==" not in masked
            assert "Zmlyc3Qtc2VjcmV0" in shown and "c2Vjb25kLXNlY3JldA==" in shown


def test_colours_are_for_terminals_that_want_them(points):
    holdfast, wide, _ = points
    diff = ("point", "diff", wide, "live", "-n", SHOP)
    assert "\x1b[33m~" in on_terminal(holdfast, *diff)
    assert "\x1b[33m" not in on_terminal(holdfast, *diff, NO_COLOR="1")
    assert "\x1b[33m~" in on_terminal(holdfast, *diff, NO_COLOR="")
    assert "\x1b" not in holdfast.ok(*diff).stdout


def test_a_diff_shows_how_far_it_is_on_a_terminal(points):
    holdfast, wide, _ = points
    assert re.search(r"comparing \[.*configmaps", on_terminal(holdfast, "point", "diff", wide, "live", "-n", SHOP))


def test_an_interrupted_backup_ends_with_130(new_holdfast, tmp_path):
    holdfast = new_holdfast()
    holdfast.ok("vault", "create", "main")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = {"clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{silent.getsockname()[1]}"}}],
                  "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "current-context": "c",
                  "users": [{"name": "u", "user": {}}]}  # fmt: skip
        (tmp_path / "config").write_text(json.dumps(config))
        process = holdfast.popen("backup", "--kubeconfig", str(tmp_path / "config"))
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.strip().endswith("holdfast: stopped") and holdfast.ok("point", "list", "-o", "name").stdout == ""


# --- collecting


def test_a_dry_collection_counts_every_object_that_it_would_delete(new_holdfast, cluster):
    holdfast = new_holdfast(cluster=cluster)
    holdfast.ok("point", "delete", backup(holdfast, "-n", SHOP), "--yes")
    told = holdfast.ok("vault", "collect", "--dry-run").stdout
    planned = holdfast.ok("vault", "collect", "--dry-run", "-o", "json").json()
    assert told.startswith("Would free ") and f"would delete {planned['objectsDeleted']} objects" in told
    assert planned["objectsDeleted"] > planned["packsDeleted"] > 0
    done = holdfast.ok("vault", "collect", "-o", "json").json()
    assert (done["packsDeleted"], done["bytesFreed"]) == (planned["packsDeleted"], planned["bytesFreed"])
