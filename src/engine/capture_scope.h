#pragma once

#include "kube/resource_type.h"

namespace holdfast::engine {

/// Whether objects of this kind are state that a backup holds: the kind can be listed, read and
/// created, and is neither a report (Event, metrics) nor a heartbeat (Lease).
bool is_state(const kube::ResourceType& type);

}  // namespace holdfast::engine
