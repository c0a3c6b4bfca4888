"""A preview and the restore that follows it say the same of every object."""

from __future__ import annotations

from collections import Counter

from demo import damage
from tests.cluster import demo_app
from tests.e2e.restoring import preview, restore

# What a preview says beforehand, and what the restore may have to tell afterwards.
EXPECTED = {
    "create": {"created"},
    "create (unchecked)": {"created"},
    "differs": {"updated"},
    "unchanged": {"unchanged"},
    "skip": {"skipped"},
}
# A controller makes these as soon as their namespace is there, before the restore or after it.
MADE_BY_CONTROLLERS = ("ServiceAccount payments/default", "ConfigMap payments/kube-root-ca.crt")


def test_a_restore_does_what_its_preview_said(new_holdfast, new_cluster):
    own = new_cluster()
    holdfast, client = new_holdfast(cluster=own), own.client
    demo_app.apply(client)
    demo_app.wait_bound(client)
    damage.wait_settled(client)
    holdfast.ok("backup")
    for happens in (damage.delete_namespace, damage.edit_namespace, damage.remove_definition):
        happens(client)
    damage.wait_settled(client)
    holdfast_does_as_it_says(holdfast, {"create", "create (unchecked)", "differs", "unchanged", "skip"})
    demo_app.wait_bound(client)
    damage.wait_settled(client)
    # Merchants own ConfigMaps and Secrets, which are restored before them.
    holdfast_does_as_it_says(holdfast, {"unchanged", "skip"})


def holdfast_does_as_it_says(holdfast, verdicts: set[str]) -> None:
    said = preview(holdfast, "--existing", "update")
    done = restore(holdfast, "--existing", "update")
    assert said.keys() == done.objects.keys()
    wrong = {
        name: (shown["verdict"], done.outcome(name), shown["diff"][:4])
        for name, shown in said.items()
        if done.objects[name]["outcome"] not in EXPECTED[shown["verdict"]] and name not in MADE_BY_CONTROLLERS
    }
    assert not wrong, f"{len(wrong)} of {Counter(name.split()[0] for name in wrong)}: {dict(list(wrong.items())[:10])}"
    assert {one["verdict"] for one in said.values()} == verdicts
