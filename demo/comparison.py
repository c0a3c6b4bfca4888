"""Are the objects of then again as they were? An answer that owes nothing to Holdfast's own rules of comparing.

Two snapshots of a cluster are brought into a form without what only a server makes, and compared field by field.
References by UID are not dropped: each is replaced by the name of what it points at, so a reference to something
that is gone, or to something else, is a difference.
"""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.snapshot import Key, Snapshot

# What is left out of the comparison, and why. The demo prints this.
LEFT_OUT = {
    "uid, resourceVersion, generation, creationTimestamp, managedFields": "the server makes them for every new object",
    "status": "controllers report in it; the phase of namespaces, volumes and claims is compared",
    "addresses of Services": "the cluster hands them out anew; a headless Service must stay headless",
    "random names of Pods, EndpointSlices and IPAddresses": "controllers make these anew; owner, number and "
    "content are compared",
    "notes of controllers": "deployment.kubernetes.io/*, the time of the last change of endpoints",
}

SERVER_METADATA = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
PHASE_MATTERS = {"Namespace", "PersistentVolume", "PersistentVolumeClaim"}
CONTROLLER_NOTES = ("deployment.kubernetes.io/", "endpoints.kubernetes.io/last-change-trigger-time")
TOKEN_VOLUME = re.compile(r"^kube-api-access-[a-z0-9]{5}$")
ABSENT = "(absent)"


@dataclass
class Comparison:
    """What comparing two snapshots gave."""

    same: int = 0
    different: dict[Key, list[str]] = field(default_factory=dict)
    missing: list[Key] = field(default_factory=list)
    beyond: list[Key] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything of the first snapshot is in the second one, as it was."""
        return self.same > 0 and not self.different and not self.missing


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Looks for every object of `before` in `after`."""
    then, now = _comparable(before), _comparable(after)
    result = Comparison()
    for key, objects in then.items():
        _compare_namesakes(key, objects, now.get(key, []), result)
    result.beyond += [real for key in now if key not in then for real, _ in now[key]]
    for found in (result.missing, result.beyond):
        found.sort()
    return result


def _compare_namesakes(key: Key, then: list, now: list, result: Comparison) -> None:
    """Objects with names of their own are one here and one there; those with random names are several, in any order."""
    left = list(now)
    unmatched = []
    for real, body in then:
        twin = next((each for each in left if text_of(each[1]) == text_of(body)), None)
        if twin:
            left.remove(twin)
            result.same += 1
        else:
            unmatched.append((real, body))
    for real, body in unmatched:
        if left:
            found = differences(body, left.pop(0)[1])
            result.different[real] = [line.partition(":")[0] for line in found] if key.kind == "Secret" else found
        else:
            result.missing.append(real)
    result.beyond += [real for real, _ in left]


def _comparable(snapshot: Snapshot) -> dict[Key, list[tuple[Key, dict]]]:
    """The objects in comparable form, under names that do not depend on chance."""
    named = {item["metadata"]["uid"]: " ".join(_stable_key(key, item)) for key, item in snapshot.items()}
    groups: dict[Key, list[tuple[Key, dict]]] = defaultdict(list)
    for key, item in snapshot.items():
        groups[_stable_key(key, item)].append((key, comparable(item, key.kind, named)))
    return groups


def _stable_key(key: Key, item: dict) -> Key:
    metadata = item["metadata"]
    if key.kind == "IPAddress":
        parent = item["spec"]["parentRef"]
        return key._replace(name=f"of {parent['resource']} {parent.get('namespace', '')}/{parent['name']}")
    if metadata.get("generateName") and metadata.get("ownerReferences"):
        return key._replace(name=metadata["generateName"] + "*")
    return key


def comparable(item: dict, kind: str, named: dict[str, str]) -> dict:
    """A copy of the object without what is left out; `named` tells which object has a UID."""
    item = copy.deepcopy(item)
    metadata = item["metadata"]
    for name in SERVER_METADATA:
        metadata.pop(name, None)
    status = item.pop("status", {})
    if kind in PHASE_MATTERS:
        item["phase"] = status.get("phase")
    for reference in metadata.get("ownerReferences", []):
        reference["uid"] = named.get(reference["uid"], reference["uid"])
    _drop_controller_notes(metadata)
    if metadata.get("generateName") or kind == "IPAddress":
        metadata.pop("name")
    clean = CLEANERS.get(kind)
    if clean and isinstance(item.get("spec"), dict):
        clean(item["spec"], named)
    return item


def _drop_controller_notes(metadata: dict) -> None:
    annotations = metadata.get("annotations", {})
    for name in [each for each in annotations if each.startswith(CONTROLLER_NOTES)]:
        del annotations[name]
    if not annotations:
        metadata.pop("annotations", None)


def _clean_service(spec: dict, _: dict[str, str]) -> None:
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)


def _clean_volume(spec: dict, named: dict[str, str]) -> None:
    claim = spec.get("claimRef", {})
    claim.pop("resourceVersion", None)
    if "uid" in claim:
        claim["uid"] = named.get(claim["uid"], claim["uid"])


def _clean_pod(spec: dict, _: dict[str, str]) -> None:
    mounts = [mount for container in spec["containers"] for mount in container.get("volumeMounts", [])]
    for named_thing in spec.get("volumes", []) + mounts:
        if TOKEN_VOLUME.match(named_thing["name"]):
            named_thing["name"] = "kube-api-access-*"


CLEANERS = {"Service": _clean_service, "PersistentVolume": _clean_volume, "Pod": _clean_pod}


def differences(then: Any, now: Any, path: str = "") -> list[str]:
    """The paths at which two values differ, with both values."""
    if isinstance(then, dict) and isinstance(now, dict):
        found = []
        for name in sorted(then.keys() | now.keys()):
            found += differences(then.get(name, ABSENT), now.get(name, ABSENT), f"{path}/{name}")
        return found
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [line for i, (a, b) in enumerate(zip(then, now)) for line in differences(a, b, f"{path}/{i}")]
    if text_of(then) == text_of(now):
        return []
    return [f"{path}: {_short(then)} was, {_short(now)} is"]


def text_of(value: Any) -> str:
    """One text per value: unlike in Python, true is not 1, and 1 is not 1.0."""
    return json.dumps(value, sort_keys=True)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
