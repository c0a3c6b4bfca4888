#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/call.h"
#include "api/registry.h"
#include "meta/cluster_table.h"

namespace holdfast::api::eks {

std::string cluster_arn(const Call& call, std::string_view name);
/// The action of the call on one of the caller's clusters.
Answer<std::vector<Target>> cluster_target(const Call& call, std::string_view name);
/// The cluster, or ResourceNotFound in the words of EKS.
Answer<meta::ClusterRow> find_cluster(meta::Session& session, const Call& call,
                                      std::string_view name);

}  // namespace holdfast::api::eks
