#include "app/server/cluster_door.h"

#include "kube/kubeconfig.h"

namespace holdfast::app {

Result<std::string> AttachedClusters::check(const std::string& kubeconfig,
                                            const std::string& context) {
    return TRY(kube::read_sent_access(kubeconfig, context)).server;
}

}  // namespace holdfast::app
