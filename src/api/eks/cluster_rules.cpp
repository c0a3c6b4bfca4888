#include "api/eks/cluster_rules.h"

#include "meta/database.h"

namespace holdfast::api::eks {

std::string cluster_arn(const Call& call, std::string_view name) {
    return call.arn("eks", fmt::format("cluster/{}", name));
}

Answer<std::vector<Target>> cluster_target(const Call& call, std::string_view name) {
    return std::vector<Target>{{.resource = cluster_arn(call, name), .owner = call.account()}};
}

Answer<meta::ClusterRow> find_cluster(meta::Session& session, const Call& call,
                                      std::string_view name) {
    auto cluster = TRY(meta::ClusterTable(session, call.place).find(name));
    if (!cluster)
        return refuse(errors::kNotFound, fmt::format("No cluster found for name: {}.", name));
    return std::move(*cluster);
}

}  // namespace holdfast::api::eks
