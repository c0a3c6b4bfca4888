#pragma once

#include "api/registry.h"
#include "api/services.h"

/// The operations of `backup`, a file for each group. `services` outlives the registry.
namespace holdfast::api::backup {

void add_vaults(Registry& registry, Services& services);
void add_vault_policies(Registry& registry, Services& services);
void add_jobs(Registry& registry, Services& services);
void add_points(Registry& registry, Services& services);
void add_restores(Registry& registry, Services& services);
void add_tags(Registry& registry, Services& services);
void add_settings(Registry& registry, Services& services);

}  // namespace holdfast::api::backup
