#pragma once

#include <string>

#include "api/services.h"

namespace holdfast::app {

/// Clusters whose kubeconfig was attached to them.
class AttachedClusters final : public api::ClusterDoor {
public:
    Result<std::string> check(const std::string& kubeconfig, const std::string& context) override;
};

}  // namespace holdfast::app
