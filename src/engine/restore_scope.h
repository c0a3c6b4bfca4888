#pragma once

#include "engine/object_row.h"
#include "engine/selection.h"

namespace holdfast::engine {

/// Whether an object outside namespaces can come along although it was not chosen. Namespaces and
/// definitions do so however kinds and labels were narrowed; the rest only within the kinds that
/// were asked for.
bool may_be_needed(const Selection& selection, const ObjectKey& key);

/// Whether a restore of the selection can concern the object, as far as its key tells: everything
/// else of the point does not have to be readable.
bool may_be_restored(const Selection& selection, const ObjectKey& key);

}  // namespace holdfast::engine
