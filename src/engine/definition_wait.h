#pragma once

#include <stop_token>

#include "base/result.h"
#include "engine/plan.h"
#include "engine/preparation.h"
#include "engine/restore.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// Waits, within bounds, until the target serves every kind of the plan that a definition of this
/// restore brings: until each definition is established and discovery lists its kind. Returns what
/// the target serves then. Kinds that do not come are left to fail one by one.
Result<kube::Discovery> wait_until_served(const RestoreEnvironment& environment,
                                          const RestorePlan::Impl& plan,
                                          const Preparation& preparation, std::stop_token stop);

}  // namespace holdfast::engine
