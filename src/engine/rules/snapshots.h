#pragma once

#include <string_view>

#include "base/json.h"
#include "engine/object_peek.h"

namespace holdfast::engine::rules {

/// Why an object of the snapshot groups is not restored; empty for those that can be re-bound to
/// the storage snapshot that they stand for. Copying the others would take new snapshots, or name
/// storage snapshots that went with their old objects.
std::string_view why_snapshot_not_restored(const ObjectPeek& object);

/// Makes a VolumeSnapshotContent that stands for an existing storage snapshot: its handle, driver,
/// mode and the VolumeSnapshot's name, without UIDs, never deleting the storage snapshot.
void rebuild_snapshot_content(Json& content);

/// Makes a VolumeSnapshot that is bound to the content of the same name as before.
void rebuild_snapshot(Json& snapshot);

}  // namespace holdfast::engine::rules
