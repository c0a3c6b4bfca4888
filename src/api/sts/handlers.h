#pragma once

#include "api/registry.h"

namespace holdfast::api::sts {

/// GetCallerIdentity.
void add_identity(Registry& registry);

}  // namespace holdfast::api::sts
