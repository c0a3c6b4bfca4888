#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/sealer.h"
#include "jobs/doors.h"
#include "jobs/names.h"
#include "kube/client.h"
#include "meta/database.h"
#include "meta/vault_table.h"
#include "repo/repository.h"

namespace holdfast::jobs {

/// What the sealed kubeconfig of a cluster is sealed for; its context is the cluster's ARN.
inline constexpr std::string_view kKubeconfigPurpose = "kubeconfig";

/// What runners of jobs work with. Everything in it may be used from any thread.
struct JobEnvironment {
    meta::Database& database;
    const crypto::Sealer& sealer;
    VaultDoor& vaults;
    ClusterDoor& clusters;
    base::Clock& clock;
    base::Random& random;
    std::string partition;
    std::string restores_home;  ///< where the journals of restores lie

    Home home_of(const meta::Place& place) const {
        return {.partition = partition, .region = place.region, .account = place.account};
    }
};

/// "shop" of "arn:aws:eks:eu-west-1:111122223333:cluster/shop".
std::string_view cluster_of(std::string_view arn);

/// A client of a registered cluster, acting as the identity. NotFound when the cluster is not
/// registered any more, or nobody has attached access to it.
Result<std::unique_ptr<kube::Client>> open_cluster(const JobEnvironment& environment,
                                                   const meta::Place& place,
                                                   const std::string& cluster_arn,
                                                   const ClusterIdentity& identity);

/// The repository of a vault. NotFound, in AWS's words, when the vault is gone.
Result<std::shared_ptr<repo::Repository>> open_vault(const JobEnvironment& environment,
                                                     const meta::Place& place,
                                                     const std::string& vault);

}  // namespace holdfast::jobs
