#pragma once

#include <stop_token>

#include "base/result.h"
#include "kube/client.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// Whether a cluster holds nothing but what Kubernetes itself puts there: only its own namespaces,
/// no CRD, and no workload, claim, service, secret or config map of anybody's in `default`.
Result<bool> holds_only_system_objects(kube::Client& client, const kube::Discovery& discovery,
                                       std::stop_token stop);

}  // namespace holdfast::engine
