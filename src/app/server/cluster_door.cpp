#include "app/server/cluster_door.h"

#include <utility>

#include "kube/client.h"
#include "kube/kubeconfig.h"

namespace holdfast::app {

Result<std::string> AttachedClusters::check(const std::string& kubeconfig,
                                            const std::string& context) {
    return TRY(kube::read_sent_access(kubeconfig, context)).server;
}

Result<std::unique_ptr<kube::Client>> AttachedClusters::open(
    const std::string& kubeconfig, const std::string& context,
    const jobs::ClusterIdentity& identity) {
    kube::ClusterAccess access = TRY(kube::read_sent_access(kubeconfig, context));
    access.impersonation = {.user = identity.user, .groups = {identity.group}};
    return kube::connect(std::move(access),
                         {.clock = application_.clock, .random = application_.random});
}

}  // namespace holdfast::app
