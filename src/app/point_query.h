#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/application.h"
#include "app/cluster_access.h"
#include "app/commands/options.h"
#include "app/point_name.h"
#include "app/vault_access.h"
#include "base/result.h"
#include "engine/object_row.h"
#include "engine/point_source.h"
#include "engine/selection.h"

namespace CLI {
class App;
}

namespace holdfast::app {

/// The words that name a point: POINT, --cluster, the vault and the kubeconfig.
struct PointQuery {
    std::string name;
    std::string cluster;
    VaultOptions vault;
    ClusterChoice access;
    bool may_be_another = false;  ///< see AddressedCluster
};
void add_point_query(CLI::App& command, PointQuery& query);

/// A point that is open, in its vault.
struct OpenPoint {
    OpenVault vault;
    ListedPoint listed;
    std::unique_ptr<engine::PointSource> source;
};
Result<OpenPoint> open_point(Application& application, const PointQuery& query);

/// Finds another point of a vault that is open.
Result<ListedPoint> find_point_in(Application& application, const OpenVault& vault,
                                  const PointQuery& query, const std::string& name);

/// Calls `visit` for the objects of a point that a selection chooses. Labels are those that the
/// objects had.
Result<void> each_selected(const OpenPoint& point, const engine::SelectionSpec& spec,
                           const std::function<Result<void>(const engine::PointObject&)>& visit);

/// The key of the object that a person means. NotFound says what was probably meant;
/// InvalidArgument when several kinds or namespaces fit.
Result<engine::ObjectKey> find_object(const OpenPoint& point, const std::string& kind,
                                      const std::string& ns, const std::string& name);

}  // namespace holdfast::app
