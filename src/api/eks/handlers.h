#pragma once

#include "api/registry.h"
#include "api/services.h"

/// The registry of clusters, as EKS has it for clusters that are not its own.
namespace holdfast::api::eks {

/// `services` outlives the registry.
void add_clusters(Registry& registry, Services& services);
void add_tags(Registry& registry, Services& services);

}  // namespace holdfast::api::eks
