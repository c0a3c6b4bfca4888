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
/// free or Released with its data retained, and nobody else's.
bool can_bind(const Json& live_volume, std::string_view ns, std::string_view name);

/// Whether a volume names the claim `ns`/`name`, bound or not.
bool is_reserved_for(const Json& volume, std::string_view ns, std::string_view name);

/// Whether a volume is or was bound: no other claim of that name can have it before it is released.
bool has_had_claim(const Json& volume);

/// The merge patch that makes a Released volume available to the claim it was bound to.
Json rebinding_patch();

}  // namespace holdfast::engine::rules
