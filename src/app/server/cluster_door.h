#pragma once

#include <memory>
#include <string>

#include "api/services.h"
#include "app/application.h"
#include "jobs/doors.h"

namespace holdfast::app {

/// Clusters whose kubeconfig was attached to them.
class AttachedClusters final : public api::ClusterCheck, public jobs::ClusterDoor {
public:
    explicit AttachedClusters(Application& application) : application_(application) {}

    Result<std::string> check(const std::string& kubeconfig, const std::string& context) override;
    Result<std::unique_ptr<kube::Client>> open(const std::string& kubeconfig,
                                               const std::string& context,
                                               const jobs::ClusterIdentity& identity) override;

private:
    Application& application_;
};

}  // namespace holdfast::app
