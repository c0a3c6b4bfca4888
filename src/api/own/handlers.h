#pragma once

#include "api/registry.h"
#include "api/services.h"

/// What AWS has no word for.
namespace holdfast::api::own {

/// `services` outlives the registry.
void add_cluster_access(Registry& registry, Services& services);
void add_accounts(Registry& registry, Services& services);

}  // namespace holdfast::api::own
