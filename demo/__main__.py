"""A real cluster is backed up, damaged and restored; the result is proven. Exit code 0 only when the proof holds."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from demo import damage
from demo.comparison import LEFT_OUT, Comparison, compare
from demo.narrator import DemoFailed, Narrator, chapter, first, say, tell_item
from tests.cluster import demo_app, snapshot
from tests.cluster.build import BuildError
from tests.cluster.client import ApiError
from tests.cluster.cluster import Cluster, ClusterError
from tests.cluster.snapshot import Key, Snapshot

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_BINARY = ROOT / "build" / "release" / "src" / "app" / "holdfast"
SETTLE_SECONDS = 120
LISTED = 8
INTERRUPTED = 130


def main() -> int:
    """The whole story."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        binary = find_binary()
        with tempfile.TemporaryDirectory(prefix="holdfast-demo-") as folder, start_cluster() as cluster:
            narrator = Narrator(binary, Path(folder) / ".holdfast", cluster.kubeconfig)
            apply_application(cluster)
            before = back_up(narrator, cluster)
            break_things(cluster)
            preview(narrator)
            restore(narrator)
            return prove(cluster, before)
    except (DemoFailed, BuildError, ClusterError, ApiError, TimeoutError) as error:
        print(f"\nTHE DEMO FAILED: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the cluster and its backup are gone.", file=sys.stderr)
        return INTERRUPTED


def find_binary() -> Path:
    """The program to show: the release build, or what HOLDFAST_BIN names."""
    binary = Path(os.environ.get("HOLDFAST_BIN") or DEFAULT_BINARY).resolve()
    if not binary.is_file():
        raise DemoFailed(f"there is no {binary}; `make` builds it")
    return binary


def start_cluster() -> Cluster:
    """Chapter 1."""
    chapter("1. A cluster")
    say("""A real Kubernetes control plane starts on this machine, for this demo only: etcd, API server, controllers and
        scheduler. It has no nodes, so pods stay Pending. At the end it is gone without a trace.""")
    return Cluster().start()


def apply_application(cluster: Cluster) -> None:
    """Chapter 2."""
    chapter("2. An application")
    made = demo_app.apply(cluster.client)
    demo_app.wait_bound(cluster.client)
    damage.wait_settled(cluster.client)
    most = ", ".join(f"{count} {kind}s" for kind, count in made.most_common(6))
    say(f"""A company moves in: {sum(made.values()):,} objects in {made["Namespace"]} namespaces. There are {most},
        {made["CustomResourceDefinition"]} CustomResourceDefinitions with instances that own other objects, RBAC, Helm's
        release Secrets, and claims bound to volumes. Controllers add Pods, ReplicaSets and EndpointSlices of their
        own.""")


def back_up(narrator: Narrator, cluster: Cluster) -> Snapshot:
    """Chapter 3. Returns what the cluster held at the instant of the point, as the API server tells it."""
    chapter("3. A backup")
    say("One command. The first one makes an encrypted vault by itself, and says where its key is.")
    narrator.run("backup", pick=first(10))
    narrator.run("point list")
    resource_version = json.loads(narrator.quietly("point show latest -o json"))["resourceVersion"]
    before = snapshot.take(cluster.client, resource_version)
    objects = json.loads(narrator.quietly("point objects latest -o json"))
    held = {Key(each["group"], each["kind"], each["namespace"], each["name"]) for each in objects}
    check_point_is_whole(held, before)
    say(f"""The demo now asks the API server itself for everything as of that resource version: {len(before):,} objects,
        the very ones that the point names. They are kept for the proof at the end.""")
    return before


def check_point_is_whole(held: set[Key], before: Snapshot) -> None:
    """The point must name exactly what the cluster had at that instant."""
    wrong = sorted(held ^ before.keys())
    if wrong:
        examples = ", ".join(str(each) for each in wrong[:LISTED])
        raise DemoFailed(f"{len(wrong)} objects are in the point or in the cluster but not in both: {examples}")


def break_things(cluster: Cluster) -> None:
    """Chapter 4."""
    chapter("4. A bad day")
    for happens in (damage.delete_namespace, damage.edit_namespace, damage.remove_definition):
        tell_item(happens(cluster.client))
    damage.wait_settled(cluster.client)


def preview(narrator: Narrator) -> None:
    """Chapter 5."""
    chapter("5. What would a restore do?")
    say("""A preview asks the API server, by dry runs, and changes nothing. It says per object whether it would be
        created or differs, and where; values of Secrets stay hidden.""")
    narrator.run("restore latest --preview --existing update", pick=lines_of_interest)


def lines_of_interest(lines: list[str]) -> set[int]:
    """The first lines, every object that differs together with its differences, and the total."""
    shown = {number for number in range(len(lines)) if number < 4 or number == len(lines) - 1}
    inside = False
    for number, line in enumerate(lines):
        inside = line.startswith("differs") or (inside and line.startswith("    "))
        if inside:
            shown.add(number)
    return shown


def restore(narrator: Narrator) -> None:
    """Chapter 6."""
    chapter("6. The restore")
    say("""Without --existing update, objects that are still there would be left alone. --yes answers the question
        whether this is the right cluster, which is asked before anything is written.""")
    narrator.run("restore latest --existing update --yes")


def prove(cluster: Cluster, before: Snapshot) -> int:
    """Chapter 7: a comparison that holdfast has no part in. Controllers may still be at work, so it waits for them."""
    chapter("7. The proof")
    say("""Everything is listed through the Kubernetes API once more, and compared field by field with what the API
        server gave for the instant of the point. Left out is only:""")
    for what, why in LEFT_OUT.items():
        tell_item(f"{what}: {why}")
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        after = snapshot.take(cluster.client)
        result = compare(before, after)
        if result.holds or time.monotonic() > deadline:
            break
        time.sleep(1)
    tell_new_names(before, after, result)
    return tell_verdict(result, len(before))


def tell_new_names(before: Snapshot, after: Snapshot, result: Comparison) -> None:
    """How much controllers made anew under other names."""
    anew = Counter(key.kind for key in after.keys() - before.keys() - set(result.beyond))
    if anew:
        made = ", ".join(f"{count} {kind}" for kind, count in anew.most_common())
        say(f"Made anew by controllers, as before but for a random name: {made}.")


def tell_verdict(result: Comparison, total: int) -> int:
    """The end of the story; its exit code."""
    print(f"\n  {total:,} objects in the point\n  {result.same:,} are again as they were")
    print(f"  {len(result.different):,} differ\n  {len(result.missing):,} are missing")
    for key, lines in sorted(result.different.items())[:LISTED]:
        print(f"    {key} differs:", *lines[:4], sep="\n      ")
    for key in result.missing[:LISTED]:
        print(f"    {key} is missing")
    print(f"  {len(result.beyond):,} are in the cluster beyond the point (a restore deletes nothing):")
    for key in result.beyond[:LISTED]:
        print(f"    {key}")
    if len(result.beyond) > LISTED:
        print(f"    and {len(result.beyond) - LISTED:,} more")
    if not result.holds:
        print("\nNOT PROVEN: the cluster is not as it was.")
        return 1
    print(f"\nPROVEN: every one of the {total:,} objects is again as it was.")
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
