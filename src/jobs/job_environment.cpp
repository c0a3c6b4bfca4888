#include "jobs/job_environment.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.h"
#include "jobs/job_messages.h"
#include "meta/cluster_table.h"

namespace holdfast::jobs {

std::string_view cluster_of(std::string_view arn) {
    return arn.substr(arn.rfind('/') + 1);
}

Result<std::unique_ptr<kube::Client>> open_cluster(const JobEnvironment& environment,
                                                   const meta::Place& place,
                                                   const std::string& cluster_arn,
                                                   const ClusterIdentity& identity) {
    std::optional<meta::ClusterRow> cluster;
    const auto look = [&](meta::Session& session) -> Result<void> {
        cluster = TRY(meta::ClusterTable(session, place).find(cluster_of(cluster_arn)));
        return {};
    };
    TRY(environment.database.read(look));
    if (!cluster || !cluster->sealed_kubeconfig)
        return fail(ErrorCode::NotFound,
                    "the cluster {} is no longer registered, or nobody has attached access to it",
                    cluster_arn);
    const std::string access =
        TRY(environment.sealer.open(kKubeconfigPurpose, cluster_arn, *cluster->sealed_kubeconfig),
            "the kubeconfig of {}", cluster_arn);
    const Json json = TRY(base::parse_json(access));
    return environment.clusters.open(base::text_at(json, "/kubeconfig"),
                                     base::text_at(json, "/context"), identity);
}

Result<std::shared_ptr<repo::Repository>> open_vault(const JobEnvironment& environment,
                                                     const meta::Place& place,
                                                     const std::string& vault) {
    std::optional<meta::VaultRow> found;
    const auto look = [&](meta::Session& session) -> Result<void> {
        found = TRY(meta::VaultTable(session, place).find(vault));
        return {};
    };
    TRY(environment.database.read(look));
    if (!found)
        return fail(ErrorCode::NotFound, "{}",
                    vault_is_gone(vault_arn(environment.home_of(place), vault)));
    return environment.vaults.open(found->repository);
}

}  // namespace holdfast::jobs
