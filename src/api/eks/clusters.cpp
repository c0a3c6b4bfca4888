#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/aws_eks.h"
#include "api/call.h"
#include "api/eks/cluster_rules.h"
#include "api/eks/handlers.h"
#include "api/page.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/transaction.h"
#include "base/random.h"
#include "meta/cluster_table.h"
#include "meta/database.h"
#include "meta/tag_table.h"

namespace holdfast::api::eks {

namespace {

constexpr std::int64_t kMaxPage = 100;
constexpr std::string_view kResourceInUse = "ResourceInUseException";
constexpr std::string_view kInvalidParameter = "InvalidParameterException";
/// How long AWS lets an activation code live. Holdfast needs none: access is attached instead.
constexpr std::chrono::days kActivation(3);

aws_eks::Cluster described(const Call& call, const meta::ClusterRow& row, meta::Tags tags) {
    aws_eks::Cluster cluster;
    cluster.name = row.name;
    cluster.arn = cluster_arn(call, row.name);
    cluster.created_at = row.created_at;
    cluster.status = row.sealed_kubeconfig ? "ACTIVE" : "PENDING";
    cluster.endpoint = row.server;
    cluster.client_request_token = row.request_token;
    cluster.tags = std::move(tags);
    cluster.connector_config =
        aws_eks::ConnectorConfigResponse{.activation_id = row.activation_id,
                                         .activation_expiry = row.created_at + kActivation,
                                         .provider = row.provider,
                                         .role_arn = row.connector_role_arn};
    return cluster;
}

meta::TagTable tags_of(meta::Session& session, const Call& call) {
    return {session, call.account(), call.region()};
}

Answer<aws_eks::RegisterClusterResponse> add(Services& services, const Call& call,
                                             const aws_eks::RegisterClusterRequest& input) {
    const meta::Tags tags = input.tags.value_or(meta::Tags{});
    if (tags.size() > kMaxTags)
        return refuse(kInvalidParameter, fmt::format("A cluster has at most {} tags.", kMaxTags));
    return in_write(
        services.database, [&](meta::Session& session) -> Answer<aws_eks::RegisterClusterResponse> {
            meta::ClusterTable table(session, call.place);
            if (auto found = TRY(table.find(input.name))) {
                if (!found->request_token || found->request_token != input.client_request_token)
                    return refuse(kResourceInUse,
                                  fmt::format("Cluster already exists with name: {}", input.name));
            } else {
                TRY(table.insert({.name = input.name,
                                  .provider = input.connector_config.provider,
                                  .connector_role_arn = input.connector_config.role_arn,
                                  .activation_id = base::uuid_v4(services.random),
                                  .created_at = call.now,
                                  .request_token = input.client_request_token}));
                TRY(tags_of(session, call).put(cluster_arn(call, input.name), tags));
            }
            const meta::ClusterRow row = TRY(find_cluster(session, call, input.name));
            return aws_eks::RegisterClusterResponse{
                .cluster = described(call, row,
                                     TRY(tags_of(session, call).all(cluster_arn(call, row.name))))};
        });
}

Answer<aws_eks::DescribeClusterResponse> describe(Services& services, const Call& call,
                                                  const aws_eks::DescribeClusterRequest& input) {
    return in_read(
        services.database, [&](meta::Session& session) -> Answer<aws_eks::DescribeClusterResponse> {
            const meta::ClusterRow row = TRY(find_cluster(session, call, input.name));
            return aws_eks::DescribeClusterResponse{
                .cluster = described(call, row,
                                     TRY(tags_of(session, call).all(cluster_arn(call, row.name))))};
        });
}

Answer<aws_eks::DeregisterClusterResponse> remove(Services& services, const Call& call,
                                                  const aws_eks::DeregisterClusterRequest& input) {
    return in_write(services.database,
                    [&](meta::Session& session) -> Answer<aws_eks::DeregisterClusterResponse> {
                        const meta::ClusterRow row = TRY(find_cluster(session, call, input.name));
                        const std::string arn = cluster_arn(call, row.name);
                        aws_eks::Cluster cluster =
                            described(call, row, TRY(tags_of(session, call).all(arn)));
                        cluster.status = "DELETING";
                        TRY(meta::ClusterTable(session, call.place).remove(row.name));
                        TRY(tags_of(session, call).remove_all(arn));
                        return aws_eks::DeregisterClusterResponse{.cluster = std::move(cluster)};
                    });
}

Answer<aws_eks::ListClustersResponse> list(Services& services, const Call& call,
                                           const aws_eks::ListClustersRequest& input) {
    const std::int64_t limit = input.max_results.value_or(kMaxPage);
    const Pages pages(services.sealer, call, "");
    auto after = pages.after(input.next_token);
    if (!after) return refuse(kInvalidParameter, after.error().message);
    auto rows = TRY(in_read(
        services.database, [&](meta::Session& session) -> Answer<std::vector<meta::ClusterRow>> {
            auto page = meta::ClusterTable(session, call.place).page(*after, limit + 1);
            if (!page) return std::unexpected(ApiError(std::move(page).error()));
            return std::move(*page);
        }));
    aws_eks::ListClustersResponse output;
    auto& names = output.clusters.emplace();
    const bool more = static_cast<std::int64_t>(rows.size()) > limit;
    if (more) rows.pop_back();
    for (const meta::ClusterRow& row : rows) names.push_back(row.name);
    if (more) output.next_token = pages.token(names.back());
    return output;
}

}  // namespace

void add_clusters(Registry& registry, Services& services) {
    auto named = [](const Call& call, const auto& input) {
        return cluster_target(call, input.name);
    };
    registry.on<aws_eks::RegisterCluster>(
        [](const Call& call, const auto& input) -> Answer<std::vector<Target>> {
            return std::vector<Target>{{.resource = cluster_arn(call, input.name),
                                        .request_tags = input.tags.value_or(meta::Tags{})}};
        },
        [&services](const Call& call, const auto& input) { return add(services, call, input); });
    registry.on<aws_eks::DescribeCluster>(named, [&services](const Call& call, const auto& input) {
        return describe(services, call, input);
    });
    registry.on<aws_eks::DeregisterCluster>(
        named,
        [&services](const Call& call, const auto& input) { return remove(services, call, input); });
    registry.on<aws_eks::ListClusters>(
        [](const Call&, const auto&) { return on_everything(); },
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
}

}  // namespace holdfast::api::eks
