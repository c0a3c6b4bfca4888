#include "app/cluster_access.h"

#include <chrono>

#include "kube/kubeconfig.h"

namespace holdfast::app {

bool is_chosen(const ClusterChoice& choice) {
    return !choice.kubeconfig.empty() || !choice.context.empty() ||
           !kube::Surroundings::of_this_process().kubeconfig_paths.empty();
}

Result<OpenCluster> open_cluster(Application& application, const ClusterChoice& choice) {
    kube::AccessOptions options{.kubeconfig = choice.kubeconfig,
                                .context = choice.context,
                                .impersonation = {.user = choice.as, .groups = choice.as_groups}};
    kube::ClusterAccess access =
        TRY(kube::load_access(options, kube::Surroundings::of_this_process()));
    std::string context = access.context;
    auto client =
        TRY(kube::connect(std::move(access),
                          {.clock = application.clock,
                           .random = application.random,
                           .plugin_timeout = std::chrono::seconds(choice.plugin_timeout_seconds)}));
    return OpenCluster{.context = std::move(context), .client = std::move(client)};
}

}  // namespace holdfast::app
