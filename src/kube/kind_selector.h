#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/resource_type.h"

namespace holdfast::kube {

/// The kinds that a person means by `deployments`, `Deployment`, `deploy`, `deployments.apps`,
/// `Deployment.apps`, `apps/Deployment` or `apps/v1/Deployment`: as kubectl, any case, and a name
/// without a group means every group that serves it. InvalidArgument, with what was probably
/// meant, when nothing does.
Result<std::vector<ResourceType>> resolve_kind(std::string_view text, const Discovery& discovery);

}  // namespace holdfast::kube
