#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "kube/client.h"
#include "repo/repository.h"

/// What jobs reach outside the database. Any method from any thread.
namespace holdfast::jobs {

/// Where vaults lie: repositories, by their URL.
class VaultDoor {
public:
    virtual ~VaultDoor() = default;
    /// The repository, which stays open at least as long as the pointer lives.
    virtual Result<std::shared_ptr<repo::Repository>> open(const std::string& url) = 0;
};

/// As whom a job acts in a cluster: Kubernetes impersonation.
struct ClusterIdentity {
    std::string user;   ///< the role's ARN
    std::string group;  ///< such as "holdfast:backup"
};
constexpr std::string_view kBackupGroup = "holdfast:backup";
constexpr std::string_view kRestoreGroup = "holdfast:restore";
constexpr std::string_view kRestoreUpdateGroup = "holdfast:restore-update";

/// How clusters are reached.
class ClusterDoor {
public:
    virtual ~ClusterDoor() = default;
    /// A client by the kubeconfig that was attached to a cluster. Connects with the first request.
    virtual Result<std::unique_ptr<kube::Client>> open(const std::string& kubeconfig,
                                                       const std::string& context,
                                                       const ClusterIdentity& identity) = 0;
};

}  // namespace holdfast::jobs
