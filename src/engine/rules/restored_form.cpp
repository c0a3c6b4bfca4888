#include "engine/rules/restored_form.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/rules/allocated.h"
#include "engine/rules/edit.h"
#include "engine/rules/metadata.h"
#include "engine/rules/snapshots.h"
#include "engine/rules/volumes.h"

namespace holdfast::engine::rules {

namespace {

void rebuild_snapshots(Json& object) {
    if (object_group(object) != "snapshot.storage.k8s.io") return;
    if (kind_of(object) == "VolumeSnapshotContent") rebuild_snapshot_content(object);
    if (kind_of(object) == "VolumeSnapshot") rebuild_snapshot(object);
}

void tie_claim(Json& object, const Surroundings& surroundings, FormNotes& notes) {
    if (kind_of(object) != "PersistentVolumeClaim" || !object_group(object).empty()) return;
    std::string volume = base::text_at(object, "/spec/volumeName");
    if (!volume.empty() && surroundings.has_volume(volume)) return;
    notes.volume_empty = release_claim(object);
}

void tie_owners(Json& object, const Surroundings& surroundings, FormNotes& notes) {
    OwnerChanges owners = rewrite_owners(object, surroundings.owner);
    notes.owners_later = owners.later;
    for (const std::string& owner : owners.dropped)
        notes.notes.push_back(
            fmt::format("owner {} is not there; its reference was dropped", owner));
}

/// Owners have no order, and not everybody may set blockOwnerDeletion.
void make_owners_comparable(Json& object, OwnerUids uids) {
    Json* entries = edit_at(object, "/metadata/ownerReferences");
    if (entries == nullptr || !entries->is_array()) return;
    for (Json& entry : *entries)
        if (entry.is_object() && uids == OwnerUids::Drop) entry.erase("uid");
    drop_block_owner_deletion(object);
    std::sort(entries->begin(), entries->end());
}

/// What controllers write into claims, volumes and workloads after their creation.
void drop_controller_marks(Json& object) {
    static constexpr std::array<std::string_view, 4> kMarks = {
        "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
        "kubectl.kubernetes.io/last-applied-configuration",
        "pv.kubernetes.io/provisioned-by",
    };
    erase_annotations(object, kMarks);
    std::string kind = kind_of(object);
    if (!object_group(object).empty()) return;
    if (kind == "PersistentVolumeClaim") erase_at(object, "/spec/volumeName");
    if (kind == "Namespace") {
        if (Json* labels = edit_at(object, "/metadata/labels"))
            if (labels->is_object()) labels->erase("kubernetes.io/metadata.name");
        erase_if_empty(object, "/metadata/labels");
    }
}

}  // namespace

FormNotes make_restored_form(Json& object, const Surroundings& surroundings) {
    FormNotes notes;
    strip_server_metadata(object);
    strip_momentary_annotations(object, surroundings.drop_last_applied);
    rebuild_snapshots(object);
    strip_allocated(object);
    if (surroundings.drop_node_ports && kind_of(object) == "Service") strip_node_ports(object);
    if (!surroundings.keep_status) strip_status(object);
    for (const std::string& finalizer : strip_finalizers(object, surroundings.has_controller))
        notes.notes.push_back(
            fmt::format("finalizer {} was dropped: nothing in the target handles it", finalizer));
    tie_claim(object, surroundings, notes);
    tie_owners(object, surroundings, notes);
    return notes;
}

void make_comparable_form(Json& object, bool with_status, OwnerUids uids) {
    strip_server_metadata(object);
    strip_momentary_annotations(object, false);
    strip_allocated(object);
    if (!with_status) strip_status(object);
    strip_finalizers(object, [](std::string_view) { return true; });
    make_owners_comparable(object, uids);
    drop_controller_marks(object);
}

}  // namespace holdfast::engine::rules
