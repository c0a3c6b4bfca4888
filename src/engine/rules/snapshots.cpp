#include "engine/rules/snapshots.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/rules/edit.h"

namespace holdfast::engine::rules {

namespace {

/// Marks of an operation that was under way.
constexpr std::array<std::string_view, 3> kMomentary = {
    "snapshot.storage.kubernetes.io/volumesnapshot-being-created",
    "snapshot.storage.kubernetes.io/volumesnapshot-being-deleted",
    "snapshot.storage.kubernetes.io/volumesnapshotcontent-being-deleted",
};

void copy_text(const Json& from, const char* pointer, Json& to, const char* member) {
    std::string text = base::text_at(from, pointer);
    if (!text.empty()) to[member] = std::move(text);
}

}  // namespace

std::string_view why_snapshot_not_restored(const ObjectPeek& object) {
    std::string_view group = group_of(object.api_version);
    if (group == "groupsnapshot.storage.k8s.io" && object.kind != "VolumeGroupSnapshotClass")
        return "would take new snapshots of its volumes";
    if (group != "snapshot.storage.k8s.io") return "";
    if (object.kind == "VolumeSnapshotContent") {
        bool rebindable = object.deletion_policy == "Retain" && !object.snapshot_handle.empty();
        return rebindable ? "" : "stands for a storage snapshot that goes with its object";
    }
    if (object.kind == "VolumeSnapshot" && object.snapshot_content.empty())
        return "would take a new snapshot of its volume";
    return "";
}

void rebuild_snapshot_content(Json& content) {
    erase_annotations(content, kMomentary);
    Json spec = Json::object();
    copy_text(content, "/spec/driver", spec, "driver");
    copy_text(content, "/spec/sourceVolumeMode", spec, "sourceVolumeMode");
    copy_text(content, "/spec/volumeSnapshotClassName", spec, "volumeSnapshotClassName");
    spec["deletionPolicy"] = "Retain";
    std::string handle = base::text_at(content, "/spec/source/snapshotHandle");
    if (handle.empty()) handle = base::text_at(content, "/status/snapshotHandle");
    spec["source"] = Json{{"snapshotHandle", std::move(handle)}};
    Json reference = Json::object();
    copy_text(content, "/spec/volumeSnapshotRef/namespace", reference, "namespace");
    copy_text(content, "/spec/volumeSnapshotRef/name", reference, "name");
    spec["volumeSnapshotRef"] = std::move(reference);
    if (content.is_object()) content["spec"] = std::move(spec);
}

void rebuild_snapshot(Json& snapshot) {
    erase_annotations(snapshot, kMomentary);
    std::string content = base::text_at(snapshot, "/spec/source/volumeSnapshotContentName");
    if (content.empty())
        content = base::text_at(snapshot, "/status/boundVolumeSnapshotContentName");
    Json* spec = edit_at(snapshot, "/spec");
    if (spec == nullptr || !spec->is_object()) return;
    (*spec)["source"] = Json{{"volumeSnapshotContentName", std::move(content)}};
}

}  // namespace holdfast::engine::rules
