#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/capture.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"

namespace holdfast::app {

/// A point as listings know it.
struct ListedPoint {
    repo::PointSummary point;
    engine::ClusterSummary summary;
};

/// Characters of a point id that tables show.
inline constexpr std::size_t kShownIdDigits = 12;
std::string short_id(const repo::PointId& id);

/// The live points, oldest first.
Result<std::vector<ListedPoint>> list_points(repo::Repository& repository);

/// Whether a point is of the cluster that a person calls `name`: its context, its UID or the
/// beginning of that.
bool is_of_cluster(const ListedPoint& point, const std::string& name);

/// How `latest` learns which cluster is meant when no --cluster says it.
struct AddressedCluster {
    /// Gives the UID of the cluster that the kubeconfig addresses.
    std::function<Result<std::string>()> uid;
    /// The caller said which one: by --context, --kubeconfig or $KUBECONFIG.
    bool chosen = false;
    /// A restore: its target may be another cluster, and it guards that itself.
    bool may_be_another = false;
    /// Is told when another cluster's point is taken, and why.
    std::function<void(std::string_view sentence)> tell;
};

/// The point that `name` means: an id, a unique prefix of one, or "latest". Of which cluster the
/// latest is wanted, `cluster` says; when that is empty, it is the addressed one. That is not asked
/// when all points are of one cluster and nobody chose another, and when it cannot be asked or may
/// be another, the only cluster that has points will do.
/// NotFound and InvalidArgument list the points that there are.
Result<ListedPoint> find_point(const std::vector<ListedPoint>& points, const std::string& name,
                               const std::string& cluster, const AddressedCluster& addressed);

/// "east (a1b2...), west (c3d4...)": the clusters that the points are of, for errors.
std::string clusters_of(const std::vector<ListedPoint>& points);

}  // namespace holdfast::app
