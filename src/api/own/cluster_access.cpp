#include <string>

#include "api/api_error.h"
#include "api/call.h"
#include "api/eks/cluster_rules.h"
#include "api/own.h"
#include "api/own/handlers.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/transaction.h"
#include "base/json.h"
#include "jobs/job_environment.h"
#include "meta/cluster_table.h"
#include "meta/database.h"

namespace holdfast::api::own {

namespace {

/// The kubeconfig and which of its contexts, as one text to seal.
std::string sealed_access(const Services& services, const AttachClusterAccessInput& input,
                          const std::string& arn) {
    const Json access = {{"kubeconfig", input.kubeconfig}, {"context", input.context.value_or("")}};
    return services.sealer.seal(jobs::kKubeconfigPurpose, arn, base::dump_json(access));
}

Answer<AttachClusterAccessOutput> attach(Services& services, const Call& call,
                                         const AttachClusterAccessInput& input) {
    auto server = services.clusters.check(input.kubeconfig, input.context.value_or(""));
    if (!server) return refuse(errors::kInvalidParameter, server.error().message);
    const std::string arn = eks::cluster_arn(call, input.cluster_name);
    const std::string sealed = sealed_access(services, input, arn);
    return in_write(services.database,
                    [&](meta::Session& session) -> Answer<AttachClusterAccessOutput> {
                        TRY(eks::find_cluster(session, call, input.cluster_name));
                        TRY(meta::ClusterTable(session, call.place)
                                .set_access(input.cluster_name, sealed, *server));
                        return AttachClusterAccessOutput{
                            .cluster_arn = arn, .status = "ACTIVE", .server = *server};
                    });
}

}  // namespace

void add_cluster_access(Registry& registry, Services& services) {
    registry.on<AttachClusterAccess>(
        [](const Call& call, const auto& input) {
            return eks::cluster_target(call, input.cluster_name);
        },
        [&services](const Call& call, const auto& input) { return attach(services, call, input); });
}

}  // namespace holdfast::api::own
