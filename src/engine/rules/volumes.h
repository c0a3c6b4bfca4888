#pragma once

#include <string_view>

#include "base/json.h"
#include "engine/object_peek.h"

namespace holdfast::engine::rules {

/// Removes the annotations by which controllers remember that a claim was bound, on which node,
/// and by whom: with them and without its volume a claim would be Lost, or wait for a dead node.
void strip_claim_binding(Json& claim);

/// Takes from a claim what ties it to data that is not restored: the volume's name and the source
/// it was filled from. An empty new volume is provisioned instead. Whether it was bound.
bool release_claim(Json& claim);

/// Frees a volume for the claim that it names: any claim of that name may bind, whatever its UID.
/// Who provisioned it stays, since deleting the volume needs that.
void prebind_volume(Json& volume);

/// Why a PersistentVolume of a point is not restored as such; empty for a static one.
std::string_view why_volume_not_restored(const ObjectPeek& volume);

/// Whether a volume that exists in the target can be bound (again) to the claim `ns`/`name`: it is
/// free or Released with its data retained, and was that claim's.
bool can_rebind(const Json& live_volume, std::string_view ns, std::string_view name);

/// The merge patch that makes a Released volume available to the claim it was bound to.
Json rebinding_patch();

}  // namespace holdfast::engine::rules
