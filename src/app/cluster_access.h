#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/application.h"
#include "base/result.h"
#include "kube/client.h"

namespace holdfast::app {

/// Which cluster, and as whom, in the words of the command line.
struct ClusterChoice {
    std::string kubeconfig;
    std::string context;
    std::string as;
    std::vector<std::string> as_groups;
    unsigned plugin_timeout_seconds = 60;
};

/// Whether the caller chose a cluster, by option or by $KUBECONFIG, and not just some kubeconfig
/// lies where kubectl looks for one.
bool is_chosen(const ClusterChoice& choice);

struct OpenCluster {
    std::string context;  ///< its name in the kubeconfig
    std::unique_ptr<kube::Client> client;

    kube::Client& operator*() const { return *client; }
};

/// Reads the kubeconfig; connects with the first request only.
Result<OpenCluster> open_cluster(Application& application, const ClusterChoice& choice);

}  // namespace holdfast::app
